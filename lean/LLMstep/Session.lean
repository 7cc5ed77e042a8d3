import LLMstep.Premises
import LLMstep.StepVerdict

/-!
# Opening a document at a position

A session keeps what costs time to make: environments, and the checkpoints of the last document.
-/

open Lean Elab

namespace LLMstep

/-- How many indexes of premises are kept, for as many different headers. -/
def maxIndexes : Nat := 3

/-- What the resident checker keeps between requests. -/
structure Session where
  /--
  Environments by the imports they were made of. All are kept: Lean never frees the modules it has
  read, nor an environment that was made to stay.
  -/
  environments : IO.Ref (List (String × Environment))
  document : IO.Ref Document
  /-- The indexes of premises, by the modules that they were made of, the last used one first. -/
  indexes : IO.Ref (List (Array Name × Task PremiseIndex))

/-- A session without a document. -/
def Session.new : IO Session := do
  return {
    environments := ← IO.mkRef []
    document := ← IO.mkRef { text := "", checkpoints := #[] }
    indexes := ← IO.mkRef [] }

/-- A document that was opened at a position, and what happened on the way to it. -/
structure OpenedDocument where
  place : Place
  /-- What a check is to know about the position. -/
  settings : CheckSettings
  /-- The messages of the commands before the place, and of its own up to there. -/
  messages : List Message
  importMilliseconds : Nat
  elaborationMilliseconds : Nat
  /-- How many commands before that with the place were not elaborated again. -/
  commandsReused : Nat

/-- The environment of a header: a kept one, or a new one. -/
def Session.environment (session : Session) (input : Parser.InputContext) (header : Header) :
    DocumentM Environment := do
  let imports := headerToImports header.stx
  let key := s!"{header.stx.isModule} {imports}"
  if let some environment := (← session.environments.get).lookup key then return environment
  let environment ← importHeader input header
  session.environments.modify ((key, environment) :: ·)
  return environment

/-- The index of the premises that a place can use, being made where it was not asked for before. -/
def Session.premises (session : Session) (place : Place) : BaseIO (Task PremiseIndex) := do
  let env := place.declaration.start.state.env
  let key := env.header.imports.map (·.module)
  let kept ← session.indexes.get
  let index ← match kept.lookup key with
    | some index => pure index
    | none => pure (Task.spawn fun _ => PremiseIndex.make env)
  let others := kept.filter (·.1 != key)
  session.indexes.set ((key, index) :: others.take (maxIndexes - 1))
  return index

/-- The brackets that are open at the end of `text`, as the text that closes them. -/
def closeBrackets (text : String) : String :=
  let closers := text.foldl (init := []) fun closers c =>
    match c, closers with
    | '(', _ => ')' :: closers
    | '[', _ => ']' :: closers
    | '{', _ => '}' :: closers
    | '⟨', _ => '⟩' :: closers
    | _, closer :: rest => if c == closer then rest else closers
    | _, [] => []
  String.ofList closers

/--
What may stand after the placeholder, the text of the document first: that may not parse after a
step; a command that is half written may lack its closing brackets.
-/
def continuations (before after command : String) : List String :=
  [after, "\n".pushn ' ' (endColumn before) ++ after, "", closeBrackets command]

/--
Elaborates commands, from the last checkpoint on, until the next one ends behind `position`. Each is
kept at once, so that what was done is not lost when time is over.
-/
partial def Session.elabCommandsUntil (session : Session) (input : Parser.InputContext)
    (position : String.Pos.Raw) (cancelTk : IO.CancelToken) (last : Checkpoint) :
    DocumentM Checkpoint := do
  let (stx, parser, log) := parseCommand input last
  if Parser.isTerminalCommand stx || position < parser.pos then return last
  let state ← if evaluates stx then pure last.state
    -- What does not parse has errors enough of its own.
    else elabCommand input last cancelTk stx (suppressElabErrors := log.hasErrors)
  if ← cancelTk.isSet then throw { kind := "timeout", message := "the text before the position" }
  let next := {
    parser, state := { state with messages := {} }, messages := log ++ state.messages }
  session.document.modify fun document =>
    { document with checkpoints := document.checkpoints.push next }
  session.elabCommandsUntil input position cancelTk next

/-- Elaborates `before`, with a placeholder at its end, in the document `before ++ after`. -/
def Session.openAt (session : Session) (before after : String) (cancelTk : IO.CancelToken) :
    DocumentM OpenedDocument := do
  let start ← IO.monoMsNow
  let text := before ++ after
  let position := before.rawEndPos
  let input := inputContext (before ++ "skip" ++ after)
  let header ← readHeader input
  if position < header.parser.pos then
    throw (← noGoal "the position is in the header")
  let mut checkpoints := (← session.document.get).reusableCheckpoints text
  if checkpoints.isEmpty then
    let environment ← session.environment input header
    checkpoints :=
      #[{ parser := header.parser, state := Command.mkState environment {} {} }]
  session.document.set { text, checkpoints }
  let imported ← IO.monoMsNow
  let reused := checkpoints.filter (·.parser.pos ≤ position)
  let some last := reused.back?
    | throw (← noGoal "the position is in the header")
  let last ← session.elabCommandsUntil input position cancelTk last
  let command := String.Pos.Raw.extract before last.parser.pos position
  let place ← findPlace last before (continuations before after command) cancelTk
  let earlier := (← session.document.get).checkpoints.filter (·.parser.pos ≤ position)
  return {
    place, settings := { column := endColumn before, followed := followsOnLine after }
    messages := earlier.toList.flatMap (·.messages.toList) ++ place.messages
    importMilliseconds := imported - start
    elaborationMilliseconds := (← IO.monoMsNow) - imported
    commandsReused := reused.size - 1 }

/-- The text of a candidate at the place: its later lines are relative to the first. -/
def OpenedDocument.stepText (opened : OpenedDocument) (candidate : String) : String :=
  let column := opened.settings.column
  ((indent candidate column).drop column).toString

end LLMstep
