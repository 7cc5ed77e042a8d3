import LLMstep.Options
import LLMstep.Setting
import LLMstep.Url
import Lean.CoreM

/-!
# The configuration of the tactics

Each comes from the first of these places that has it: the Lean options (`LLMstep.Options`), the
`stepcheck.toml` of the project and then that of the user, the environment (`STEPCHECK_…`), and the
default. The project is the nearest folder with a `stepcheck.toml`, from the working directory of
Lean upwards.
-/

open Lean System

namespace LLMstep

/-- The settings of the tactics. -/
structure Configuration where
  /-- Where the model server is. -/
  url : Url := .default
  /-- The server's bearer token. -/
  token? : Option Token := none
  /-- A folder that `stepcheck bridge` answers in, in place of a server. -/
  spool? : Option FilePath := none
  /-- How many suggestions are asked for. -/
  count : Nat := llmstep.n.defValue
  /-- How long the suggestions are waited for, in milliseconds. -/
  timeout : Nat := llmstep.timeout.defValue
  /-- How long steps that Lean proposes are tried, in milliseconds; 0: Lean proposes none. -/
  proposalTimeout : Nat := llmstep.proposalTimeout.defValue
  /-- What trying one suggestion may cost, in thousands of heartbeats. -/
  maxHeartbeats : Nat := llmstep.maxHeartbeats.defValue
  /-- How long trying one suggestion may take, in milliseconds. -/
  candidateTimeout : Nat := llmstep.candidateTimeout.defValue
  /-- How much of the file before the call the model is shown, in characters. -/
  context : Nat := llmstep.context.defValue

/-! ## Each setting -/

/-- Reads a text in a settings file. -/
def readString? (read? : String → Option α) : Toml.Value → Option α
  | .string text => read? text
  | _ => none

/-- A number from 1 to `greatest`. -/
def positive? (greatest number : Nat) : Option Nat :=
  if 0 < number && number ≤ greatest then some number else none

/-- Reads a number in a settings file. -/
def readPositive? (greatest : Nat) : Toml.Value → Option Nat
  | .integer (.ofNat number) => positive? greatest number
  | _ => none

/-- The longest wait, in seconds. -/
def maxSeconds : Nat := 3600

/-- Reads seconds in a settings file as milliseconds. -/
def readSeconds? (greatest : Nat := maxSeconds) : Toml.Value → Option Nat
  | .integer (.ofNat seconds) => (1000 * ·) <$> positive? greatest seconds
  | .float seconds =>
    if 0 < seconds && seconds ≤ greatest.toFloat then some (max 1 (1000 * seconds).toUInt64.toNat)
    else none
  | _ => none

/-- Where nothing may stand for no value. -/
def emptyOr (read? : String → Option α) (text : String) : Option (Option α) :=
  if text.isEmpty then some none else some <$> read? text

/-- `client.server_url` -/
def urlSetting : Setting Url where
  table := "client"
  key := "server_url"
  option := `llmstep.url
  kind := "an address like http://127.0.0.1:8010 or https://example.org, without a user or a query"
  read? := readString? fun text => (Url.parse text).toOption
  readText? text := (Url.parse text).toOption
  fromOption? options := (llmstep.url.get? options).map fun text => (Url.parse text).toOption
  userOnly := true

/-- `client.token` -/
def tokenSetting : Setting (Option Token) where
  table := "client"
  key := "token"
  option := `llmstep.token
  kind := "ASCII, not empty, without spaces and control characters"
  read? := readString? fun text => some <$> Token.parse? text
  readText? text := some <$> Token.parse? text
  fromOption? options := (llmstep.token.get? options).map (emptyOr Token.parse?)
  userOnly := true
  secret := true

/-- `client.spool` -/
def spoolSetting : Setting (Option FilePath) where
  table := "client"
  key := "spool"
  option := `llmstep.spool
  kind := "the path of a folder, as text"
  read? := readString? (emptyOr fun text => some ⟨text⟩)
  readText? := emptyOr fun text => some ⟨text⟩
  fromOption? options := (llmstep.spool.get? options).map (emptyOr fun text => some ⟨text⟩)
  userOnly := true

/-- `client.timeout_seconds` -/
def timeoutSetting : Setting Nat where
  table := "client"
  key := "timeout_seconds"
  option := `llmstep.timeout
  kind := s!"a number of seconds, more than 0 and at most {maxSeconds}"
  optionKind := s!"a number of milliseconds from 1 to {1000 * maxSeconds}"
  read? := readSeconds? maxSeconds
  fromOption? options := (llmstep.timeout.get? options).map (positive? (1000 * maxSeconds))

