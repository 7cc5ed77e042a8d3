import LLMstep.Check
import LLMstep.Document

/-!
# Opening a document at a position

A session keeps what costs time to make: environments, the last document, the hole in it.
-/

open Lean Elab

namespace LLMstep

/-- How many environments are kept, for as many different headers. -/
def maxEnvironments : Nat := 3

/-- What the resident checker keeps between requests. -/
structure Session where
  /-- Where an elaborated hole leaves its state. -/
  reached : IO.Ref (Option Hole)
  /-- Environments by the imports they were made of, the last used one first. -/
  environments : IO.Ref (List (String × Environment))
  document : IO.Ref Document

/-- A session without a document. -/
def Session.new : IO Session := do
  return {
    reached := ← registerHole
    environments := ← IO.mkRef []
    document := ← IO.mkRef { text := "", checkpoints := #[] } }

/-- The hole of an opened document, and what happened on the way to it. -/
structure Opened where
  hole : Hole
  /-- The open goals, as text. -/
  goals : Array String
  /-- The column of the hole, in characters. -/
  column : Nat
  /-- The messages of the commands before the hole, and of its own up to the hole. -/
  messages : List Message
  importMilliseconds : Nat
  elaborationMilliseconds : Nat
  /-- How many commands before the hole were not elaborated again. -/
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
  let pairs := [('(', ')'), ('[', ']'), ('{', '}'), ('⟨', '⟩')]
  let closers := text.foldl (init := []) fun closers c =>
    match pairs.lookup c, closers with
    | some closer, _ => closer :: closers
    | none, closer :: rest => if c == closer then rest else closers
    | none, [] => []
  String.ofList closers

/-- The column of the end of `text`, in characters. -/
def endColumn (text : String) : Nat :=
  (text.toFileMap.toPosition text.rawEndPos).column

/--
The texts in which a hole is looked for, the most faithful one first: what follows the cursor may
stand in the hole's way, and what is half written may lack its closing brackets.
-/
def withHole (before after : String) (command : String) : List String :=
  let margin := "\n".pushn ' ' (endColumn before)
  let spaced := if after.isEmpty || after.startsWith Char.isWhitespace then after else " " ++ after
  [before ++ "skip" ++ spaced, before ++ "skip" ++ margin ++ after.trimAsciiStart.toString,
    before ++ "skip", before ++ "skip" ++ closeBrackets command]

def inputOf (text : String) : Parser.InputContext :=
  Parser.mkInputContext (text ++ "\n") "<document>"

/-- Elaborates commands until the next one ends behind `position`. -/
partial def advance (input : Parser.InputContext) (position : String.Pos.Raw)
    (token : IO.CancelToken) (checkpoints : Array Checkpoint) : DocumentM (Array Checkpoint) := do
  let some last := checkpoints.back? | return checkpoints
  let (stx, parser, log) := parseCommand input last
  if Parser.isTerminalCommand stx || position < parser.pos then return checkpoints
  let state ← if evaluates stx then pure last.state else elabCommand input last token stx log
  if ← token.isSet then throw { kind := "timeout", message := "the text before the position" }
  let next := { parser, state := { state with messages := {} }, messages := state.messages }
  advance input position token (checkpoints.push next)

/-- Elaborates the command after `last` until its hole is reached. -/
def Session.reach (session : Session) (text : String) (position : String.Pos.Raw)
    (token : IO.CancelToken) (last : Checkpoint) : DocumentM Hole := do
  let input := inputOf text
  let (stx, _, log) := parseCommand input last
  let some stx := placeHole position stx
    | throw { kind := "no_goal", message := s!"no tactic can stand here\n{← errors log}" }
  session.reached.set none
  let state ← elabCommand input last token stx log
  match ← session.reached.get with
  | some hole => return hole
  | none =>
    if ← token.isSet then throw { kind := "timeout", message := "the command at the position" }
    throw { kind := "no_goal", message := s!"Lean does not get here\n{← errors state.messages}" }

/-- The first of `texts` in which the hole is reached, or what is wrong with the first of them. -/
def Session.reachFirst (session : Session) (texts : List String) (position : String.Pos.Raw)
    (token : IO.CancelToken) (last : Checkpoint) : DocumentM Hole := do
  let mut failure? : Option Failure := none
  for text in texts do
    try
      return ← session.reach text position token last
    catch failure =>
      if failure.kind == "timeout" then throw failure
      failure? := failure? <|> some failure
  throw (failure?.getD { kind := "no_goal", message := "" })

/-- The goals at a hole, as text. -/
def Hole.goals (hole : Hole) (token : IO.CancelToken) : DocumentM (Array String) := do
  let action : Tactic.TacticM (Array String) := withCurrHeartbeats do
    (← Tactic.getUnsolvedGoals).toArray.mapM (goalText ·)
  match ← (hole.run token action).toBaseIO with
  | .ok goals => return goals
  | .error e => throw { kind := "no_goal", message := ← e.toMessageData.toString }

/-- Elaborates `before`, with a hole at its end, in the document `before ++ after`. -/
def Session.openAt (session : Session) (before after : String) (token : IO.CancelToken) :
    DocumentM Opened := do
  let start ← IO.monoMsNow
  let document := before ++ after
  let position := before.rawEndPos
  let input := inputOf (before ++ "skip" ++ after)
  let header ← readHeader input
  if position < header.parser.pos then
    throw { kind := "no_goal", message := "the position is in the header" }
  let kept := (← session.document.get).keep document
  let first ←
    if kept.isEmpty then
      let environment ← session.environment input header
      pure #[{ parser := header.parser, state := Command.mkState environment {} documentOptions }]
    else pure kept
  let imported ← IO.monoMsNow
  let reused := first.filter (·.parser.pos ≤ position)
  let checkpoints ← advance input position token reused
  session.document.set {
    text := document, checkpoints := if checkpoints.size > reused.size then checkpoints else first }
  let some last := checkpoints.back? | throw { kind := "no_goal", message := "" }
  let command := String.Pos.Raw.extract before last.parser.pos position
  let hole ← session.reachFirst (withHole before after command) position token last
  let goals ← hole.goals token
  if goals.isEmpty then throw { kind := "no_goal", message := "no goals" }
  let earlier := checkpoints.toList.flatMap (·.messages.toList)
  return {
    hole, goals, column := endColumn before
    messages := earlier ++ hole.coreState.messages.toList
    importMilliseconds := imported - start
    elaborationMilliseconds := (← IO.monoMsNow) - imported
    commandsReused := reused.size - 1 }

/-- Why no proof in the hole can complete its declaration. -/
def Hole.incomplete? (hole : Hole) : Option String :=
  if hole.coreState.messages.hasErrors then some "an earlier error in this declaration" else none

end LLMstep
