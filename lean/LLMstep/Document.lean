import Lean.Elab.Frontend

/-!
# A document, elaborated command by command

The states after the commands of the document are kept. When its text changes, elaboration starts
again at the first command that the change can have touched.
-/

open Lean Elab

namespace LLMstep

/-- The state between two commands. -/
structure Checkpoint where
  parser : Parser.ModuleParserState
  state : Command.State
  /-- Lean's messages about the command before. -/
  messages : MessageLog := {}

/-- The last document. -/
structure Document where
  text : String
  /-- After the header and after each command that was elaborated, in order. -/
  checkpoints : Array Checkpoint

/-- Why a request fails; `kind` is for programs, `message` for people. -/
structure CheckerError where
  kind : String
  message : String

/-- The monad in which documents are elaborated. -/
abbrev DocumentM := EIO CheckerError

instance : MonadLift IO DocumentM where
  monadLift x := x.toEIO fun e => { kind := "internal", message := toString e }

/-- What a document says about its imports, and where its first command begins. -/
structure Header where
  stx : HeaderSyntax
  parser : Parser.ModuleParserState
  messages : MessageLog

/-- The errors of a message log, as text. -/
def errors (log : MessageLog) : BaseIO String := do
  let texts ← (log.toList.filter (·.severity == .error)).mapM (·.data.toString)
  return "\n".intercalate texts

/-- Reads the header. -/
def readHeader (input : Parser.InputContext) : DocumentM Header := do
  let (stx, parser, messages) ← Parser.parseHeader input
  if messages.hasErrors then throw { kind := "header", message := ← errors messages }
  return { stx, parser, messages }

/--
The environment of the header's imports. It stays until the process ends, and so nobody counts the
references to what is in it: threads would do that one after the other.
-/
def importHeader (input : Parser.InputContext) (header : Header) : DocumentM Environment := do
  let (environment, messages) ← processHeader header.stx {} {} input (leakEnv := true)
  if messages.hasErrors then throw { kind := "header", message := ← errors messages }
  return environment

/-- Commands that run a program when they are elaborated. -/
def evaluatingKinds : List Name := [
  ``Parser.Command.eval, ``Parser.Command.evalBang, `Lean.runCmd, `Lean.runElab, `Lean.runMeta]

/-- Whether the command runs a program of the document, perhaps after `open … in`. -/
partial def evaluates (stx : Syntax) : Bool :=
  let kind := stx.getKind
  if kind == ``Parser.Command.in || kind == `Lean.guardMsgsCmd then
    evaluates stx[stx.getNumArgs - 1]
  else evaluatingKinds.contains kind

/-- Parses the command at a checkpoint. -/
def parseCommand (input : Parser.InputContext) (start : Checkpoint) :
    Syntax × Parser.ModuleParserState × MessageLog :=
  let scope := start.state.scopes.headD { header := "" }
  let context := {
    env := start.state.env, options := scope.opts
    currNamespace := scope.currNamespace, openDecls := scope.openDecls }
  Parser.parseCommand input context start.parser {}

/--
Elaborates a command. The messages of the resulting state are those of its elaboration. Without the
information that editors show, which linters read, there are few warnings.
-/
def elabCommand (input : Parser.InputContext) (start : Checkpoint) (cancelTk : IO.CancelToken)
    (stx : Syntax) (suppressElabErrors withInfo := false) : BaseIO Command.State := do
  let context : Command.Context := {
    fileName := input.fileName, fileMap := input.fileMap, cmdPos := start.parser.pos
    snap? := none, cancelTk? := some cancelTk, suppressElabErrors }
  let state ← IO.mkRef { start.state with
    messages := {}, traceState := {}, snapshotTasks := #[], infoState := { enabled := withInfo } }
  discard (Command.elabCommandTopLevel stx context state).toBaseIO
  state.get

/-- Whether the text from `position` up to the next white space lies before `limit`. -/
def wordEndsBefore (text : String) (position limit : String.Pos.Raw) : Bool :=
  position < limit && (String.Pos.Raw.extract text position limit).any Char.isWhitespace

/--
The checkpoints that are valid for `text` as well. A command may only be kept if the first word
after it is the same, because the command ends where that word cannot continue it.
-/
def Document.reusableCheckpoints (document : Document) (text : String) : Array Checkpoint :=
  let limit := text.firstDiffPos document.text
  if text == document.text then document.checkpoints
  else document.checkpoints.filter fun checkpoint =>
    wordEndsBefore text checkpoint.parser.pos limit

end LLMstep