/-- The most suggestions that a server gives. -/
def maxCount : Nat := 64

/-- `suggestion.n` -/
def countSetting : Setting Nat where
  table := "suggestion"
  key := "n"
  option := `llmstep.n
  kind := s!"a number from 1 to {maxCount}"
  read? := readPositive? maxCount
  fromOption? options := (llmstep.n.get? options).map (positive? maxCount)

/-- The longest time for steps that Lean proposes, in seconds. -/
def maxProposalSeconds : Nat := 600

/-- `suggestion.seconds` -/
def proposalTimeoutSetting : Setting Nat where
  table := "suggestion"
  key := "seconds"
  option := `llmstep.proposalTimeout
  kind := s!"a number of seconds, more than 0 and at most {maxProposalSeconds}"
  optionKind := s!"a number of milliseconds from 0 to {1000 * maxProposalSeconds}"
  read? := readSeconds? maxProposalSeconds
  fromOption? options := (llmstep.proposalTimeout.get? options).map fun milliseconds =>
    if milliseconds ≤ 1000 * maxProposalSeconds then some milliseconds else none

/-- The largest budget: a number of which Lean can take a thousandfold. -/
def maxBudget : Nat := 1000000000

/-- `lean.heartbeats` -/
def heartbeatsSetting : Setting Nat where
  table := "lean"
  key := "heartbeats"
  option := `llmstep.maxHeartbeats
  kind := s!"a number from 1 to {maxBudget}"
  read? := readPositive? maxBudget
  fromOption? options := (llmstep.maxHeartbeats.get? options).map (positive? maxBudget)

/-- `lean.milliseconds_per_candidate` -/
def candidateTimeoutSetting : Setting Nat where
  table := "lean"
  key := "milliseconds_per_candidate"
  option := `llmstep.candidateTimeout
  kind := s!"a number of milliseconds from 1 to {maxBudget}"
  read? := readPositive? maxBudget
  fromOption? options := (llmstep.candidateTimeout.get? options).map (positive? maxBudget)

/-- The keys that may stand under `[client]`. The other tables have keys that only others read. -/
def clientKeys : List String :=
  [urlSetting.key, tokenSetting.key, spoolSetting.key, timeoutSetting.key]

/-! ## All of them -/

/-- Fails if a file has a client's setting that nobody knows. -/
def rejectUnknownKeys (file : SettingsFile) : Except SettingError Unit := do
  for (path, _) in file.document.entries do
    if let "client" :: rest := path then
      unless rest.length == 1 && rest.all clientKeys.contains do
        throw s!"There is no setting {Toml.Path.text path} (in {file.path}). Remove it there; \
          known are, under [client], {", ".intercalate clientKeys}."

/-- The settings in force with these options, files and environment variables. -/
def Configuration.resolve (options : Options) (files : List SettingsFile)
    (getVariable : String → BaseIO (Option String)) : EIO SettingError Configuration := do
  EIO.ofExcept (files.forM rejectUnknownKeys)
  let resolve {α : Type} (setting : Setting α) (unset : α) : EIO SettingError α :=
    setting.resolve options files getVariable unset
  let unset : Configuration := {}
  return {
    url := ← resolve urlSetting unset.url
    token? := ← resolve tokenSetting unset.token?
    spool? := ← resolve spoolSetting unset.spool?
    count := ← resolve countSetting unset.count
    timeout := ← resolve timeoutSetting unset.timeout
    proposalTimeout := ← resolve proposalTimeoutSetting unset.proposalTimeout
    maxHeartbeats := ← resolve heartbeatsSetting unset.maxHeartbeats
    candidateTimeout := ← resolve candidateTimeoutSetting unset.candidateTimeout
    context := llmstep.context.get options }

/-- The settings in force here. Throws what is wrong with one, with its place and the remedy. -/
def Configuration.read : CoreM Configuration := do
  let options ← getOptions
  let read : EIO SettingError Configuration := do
    let folder ← IO.currentDir.toEIO fun error => s!"There is no working directory: {error}."
    Configuration.resolve options (← findSettingsFiles folder IO.getEnv) IO.getEnv
  match ← read.toBaseIO with
  | .ok configuration => return configuration
  | .error error => throwError error

end LLMstep
