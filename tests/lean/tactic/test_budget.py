"""Thirty suggestions in one call, loops and nonsense among them, take a bounded time."""

import time
from collections.abc import Callable
from pathlib import Path

from ..lean_worker import running_worker
from ..package_lean import PackageLean
from .conftest import PlayAll
from .scenario import FakeModel, Scenario, document

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


def test_an_earlier_theorem_that_takes_long_does_not_use_up_the_time(play_all: PlayAll) -> None:
    shown = play_all(
        [
            Scenario(
                "after_slow",
                "theorem slow : True := by\n  sleep 3000\n  trivial\n"
                "set_option llmstep.candidateTimeout 1000 in\n"
                "theorem after_slow : True := by\n  llmstep",
                ("exact trivial",),
            )
        ]
    )["after_slow"]
    assert "[apply] exact trivial  -- ✓ proved" in shown.suggested


def test_typing_on_interrupts_a_suggestion(
    package: PackageLean, tmp_path: Path, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    call = Scenario(
        "endless",
        "set_option llmstep.candidateTimeout 100000 in\n"
        "set_option llmstep.maxHeartbeats 100000000 in\nset_option maxRecDepth 100000 in\n"
        "example : True := by\n  llmstep",
        ("have : ∀ n < 200, ∀ m < 200, n + m = m + n := by decide\ntrivial",),
    )
    spool = tmp_path / "spool"
    spool.mkdir()
    text = document([call], spool)
    model = FakeModel(spool, {"endless": call.answer()})
    with model.answering(), running_worker(package, tmp_path) as worker:
        worker.begin(text)
        eventually(lambda: bool(model.asked))
        time.sleep(1)
        began = time.monotonic()
        worker.change(text.replace("  llmstep", "  trivial"))
        worker.wait(2)
        seconds = time.monotonic() - began
    assert len(model.asked) == 1
    assert seconds < 10
