import LLMstep.Declaration
import LLMstep.UnprovedHypotheses

/-!
# A place in a declaration

A step stands somewhere in a declaration. What is to be known of the place is found by elaborating
the whole declaration once with `sorry` there: every goal that the place is reached with, what in
them rests on nothing, and the errors that the declaration has anyway.
-/

open Lean Elab

namespace LLMstep

/-- A goal state that the place is reached with. -/
structure PlaceGoals where
  snapshot : TacticSnapshot
  /-- The goals as text. -/
  texts : Array String
  /-- The hypotheses that the declaration introduces without proving them. -/
  unproved : FVarIdSet

/-- A place in a declaration, and what the declaration is with `sorry` there. -/
structure Place where
  declaration : Declaration
  /-- One for every time that the place is reached; there is at least one. -/
  reached : Array PlaceGoals
  /-- The errors of the declaration with `sorry` in the place. -/
  errors : Array String
  /-- The messages about the declaration up to the place. -/
  messages : List Message
  /-- Whether the declaration rests on something unproved other than the place. -/
  restsOnUnproved : Bool
  /-- Whether the text after the place is that of the document. -/
  isExact : Bool
  /-- Whether the document speaks of the option that switches the kernel off. -/
  mentionsKernel : Bool
  /-- Whether there was time for the whole declaration. -/
  isComplete : Bool
  /-- How long the declaration with `sorry` takes, in milliseconds. -/
  milliseconds : Nat

/-- That there is nothing to prove at the position, and the first error, which may be the reason. -/
def noGoal (reason : String) (messages : List Message := []) : BaseIO CheckerError := do
  let error := (← errorTexts messages)[0]?.getD ""
  return { kind := "no_goal", message := s!"{reason}\n{error}".trimAscii.toString }

/--
The syntax with definitions in the place of examples: these are elaborated alike, but an example
leaves nothing behind that could be looked at.
-/
partial def examplesAsDefinitions : Syntax → Syntax
  | .node info kind children =>
    if kind == ``Parser.Command.example then
      let name := mkIdentFrom children[0]! `_example
      .node info ``Parser.Command.definition #[
        .atom (SourceInfo.fromRef children[0]!) "def",
        .node .none ``Parser.Command.declId #[name, mkNullNode],
        children[1]!, children[2]!, mkNullNode]
    else .node info kind (children.map examplesAsDefinitions)
  | stx => stx

/-- The goals of a snapshot, as text. -/
def TacticSnapshot.goalTexts (snapshot : TacticSnapshot) (cancelTk : IO.CancelToken) :
    DocumentM (Array String) := do
  let action : Tactic.TacticM (Array String) := withCurrHeartbeats do
    (← Tactic.getUnsolvedGoals).toArray.mapM (goalText ·)
  match ← (snapshot.run cancelTk action).toBaseIO with
  | .ok texts => return texts
  | .error e => throw (← noGoal (← e.toMessageData.toString))

/-- A declaration that has been parsed with a placeholder in the place. -/
structure DeclarationWithPlaceholder where
  declaration : Declaration
  command : ParsedCommand
  /-- The syntax of the command, with the placeholder. -/
  stx : Syntax

/-- The text that stands for the placeholder while the command is parsed. -/
def placeholderText : String := "skip"

/-- Parses the declaration with a placeholder in the place. There is none where no tactic can stand. -/
def Declaration.withPlaceholder? (declaration : Declaration) :
    Option DeclarationWithPlaceholder := do
  let command := declaration.parse placeholderText
  let stx ← insertPlaceholder? declaration.before.rawEndPos command.stx
  return { declaration, command, stx }

/--
Elaborates the declaration. `isExact` says whether the text after the place is that of the document.

Throws `no_goal` where Lean does not get, and `timeout`.
-/
def DeclarationWithPlaceholder.place (parsed : DeclarationWithPlaceholder) (isExact : Bool)
    (cancelTk : IO.CancelToken) : DocumentM Place := do
  let { declaration, command, stx } := parsed
  let { start, before, after } := declaration
  if evaluates command.stx then
    throw (← noGoal "the command runs what stands here, and proves nothing")
  let began ← IO.monoMsNow
  let reaches ← IO.mkRef #[]
  let env := withPlaceholder start.state.env (runPlaceholder reaches)
  let stx := if command.mentionsAny ["example"] then examplesAsDefinitions stx else stx
  let elaborated ← { command with stx }.elaborate
    { start with state.env := env } cancelTk
  let reaches ← reaches.get
  let isComplete := !(← cancelTk.isSet)
  let messages := command.messages ++ elaborated.state.messages.toList
  if reaches.isEmpty then
    if isComplete then throw (← noGoal "Lean does not get here" messages)
    else throw { kind := "timeout", message := "the command at the position" }
  let kept := if isComplete then markedMessages elaborated.state.messages
    else Array.range reaches.size
  if kept.isEmpty then throw (← noGoal "Lean tries what stands here, and does not keep it" messages)
  let declared := Declared.between start.state.env elaborated.state.env
  let restsOnUnproved := declared.areUnproved declared.names
  let unproved := if restsOnUnproved then declared.unprovedHypotheses reaches else #[]
  let reached ← (reaches.zipIdx.filter (kept.contains ·.2)).mapM fun ({ snapshot, .. }, i) => do
    let texts ← snapshot.goalTexts (← IO.CancelToken.new)
    return { snapshot, texts, unproved := unproved[i]?.getD {} }
  let stop := command.stop.byteIdx - (before ++ placeholderText).utf8ByteSize
  return {
    declaration := declaration.focus (min stop after.utf8ByteSize), reached
    errors := elaborated.errors
    messages := messages.filter fun message =>
      (markIndex? message.kind).isNone &&
        command.input.fileMap.ofPosition message.pos < before.rawEndPos
    restsOnUnproved, isExact, isComplete
    mentionsKernel := mentionsText command.input.inputString "skipKernelTC"
    milliseconds := (← IO.monoMsNow) - began }

/--
The place between `before` and the first of the continuations with which the command parses; if it
parses with none, the first with which a tactic can stand there.
-/
def findPlace (start : Checkpoint) (before : String) (continuations : List String)
    (cancelTk : IO.CancelToken) : DocumentM Place := do
  let exact := continuations.headD ""
  let mut first? : Option DeclarationWithPlaceholder := none
  for after in continuations do
    if let some parsed := { start, before, after : Declaration }.withPlaceholder? then
      if !hasError parsed.command.messages then return ← parsed.place (after == exact) cancelTk
      first? := first? <|> some parsed
  if let some first := first? then
    return ← first.place (first.declaration.after == exact) cancelTk
  let own := ({ start, before, after := exact : Declaration }.parse placeholderText).messages
  throw (← noGoal "no tactic can stand here" (own ++ start.messages.toList))

/-- All goals that a step at the place has to close, as text; the main one first. -/
def Place.goals (place : Place) : Array String :=
  place.reached.foldl (init := #[]) fun goals reached =>
    goals ++ reached.texts.filter (!goals.contains ·)

end LLMstep
