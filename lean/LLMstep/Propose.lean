import LLMstep.Premises
import LLMstep.ProposeAutomation
import LLMstep.ProposeGoal
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

/-- What all proposers have for a goal; those of premises only where there is an index. -/
def proposalsFor (index? : Option PremiseIndex) (goal : MVarId) : MetaM (Array Proposal) := do
  let all : ProposalM Unit := do
    attempt (proposeAutomation goal)
    proposeGoal goal
    if let some index := index? then attempt (proposePremises index goal)
  let (_, steps) ← all.run #[]
  return steps.foldl (init := #[]) fun kept step =>
    if kept.any (·.text == step.text) then kept else kept.push step

/-- What is proposed for the main goal of the place. -/
def Place.propose (place : Place) (index? : Option PremiseIndex) (cancelTk : IO.CancelToken) :
    EIO Exception Proposals := do
  let some reached := place.reached[0]? | return { steps := #[], complete := true }
  let steps ← reached.snapshot.run cancelTk do
    let goal ← Tactic.getMainGoal
    withoutModifyingState (proposalsFor index? goal)
  return { steps, complete := index?.isSome }

end LLMstep
