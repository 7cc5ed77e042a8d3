"""Lean documents that several tests look at."""

from stepcheck.lean.position import ProofPosition

IMPORT_LEAN = "import Lean\n"

FALSE = ProofPosition("theorem bad (n : Nat) : n = n + 1 := by\n  ")
"""No step can prove this."""

TRUE = ProofPosition("theorem ok (a b : Nat) : a + b = b + a := by\n  ")
"""`omega` proves this."""

CONJUNCTION = ProofPosition("theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  ")


def behind(prefix: str, position: ProofPosition) -> ProofPosition:
    """The position with a text in front of its document."""
    return ProofPosition(prefix + position.before, position.after)


WAITING = behind(
    """import Lean
meta partial def waiting : Nat → Lean.Elab.Tactic.TacticM Unit
  | 0 => pure ()
  | n + 1 => do IO.sleep 10; Lean.Core.checkSystem "waiting"; waiting n
elab "wait" : tactic => waiting 6000
""",
    TRUE,
)
"""Here `wait` takes a minute, unless Lean is told to stop."""

STALLING = behind('import Lean\nelab "stall" : tactic => IO.sleep 60000\n', TRUE)
"""Here `stall` takes a minute, whatever Lean is told."""

EATING = behind(
    """import Lean
meta def million (n : Nat) : Array Nat := Array.replicate 1000000 n
meta partial def eating (n : Nat) (eaten : List (Array Nat)) : IO Nat := do
  IO.sleep 10
  eating (n + 1) (million n :: eaten)
elab "eat" : tactic => do discard <| eating 0 []
""",
    TRUE,
)
"""Here `eat` takes 4 MB of memory every hundredth of a second."""

AXIOM_FREE_LEMMA = "theorem helper (n : Nat) : n + 0 = n := rfl\n\n"
