import LLMstep.Proposal

/-!
# What Lean's own automation proposes

Tactics that need to be told nothing. Those of Mathlib are proposed where they are there.
-/

open Lean Meta

namespace LLMstep

/-- Tactics that prove a goal or fail, and short scripts of them, the cheap ones first. -/
def closingTactics : List String := [
  "rfl", "simp", "omega", "simp_all", "decide", "contradiction", "trivial", "exact?", "grind",
  "ac_rfl", "nofun", "simp +arith", "simp; omega", "simp_all; omega", "simp at *; omega",
  "intros; simp_all; omega", "decide +revert", "solve_by_elim", "rw?", "exfalso; omega",
  "split <;> simp_all <;> omega", "simp +contextual", "simp +decide", "intros; exact?",
  "simp; exact?"]

/-- Tactics of Mathlib and its like. -/
def libraryTactics : List String := [
  "norm_num", "ring", "ring_nf", "linarith", "nlinarith", "positivity", "aesop", "tauto", "gcongr",
  "field_simp", "norm_cast", "push_cast", "simpa", "measurability", "continuity", "fun_prop",
  "push_neg", "abel", "group", "noncomm_ring", "bound", "norm_num [*]"]

/-- What automation proposes for a goal. -/
def proposeAutomation (goal : MVarId) : ProposalM Unit := goal.withContext do
  let target ← instantiateMVars (← goal.getType)
  propose .automation closingTactics
  let mentionsBitVec := (target.find? (·.isConstOf ``BitVec)).isSome ||
    (← getLCtx).any fun declaration => (declaration.type.find? (·.isConstOf ``BitVec)).isSome
  if mentionsBitVec then propose .automation ["bv_omega", "simp; bv_omega", "bv_normalize"]
  for tactic in libraryTactics do
    if ← isTactic tactic then propose .automation [tactic]

end LLMstep
