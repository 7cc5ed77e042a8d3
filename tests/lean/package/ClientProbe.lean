import LLMstep.Client
import Lean.Elab.Command

/-!
# The client, for the tests

Commands that call the client's functions and log what comes back, as JSON. What they are given lies
in files, because a string in a Lean file cannot hold every byte.
-/

open Lean Elab Command LLMstep

namespace ClientProbe

/-- What a request came to. -/
def outcome : Except ClientError Reply → Json
  | .ok reply => json% {
      "suggestions": $(reply.suggestions.map fun s => json% { text: $s.text, score: $s.score }),
      "model": $reply.model }
  | .error error => json% { "problem": $error.problem, "remedy": $error.remedy }

/-- `#suggest N "goal" "prefix"` asks with the settings in force here. -/
elab "#suggest " count:num goal:str tacticPrefix:str : command => do
  let result ← liftCoreM do
    let configuration ← Configuration.read
    requestSuggestions configuration {
      goal := goal.getString, tacticPrefix := tacticPrefix.getString, count := count.getNat }
  logInfo (outcome result).compress

/-- Logs the settings in force in a folder, with the environment variables in a file. -/
def logConfiguration (folder : System.FilePath) (file : TSyntax `str) : CommandElabM Unit := do
  let variables ← IO.ofExcept (Json.parse (← IO.FS.readFile file.getString))
  let getVariable (name : String) : BaseIO (Option String) :=
    return (variables.getObjValAs? String name).toOption
  let options ← liftCoreM getOptions
  let read : EIO SettingError Configuration := do
    Configuration.resolve options (← findSettingsFiles folder getVariable) getVariable
  let c ← match ← read.toBaseIO with
    | .ok c => pure c
    | .error error => throwError error
  let token := (c.token?.map (·.text)).getD ""
  let spool := (c.spool?.map toString).getD ""
  logInfo (json% {
    "url": $(toString c.url), "token": $token, "spool": $spool, "n": $c.count,
    "timeout": $c.timeout, "maxHeartbeats": $c.maxHeartbeats,
    "candidateTimeout": $c.candidateTimeout, "proposalTimeout": $c.proposalTimeout,
    "context": $c.context,
    "clientKeys": $clientKeys }).compress

/--
`#configuration "FILE"`: the settings in force here, with the environment variables in a file with a
JSON object: the embedded Lean sees none of the process.
-/
elab "#configuration " file:str : command => do
  logConfiguration (← IO.currentDir) file

/-- `#configuration_in "FOLDER" "FILE"`: the same for a Lean that runs in a folder. -/
elab "#configuration_in " folder:str file:str : command => do
  logConfiguration folder.getString file

/-- The texts in a file with a JSON array. -/
def readTexts (file : String) : IO (Array String) := do
  let texts : Except String (Array String) :=
    Json.parse (← IO.FS.readFile file) >>= fromJson?
  IO.ofExcept texts

/-- A value with its type; a float as the bits of its IEEE 754 form. -/
partial def tomlJson : Toml.Value → Json
  | .string value => json% ["string", $value]
  | .integer value => json% ["integer", $value]
  | .float value => json% ["float", $(value.toBits.toNat)]
  | .boolean value => json% ["boolean", $value]
  | .array values => json% ["array", $(values.map tomlJson)]

/-- What a settings file says. -/
def documentJson (text : String) : Json :=
  match Toml.parse text with
  | .ok document =>
    let entries := document.entries.map fun (path, value) => json% [$path, $(tomlJson value)]
    json% { "entries": $entries, "tables": $document.tables }
  | .error error => json% { "line": $error.line, "problem": $error.problem }

/-- `#toml "FILE"`: what each text says. -/
elab "#toml " file:str : command => do
  logInfo (toJson ((← readTexts file.getString).map documentJson)).compress

/-- What an address says. -/
def urlJson (text : String) : Json :=
  match Url.parse text with
  | .ok url => json% {
      "secure": $url.secure, "host": $url.host, "port": $(url.port.toNat), "path": $url.path,
      "loopback": $url.isLoopback, "text": $(toString url) }
  | .error problem => json% { "problem": $problem }

/-- `#url "FILE"`: what each address says. -/
elab "#url " file:str : command => do
  logInfo (toJson ((← readTexts file.getString).map urlJson)).compress

/-- `#token "FILE"`: whether each text is a token. -/
elab "#token " file:str : command => do
  logInfo (toJson ((← readTexts file.getString).map fun t => (Token.parse? t).isSome)).compress

/-- `#cancel_after MILLISECONDS N "goal"` asks, and Lean cancels meanwhile. -/
elab "#cancel_after " time:num count:num goal:str : command => do
  let token ← IO.CancelToken.new
  discard <| BaseIO.asTask (prio := .dedicated) do
    IO.sleep time.getNat.toUInt32
    token.set
  let start ← IO.monoMsNow
  let interrupted ← liftCoreM do
    let request : Request := { goal := goal.getString, count := count.getNat }
    let context := { (← readThe Core.Context) with cancelTk? := some token }
    let work := requestSuggestions (← Configuration.read) request
    match ← (work.run context (← getThe Core.State)).toBaseIO with
    | .ok _ => return false
    | .error e => return e.isInterrupt
  logInfo (json% {
    "interrupted": $interrupted, "milliseconds": $((← IO.monoMsNow) - start) }).compress

/-- `#request_bytes "url" "token" "goal" "FILE"` writes what is sent over TCP. -/
elab "#request_bytes " url:str token:str goal:str file:str : command => do
  let some url := (Url.parse url.getString).toOption | throwError "not an address"
  let request : Request := { goal := goal.getString, count := 5 }
  let bytes := Http.requestBytes url (Token.parse? token.getString) request.body.compress.toUTF8
  IO.FS.writeBinFile file.getString bytes
  logInfo "null"

/-- `#curl_configuration "url" "token" "body" milliseconds "FILE"` writes what curl is given. -/
elab "#curl_configuration " url:str token:str body:str time:num file:str : command => do
  let some url := (Url.parse url.getString).toOption | throwError "not an address"
  let token? := Token.parse? token.getString
  IO.FS.writeFile file.getString (Curl.configuration url token? body.getString time.getNat)
  logInfo (toJson (Curl.arguments file.getString)).compress

/-- `#body "goal" "FILE"` writes the body of a request. -/
elab "#body " goal:str file:str : command => do
  let request : Request := { goal := goal.getString, count := 5 }
  IO.FS.writeFile file.getString request.body.compress
  logInfo "null"

/-- What the bytes of a response mean when `closed`, and how many milliseconds that took. -/
def responseJson (file : String) (closed : Bool) : IO Json := do
  let bytes ← IO.FS.readBinFile file
  let start ← IO.monoMsNow
  let result := match Http.readResponse? bytes closed with
    | .ok (some reply) => outcome (.ok reply)
    | .ok none => Json.null
    | .error error => outcome (.error error)
  let shown := result.compress.length
  return json% { "result": $result, "length": $shown,
    "milliseconds": $((← IO.monoMsNow) - start) }

/-- `#response "FILE"`: what each of the files that are listed there means. -/
elab "#response " file:str : command => do
  logInfo (toJson (← (← readTexts file.getString).mapM (responseJson · true))).compress

/-- `#open_response "FILE"`: the same while more may come. -/
elab "#open_response " file:str : command => do
  logInfo (toJson (← (← readTexts file.getString).mapM (responseJson · false))).compress

end ClientProbe
