import LLMstep.Check
import LLMstep.Document
import LLMstep.InsertionPoint

/-!
# The command that holds a place

It is elaborated with a step in the place, as text, in the state before it: as Lean will read the
file once the step has been written.
-/

open Lean Elab

namespace LLMstep

/-- A command of a document, divided at a place in it. -/
structure Declaration where
  /-- The state before the command. -/
  start : Checkpoint
  /-- The text of the document before the place. -/
  before : String
  /-- The text after the place. -/
  after : String

/-- A command that has been parsed. -/
structure ParsedCommand where
  input : Parser.InputContext
  stx : Syntax
  /-- The text of the command, from its first word on. -/
  text : String
  /-- Where the command ends. -/
  stop : String.Pos.Raw
  /--
  The parser's messages about the command. What could not be read before its first word is not its
  fault.
  -/
  messages : List Message

/-- What elaboration has made of a command. -/
structure ElaboratedCommand where
  state : Command.State
  /-- The errors about the command, those of the parser first. -/
  errors : Array String

/-- The name under which Lean knows what is elaborated to check steps. -/
def documentName : String := "<document>"

/-- The parser's input for a document. -/
def inputContext (text : String) : Parser.InputContext :=
  Parser.mkInputContext (text ++ "\n") documentName

/-- The command with the text `step` in the place. -/
def Declaration.parse (declaration : Declaration) (step : String) : ParsedCommand :=
  let input := inputContext (declaration.before ++ step ++ declaration.after)
  let (stx, parser, log) := parseCommand input declaration.start
  let start := stx.getPos?.getD 0
  { input, stx, stop := parser.pos
    text := String.Pos.Raw.extract input.inputString start parser.pos
    messages := log.toList.filter (start ≤ input.fileMap.ofPosition ·.pos) }

/-- Whether there is an error among the messages. -/
def hasError (messages : List Message) : Bool :=
  messages.any (·.severity == .error)

/-- Tactics that ask the model: where one is left in a declaration, there is an open place. -/
def askingKinds : List Name := [
  `LLMstep.llmstepTactic, `LLMstep.llmstepAllTactic, `LLMstep.llmqedTactic,
  `Lean.Parser.Tactic.tryTrace]

/-- The syntax with `sorry` in the place of what would ask the model. -/
partial def withoutAsking : Syntax → Syntax
  | .node info kind children =>
    if askingKinds.contains kind then
      .node info ``Parser.Tactic.tacticSorry #[.atom info "sorry"]
    else .node info kind (children.map withoutAsking)
  | stx => stx

/--
Whether one of the words stands in the text of the command: most often none does, and then its syntax
need not be looked through.
-/
def ParsedCommand.mentionsAny (command : ParsedCommand) (words : List String) : Bool :=
  words.any (mentionsText command.text)

/-- Whether a warning about the command may be an error. -/
def ParsedCommand.warningsMatter (command : ParsedCommand) (start : Checkpoint) : Bool :=
  start.state.scopes.head?.any (warningAsError.get ·.opts) ||
    command.mentionsAny ["warningAsError"]

/-- How often `sorry` is used in the command. -/
def ParsedCommand.openPlaces (command : ParsedCommand) : Nat :=
  if command.mentionsAny ["sorry", "admit"] then LLMstep.openPlaces command.stx else 0

/--
The environment in which `#guard_msgs` is nothing but its command: it would take away the errors that
a declaration is judged by. Whether there is one is told in `found`.
-/
def withoutGuards (env : Environment) (found : IO.Ref Bool) : Environment :=
  Command.commandElabAttribute.ext.addEntry env {
    key := `Lean.guardMsgsCmd, declName := `LLMstep.withoutGuards, isBuiltin := false
    value := fun stx => do
      found.set true
      Command.elabCommand stx[stx.getNumArgs - 1] }

/--
Elaborates a command at `start`. The kernel is asked, whatever the options before the command say.
Linters run where a warning is an error.
-/
def ParsedCommand.elaborate (command : ParsedCommand) (start : Checkpoint)
    (cancelTk : IO.CancelToken) : BaseIO ElaboratedCommand := do
  let scopes := start.state.scopes.map fun scope =>
    { scope with opts := debug.skipKernelTC.set (Elab.async.set scope.opts false) false }
  let mayAsk := command.mentionsAny ["llmstep", "llmqed", "try?"]
  let stx := if mayAsk then withoutAsking command.stx else command.stx
  let elaborateIn (env : Environment) : BaseIO Command.State :=
    elabCommand command.input { start with state := { start.state with scopes, env } } cancelTk
      stx (suppressElabErrors := hasError command.messages)
      (withInfo := command.warningsMatter start)
  let isGuarded ← IO.mkRef false
  let state ← elaborateIn (withoutGuards start.state.env isGuarded)
  let guarded ← if ← isGuarded.get then
      pure (← elaborateIn start.state.env).messages.toList
    else pure []
  let messages := command.messages ++ state.messages.toList ++ guarded
  return { state, errors := ← errorTexts messages }

/--
The part of the document that matters to the command, which ends at `stop` of the text after the
place: the lines on which it stands, and the line with the next word, which may not continue it.
-/
def Declaration.focus (declaration : Declaration) (stop : Nat) : Declaration :=
  let { start, before, after } := declaration
  let column := (lastLine (String.Pos.Raw.extract before 0 start.parser.pos)).utf8ByteSize
  let lineStart : String.Pos.Raw := ⟨start.parser.pos.byteIdx - column⟩
  let own := String.Pos.Raw.extract after 0 ⟨stop⟩
  let rest := String.Pos.Raw.extract after ⟨stop⟩ after.rawEndPos
  let blank := rest.toList.takeWhile Char.isWhitespace
  let next := (rest.toList.drop blank.length).takeWhile (· != '\n')
  { start := { start with parser.pos := ⟨column⟩ }
    before := String.Pos.Raw.extract before lineStart before.rawEndPos
    after := (blank ++ next).foldl String.push own }

end LLMstep
