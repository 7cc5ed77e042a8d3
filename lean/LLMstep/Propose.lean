import LLMstep.ProposeAll
import LLMstep.Session

/-!
# Proposals at a place
-/

open Lean Meta Elab

namespace LLMstep

/-- What is proposed at a place. -/
structure Proposals where
  steps : Array Proposal
  /-- Whether all had their say: the index of premises may not have been ready. -/
  complete : Bool

/-- What is proposed for the main goal of the place. -/
def Place.propose (place : Place) (index? : Option PremiseIndex) (cancelTk : IO.CancelToken) :
    EIO Exception Proposals := do
  let some reached := place.reached[0]? | return { steps := #[], complete := true }
  let steps ← reached.snapshot.run cancelTk do
    let goal ← Tactic.getMainGoal
    withoutModifyingState (proposalsFor index? goal)
  return { steps, complete := index?.isSome }

end LLMstep
