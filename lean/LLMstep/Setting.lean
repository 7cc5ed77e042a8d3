import LLMstep.Toml
import Lean.Data.Options

/-!
# Settings and the files they are read from

The settings files and environment variables of stepcheck, as its other parts read them. A file may
be the user's own or come with the project. The latter is less trusted, for it may have been cloned:
it may not say where requests go or what authorizes them.
-/

open Lean System

namespace LLMstep

/-- What is wrong with a setting, where, and what to do about it: full sentences. -/
abbrev SettingError := String

/-- A settings file that was read. -/
structure SettingsFile where
  path : FilePath
  document : Toml.Document
  /-- Whether it is the user's own. -/
  trusted : Bool

/-- One setting of stepcheck, which a Lean option of the tactics overrides. -/
structure Setting (α : Type) where
  /-- The table in a settings file. -/
  table : String
  /-- The key in it. -/
  key : String
  /-- The Lean option. -/
  option : Name
  /-- What it must be in files and the environment, after “must be”. -/
  kind : String
  /-- What the Lean option must be. -/
  optionKind : String := kind
  /-- Reads the value in a file. -/
  read? : Toml.Value → Option α
  /-- Reads the value of an environment variable. -/
  readText? : String → Option α := fun text => Toml.scalar? text >>= read?
  /-- The value of the Lean option: none if it is not set, and `some none` if it is wrong. -/
  fromOption? : Options → Option (Option α)
  /-- Whether a project file may not set it. -/
  userOnly : Bool := false
  /-- Whether messages do not show its value. -/
  secret : Bool := false

namespace Setting

/-- The name in the settings files. -/
def name (setting : Setting α) : String :=
  s!"{setting.table}.{setting.key}"

/-- The environment variable. -/
def environmentVariable (setting : Setting α) : String :=
  s!"STEPCHECK_{setting.table}_{setting.key}".toUpper

/-- The message about a wrong value in `source`. -/
def valueError (setting : Setting α) (source shown : String) : SettingError :=
  let value := if setting.secret then "" else s!" {shown}"
  s!"{setting.name} has a wrong value{value} in {source}: it must be {setting.kind}. \
    Change it there, or set the option `{setting.option}` here."

/-- The value in a file, if it has one. -/
def fromFile? (setting : Setting α) (file : SettingsFile) : Except SettingError (Option α) := do
  let some value := file.document.find? [setting.table, setting.key] | return none
  if setting.userOnly && !file.trusted then
    throw s!"{setting.name} may not be set by a project file ({file.path}), which may come from \
      someone else. Remove it there, and set it in your own settings file, in \
      {setting.environmentVariable}, or by the option `{setting.option}`."
  let some read := setting.read? value
    | throw (setting.valueError file.path.toString value.text)
  return some read

/-- The value in the environment, if it has one. -/
def fromEnvironment? (setting : Setting α) (getVariable : String → BaseIO (Option String)) :
    EIO SettingError (Option α) := do
  let some text ← getVariable setting.environmentVariable | return none
  let some read := setting.readText? text
    | let source := s!"the environment variable {setting.environmentVariable}"
      throw (setting.valueError source text.quote)
  return some read

/-- The value that is in force, or `unset` if none is set anywhere. -/
def resolve (setting : Setting α) (options : Options) (files : List SettingsFile)
    (getVariable : String → BaseIO (Option String)) (unset : α) : EIO SettingError α := do
  -- Every file is read even if the option counts more: what must not be there is always an error.
  let inFiles ← EIO.ofExcept (files.filterMapM setting.fromFile?)
  match setting.fromOption? options with
  | some (some value) => return value
  | some none => throw s!"The option `{setting.option}` must be {setting.optionKind}."
  | none =>
    if let value :: _ := inFiles then return value
    return (← setting.fromEnvironment? getVariable).getD unset

end Setting

/-! ## Files -/

/-- The name of a settings file. -/
def settingsFileName : String := "stepcheck.toml"

/-- The largest settings file that is read, in bytes. -/
def maxSettingsBytes : UInt64 := 262144

/-- The folder of the user's own settings, as the conventions of the system have it. -/
def userFolder? (getVariable : String → BaseIO (Option String)) : BaseIO (Option FilePath) := do
  let filled? (name : String) : BaseIO (Option FilePath) := do
    return ((← getVariable name).filter (!·.trimAscii.isEmpty)).map FilePath.mk
  if Platform.isWindows then
    return (← filled? "LOCALAPPDATA").map (· / "stepcheck")
  let home? ← filled? "HOME"
  if Platform.isOSX then
    return home?.map (· / "Library" / "Application Support" / "stepcheck")
  let folder? ← filled? "XDG_CONFIG_HOME"
  return (folder? <|> home?.map (· / ".config")).map (· / "stepcheck")

/-- The `stepcheck.toml` of `folder` or of the nearest folder above it. -/
partial def findProjectFile? (folder : FilePath) : BaseIO (Option FilePath) := do
  let file := folder / settingsFileName
  if (← file.pathExists) && !(← file.isDir) then return some file
  match folder.parent with
  | some parent => if parent == folder then return none else findProjectFile? parent
  | none => return none

/-- Reads a settings file. -/
def readSettingsFile (path : FilePath) (trusted : Bool) : EIO SettingError SettingsFile := do
  let unreadable (error : IO.Error) : SettingError :=
    s!"Cannot read the settings file {path}: {error}. Correct or remove it."
  let size ← (do return (← path.metadata).byteSize : IO UInt64).toEIO unreadable
  if size > maxSettingsBytes then
    throw s!"The settings file {path} has {size} bytes, more than {maxSettingsBytes}. Shorten it."
  let text ← (IO.FS.readFile path).toEIO unreadable
  match Toml.parse text with
  | .ok document => return { path, document, trusted }
  | .error error =>
    throw s!"Cannot read line {error.line} of the settings file {path}: {error.problem}. \
      Correct it."

/-- The settings files in force in `folder`, the one that counts more first. -/
def findSettingsFiles (folder : FilePath) (getVariable : String → BaseIO (Option String)) :
    EIO SettingError (List SettingsFile) := do
  let project? ← findProjectFile? folder
  let user? := (← userFolder? getVariable).map (· / settingsFileName)
  let mut files := []
  if let some user := user? then
    if ← user.pathExists then files := [← readSettingsFile user true]
  if let some project := project? then
    unless project? == user? do files := (← readSettingsFile project false) :: files
  return files

end LLMstep
