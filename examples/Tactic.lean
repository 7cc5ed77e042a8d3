import LLMstep

/-! What the tactics of the package do: `stepcheck lean run --serve examples/Tactic.lean`. -/

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

-- Steps that Lean has tried: those that finish the proof come first.
example (p q : Prop) (hp : p) (hq : q) : q ∧ p := by
  llmstep

-- Only steps that begin with this.
theorem double_succ (n : Nat) : double (n + 1) = double n + 2 := by
  llmstep "r"

-- A whole proof.
theorem double_eq (n : Nat) : double n = n + n := by
  llmqed
