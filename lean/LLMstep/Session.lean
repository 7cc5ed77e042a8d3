import LLMstep.Check
import LLMstep.Document
import LLMstep.InsertionPoint
import LLMstep.Placeholder
import LLMstep.UnprovedHypotheses

/-!
# Opening a document at a position

A session keeps what costs time to make: environments, and the checkpoints of the last document.
-/

open Lean Elab

namespace LLMstep

/--
How many environments are kept, for as many different headers. Lean never frees the modules it has
read, so that dropping an environment gains less than making it again costs.
-/
def maxEnvironments : Nat := 6

/-- What the resident checker keeps between requests. -/
structure Session where
  /-- Where an elaborated placeholder leaves its snapshot. -/
  captured : IO.Ref (Option TacticSnapshot)
  /-- Environments by the imports they were made of, the last used one first. -/
  environments : IO.Ref (List (String × Environment))
  document : IO.Ref Document

/-- A session without a document. -/
def Session.new : IO Session := do
  return {
    captured := ← registerPlaceholder
    environments := ← IO.mkRef []
    document := ← IO.mkRef { text := "", checkpoints := #[] } }

/-- A document that was opened at a position, and what happened on the way to it. -/
structure OpenedDocument where
  /-- The text before the placeholder. -/
  before : String
  /-- The text after it with which it was elaborated: one of `continuations`. -/
  continuation : String
  /-- The state before the command with the placeholder. -/
  start : Checkpoint
  snapshot : TacticSnapshot
  /-- The open goals, as text. -/
  goals : Array String
  /-- What `check` is to know about the position. -/
  settings : CheckSettings
  /-- The messages of the commands before the placeholder, and of its own up to there. -/
  messages : List Message
  importMilliseconds : Nat
  elaborationMilliseconds : Nat
  /-- How many commands before the placeholder were not elaborated again. -/
  commandsReused : Nat

/-- The environment of a header: a kept one, or a new one. -/
def Session.environment (session : Session) (input : Parser.InputContext) (header : Header) :
    DocumentM Environment := do
  let imports := headerToImports header.stx
  let key := s!"{header.stx.isModule} {imports}"
  let kept ← session.environments.get
  let environment ← match kept.lookup key with
    | some environment => pure environment
    | none => importHeader input header
  let others := kept.filter (·.1 != key)
  session.environments.set ((key, environment) :: others.take (maxEnvironments - 1))
  return environment

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
What may stand after the placeholder, the most faithful first: the text after the position may be
another step, or may not parse after a step; a command that is half written may lack its closing
brackets.
-/
def continuations (before after command : String) : List String :=
  let nextLine := "\n".pushn ' ' (endColumn before) ++ after
  let faithful := if followsOnLine after then [" " ++ after, nextLine] else [after]
  faithful ++ ["", closeBrackets command]

/-- The parser's input for a document. -/
def inputContext (text : String) : Parser.InputContext :=
  Parser.mkInputContext (text ++ "\n") "<document>"

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

/-- That there is nothing to prove at the position, and the errors that may be the reason. -/
def noGoal (reason : String) (log : MessageLog := {}) : BaseIO CheckerError := do
  return { kind := "no_goal", message := s!"{reason}\n{← errors log}".trimAscii.toString }

/-- Elaborates the command after `last` up to a placeholder at `position`. -/
def Session.captureAt (session : Session) (text : String) (position : String.Pos.Raw)
    (cancelTk : IO.CancelToken) (last : Checkpoint) : DocumentM TacticSnapshot := do
  let input := inputContext text
  let (stx, _, log) := parseCommand input last
  let some stx := insertPlaceholder? position stx
    | throw (← noGoal "no tactic can stand here" (if log.hasErrors then log else last.messages))
  session.captured.set none
  let state ← elabCommand input last cancelTk stx
  if let some snapshot ← session.captured.get then
    let earlier := log.toList.filter (input.fileMap.ofPosition ·.pos < position)
    return snapshot.prependMessages earlier
  if ← cancelTk.isSet then throw { kind := "timeout", message := "the command at the position" }
  throw (← noGoal "Lean does not get here" (log ++ state.messages))

/--
The snapshot of a placeholder after `before`, with the first of the continuations with which it is
elaborated, and that continuation. If there is none, what is wrong with the first of them.
-/
def Session.captureFirst (session : Session) (before : String) (continuations : List String)
    (cancelTk : IO.CancelToken) (last : Checkpoint) : DocumentM (TacticSnapshot × String) := do
  let mut failures := #[]
  for continuation in continuations do
    try
      let text := before ++ "skip" ++ continuation
      return (← session.captureAt text before.rawEndPos cancelTk last, continuation)
    catch problem =>
      if problem.kind == "timeout" then throw problem
      failures := failures.push problem
  throw (failures[0]?.getD (← noGoal "no tactic can stand here"))

/-- The goals of a snapshot, as text, and their unproved hypotheses. -/
def TacticSnapshot.inspect (snapshot : TacticSnapshot) (cancelTk : IO.CancelToken) :
    DocumentM (Array String × FVarIdSet) := do
  let action : Tactic.TacticM (Array String × FVarIdSet) := withCurrHeartbeats do
    let goals ← Tactic.getUnsolvedGoals
    return (← goals.toArray.mapM (goalText ·), ← unprovedHypotheses goals)
  match ← (snapshot.run cancelTk action).toBaseIO with
  | .ok result => return result
  | .error e => throw (← noGoal (← e.toMessageData.toString))

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
      #[{ parser := header.parser, state := Command.mkState environment {} documentOptions }]
  session.document.set { text, checkpoints }
  let imported ← IO.monoMsNow
  let reused := checkpoints.filter (·.parser.pos ≤ position)
  let some last := reused.back?
    | throw (← noGoal "the position is in the header")
  let last ← session.elabCommandsUntil input position cancelTk last
  let command := String.Pos.Raw.extract before last.parser.pos position
  let (snapshot, continuation) ←
    session.captureFirst before (continuations before after command) cancelTk last
  let (goals, unproved) ← snapshot.inspect cancelTk
  if goals.isEmpty then throw (← noGoal "no goals")
  let earlier := (← session.document.get).checkpoints.filter (·.parser.pos ≤ position)
  return {
    before, continuation, start := last, snapshot, goals
    settings := {
      column := endColumn before, followed := followsOnLine continuation
      afterError := snapshot.coreState.messages.hasErrors, unproved }
    messages := earlier.toList.flatMap (·.messages.toList) ++ snapshot.coreState.messages.toList
    importMilliseconds := imported - start
    elaborationMilliseconds := (← IO.monoMsNow) - imported
    commandsReused := reused.size - 1 }

/-- Checks a candidate at the position. -/
def OpenedDocument.check (opened : OpenedDocument) (settings : CheckSettings) (candidate : String)
    (cancelTk : IO.CancelToken) : EIO Exception Outcome :=
  opened.snapshot.run cancelTk (LLMstep.check settings opened.goals candidate)

/--
Elaborates the whole command with the candidate in place of the placeholder. This tells what no
state inside it can: whether a recursion terminates.
-/
def OpenedDocument.checkCommand (opened : OpenedDocument) (candidate : String)
    (cancelTk : IO.CancelToken) : BaseIO Outcome := do
  let column := opened.settings.column
  let step := ((indent candidate column).drop column).toString
  let input := inputContext (opened.before ++ step ++ opened.continuation)
  let (stx, parser, log) := parseCommand input opened.start
  if log.hasErrors || parser.pos < (opened.before ++ step).rawEndPos then
    return refused "the rest of the command does not parse"
  let state ← elabCommand input opened.start cancelTk stx
  if ← cancelTk.isSet then
    return { verdict := .timeout, message := "checking the whole declaration" }
  if let some error := state.messages.toList.find? (·.severity == .error) then
    return refused (← error.data.toString)
  let known := opened.start.state.env
  let declared := state.env.constants.foldStage2 (s := #[]) fun names name _ =>
    if known.contains name then names else names.push name
  if declared.isEmpty then return refused "an `example` leaves nothing behind to look at"
  match untrusted? state.env declared with
  | some name => return { verdict := .unsound, message := untrustedMessage name }
  | none => return { verdict := .proved }
where
  refused (reason : String) : Outcome :=
    { verdict := .unsound, message := shorten s!"{recursionMessage}: {reason}" }

end LLMstep
