import LLMstep.Premises
import LLMstep.ProposeAutomation
import LLMstep.ProposeGoal

/-!
# What all proposers have for a goal
-/

open Lean Meta

namespace LLMstep

/-- What all proposers have for a goal; those of premises only where there is an index. -/
def proposalsFor (index? : Option PremiseIndex) (goal : MVarId) : MetaM (Array Proposal) := do
  let all : ProposalM Unit := do
    attempt (proposeAutomation goal)
    proposeGoal goal
    if let some index := index? then attempt (proposePremises index goal)
  let (_, steps) ← all.run #[]
  return steps.foldl (init := #[]) fun kept step =>
    if kept.any (·.text == step.text) then kept else kept.push step

end LLMstep
