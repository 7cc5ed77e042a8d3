import LLMstep.CandidateChecker
import LLMstep.PremiseTask
import LLMstep.ProposeAll
import LLMstep.WaitingSteps

/-!
# What Lean proposes in the middle of a proof
-/

open Lean Meta Elab Tactic

namespace LLMstep

/-- What stands for the score of a step that Lean proposes: a likely one of the model is above it. -/
def leanScore : Float := -1.5

/-- The longest time in which proposals are read off a goal, in milliseconds. -/
def proposingMilliseconds : Nat := 1000

/--
What Lean proposes for the first goal; premises, once their index is ready. Searches of the library are
left out: they make indexes of their own first, which takes seconds and cannot be interrupted.
-/
def proposeHere : TacticM (Array Suggestion) := do
  let index? ← premiseIndex?
  let proposals ← withoutModifyingState (proposalsFor index? (← getMainGoal))
  return proposals.filterMap fun { text, source } =>
    if searchesLibrary text then none else some { text, score := leanScore, source }

/-- What Lean proposes for the first of the checker's goals; nothing if that takes too long. -/
def CandidateChecker.propose (checker : CandidateChecker) (watchdog : Watchdog) :
    BaseIO (Array Suggestion) := do
  let action := checker.settings.withBudget proposeHere
  match ← (checker.within proposingMilliseconds).run? watchdog action with
  | .ok suggestions => return suggestions
  | .error _ => return #[]

end LLMstep
