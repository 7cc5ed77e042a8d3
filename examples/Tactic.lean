import LLMstep

/-!
What the tactics of the package do: `stepcheck lean run --serve examples/Tactic.lean` shows it, or
open this file in an editor whose Lean finds the package. Click on a suggestion to insert it.
-/

-- Until a suggestion replaces the call, the proof uses none of its hypotheses.
set_option linter.unusedVariables false

-- The next step. What finishes the proof comes first.
example (p q : Prop) (hp : p) (hq : q) : q ∧ p := by
  llmstep

-- Only steps that begin so.
example (xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length := by
  llmstep "rw"

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

-- A whole proof.
theorem le_double (n : Nat) : n ≤ double n := by
  llmqed
