import LLMstep.Declaration
import LLMstep.Placeholder

/-!
# The declaration without running the step again

The trial has run the step already, in the state in which the placeholder left it. Lean comes to the
same state when it elaborates the declaration with the step; there, what the trial did is done again
in no time. Whether it is the same state is seen from the names that have been given until then.
Where it is not, or where the step is not found in the syntax as it was tried, it is run again.
-/

open Lean Elab Tactic

namespace LLMstep

/-- Whether a child of a sequence is a step, and no separator. -/
def isStep (stx : Syntax) : Bool :=
  !stx.isAtom && !stx.isOfKind nullKind && !stx.isMissing

/-- The steps of a parsed candidate. -/
def stepsOf (tactics : Syntax) : Array Syntax :=
  tactics[0][0].getArgs.filter isStep

/-- Whether the syntax lies in the range. -/
def isWithin (range : Lean.Syntax.Range) (stx : Syntax) : Bool :=
  match stx.getPos?, stx.getTailPos? with
  | some start, some stop => range.start ≤ start && stop ≤ range.stop
  | _, _ => false

/-- Replaces the steps that stand in the range, which are of these kinds, by a placeholder. -/
partial def replaceSteps? (range : Lean.Syntax.Range) (kinds : Array SyntaxNodeKind) (stx : Syntax) :
    Option Syntax := do
  let .node info kind children := stx | none
  let stop ← stx.getTailPos?
  let start ← stx.getPos?
  guard <| start ≤ range.start && range.start < stop || isWithin range stx
  let inside := (Array.range children.size).filter (isWithin range children[·]!)
  if let (some first, some last) := (inside[0]?, inside.back?) then
    let steps := (children.extract first (last + 1)).filter isStep
    if steps.map (·.getKind) == kinds then
      let placeholder := placeholderAt children[first]!
      return .node info kind <|
        children.extract 0 first ++ #[placeholder] ++ children.extract (last + 1) children.size
  for h : i in [0:children.size] do
    if let some child := replaceSteps? range kinds children[i] then
      return .node info kind (children.set i child)
  none

/-- Does what the trial did, if the state is that in which so many `names` had been given. -/
def Replay.run (replay : Replay) (names : NameGenerator) (failed : IO.Ref Bool) : TacticM Unit := do
  let { goals, after, heartbeats, .. } := replay
  let current ← getNGen
  unless current.namePrefix == names.namePrefix && current.idx == names.idx &&
      (← getUnsolvedGoals) == goals do
    failed.set true
    throw (.internal interruptExceptionId)
  IO.addHeartbeats heartbeats
  Core.checkSystem "step"
  let { coreState, metaState, termState, tacticState, .. } := after
  modifyThe Core.State fun state => { state with
    env := coreState.env, nextMacroScope := coreState.nextMacroScope, ngen := coreState.ngen
    auxDeclNGen := coreState.auxDeclNGen, messages := state.messages ++ coreState.messages }
  modifyThe Meta.State fun state => { state with
    mctx := metaState.mctx, zetaDeltaFVarIds := metaState.zetaDeltaFVarIds
    postponed := metaState.postponed }
  set termState
  set tacticState

/--
Elaborates a command in which a step stands in the range, by what the trial of it has done in the
state `before`. There is no result where that cannot be.
-/
def ParsedCommand.elaborateReplaying? (command : ParsedCommand) (start : Checkpoint)
    (range : Lean.Syntax.Range) (before : TacticSnapshot) (replay : Replay)
    (cancelTk : IO.CancelToken) : BaseIO (Option ElaboratedCommand) := do
  -- What linters say of a step they take from what Lean noted while it ran it.
  if command.warningsMatter start then return none
  let kinds := (stepsOf replay.tactics).map (·.getKind)
  let some stx := replaceSteps? range kinds command.stx | return none
  let failed ← IO.mkRef false
  let env := withPlaceholder start.state.env (replay.run before.coreState.ngen failed)
  let elaborated ← { command with stx }.elaborate { start with state.env := env } cancelTk
  if ← failed.get then return none
  return some elaborated

end LLMstep
