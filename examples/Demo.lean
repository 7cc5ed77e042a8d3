/-!
Proofs to finish. Each `sorry` is a place to ask for a step:

    stepcheck suggest examples/Demo.lean:LINE
-/

theorem add_rotate (a b c : Nat) : a + b + c = c + a + b := by
  sorry

theorem and_swap (p q : Prop) (h : p ∧ q) : q ∧ p := by
  sorry

theorem length_append_comm {α : Type} (xs ys : List α) :
    (xs ++ ys).length = (ys ++ xs).length := by
  sorry

def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

theorem double_eq (n : Nat) : double n = n + n := by
  induction n with
  | zero => rfl
  | succ n ih =>
    sorry
