"""Thirty suggestions in one call, loops and nonsense among them, take a bounded time."""

import time

from .conftest import PlayAll
from .scenario import Scenario

LIMIT_MILLISECONDS = 500

LOOPS = (
    "repeat (rw [Nat.add_comm (a * b)])",
    "iterate 100000 (rw [Nat.add_comm])",
    "iterate 100 (iterate 100 (rw [Nat.add_comm]))",
    "repeat' (first | rw [Nat.add_comm] | skip)",
    "simp only [loop]",
    "repeat rw [loop]",
    "have : ∀ n < 60, ∀ m < 60, n + m = m + n := by decide\nexact h",
    "have : (2 ^ 100000 % 7 : Nat) = 2 := by decide\nexact h",
    "exact Nat.rec h (fun _ _ => h) (2 ^ 2 ^ 2 ^ 2 ^ 2)",
    "repeat (apply Eq.symm)",
)
NONSENSE = (
    "exact (h",
    "exact h)",
    "rw [h",
    "induction",
    "simp [",
    "by",
    "⟨⟩",
    "exact h exact h",
    "cases h with |",
    "· · ·",
)
GOOD = (
    "exact h",
    "rw [h]",
    "subst h\nrfl",
    "omega",
    "simp [h]",
    "apply Eq.trans h\nrfl",
    "first\n| exact h\n| rfl",
    "calc\n  a * b + c = d := h",
    "exact h ▸ rfl",
    "have h' := h\nexact h'",
)


def test_thirty_suggestions_with_loops_and_nonsense_are_judged_in_a_bounded_time(
    play_all: PlayAll,
) -> None:
    mixed = [text for group in zip(LOOPS, NONSENSE, GOOD, strict=True) for text in group]
    began = time.monotonic()
    shown = play_all(
        [
            Scenario(
                "thirty",
                f"set_option llmstep.candidateTimeout {LIMIT_MILLISECONDS} in\n"
                "set_option llmstep.n 30 in\n"
                "example (a b c d : Nat) (loop : ∀ x y : Nat, x * y = y * x) "
                "(h : a * b + c = d) : a * b + c = d := by\n  llmstep?",
                tuple(mixed),
            )
        ]
    )["thirty"]
    seconds = time.monotonic() - began
    assert shown.errors == []
    assert "exact h  -- ✓ proved" in shown.suggested
    assert shown.suggested.count("✓ proved") >= 6
    (listed,) = [text for text in shown.texts("information") if "Not accepted" in text]
    assert sum(f"  {text}  -- ✗ rejected" in listed for text in NONSENSE) == len(NONSENSE)
    assert "timeout" in listed
    # Starting Lean takes a few seconds of this; the loops may take their limits each.
    assert seconds < 30
