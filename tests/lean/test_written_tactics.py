"""Which tactics stand in a file, and where each begins and ends."""

import pytest

from stepcheck.lean.written_tactics import proof_before, written_tactics

FILE = """import Std
/-- About `sorry`; and `by simp`. -/
theorem first (n : Nat) : n + 0 = n := by
  induction n with
  | zero => simp -- easy; really
  | succ n ih =>
    have h : 1 = 1 := by
      rfl
    simp [ih,
      h]

def two := 2

example : 1 = 1 ∧ 2 = 2 := ⟨by
  show 1 = 1
  all_goals rfl, by decide⟩
"""


def texts(file: str) -> list[str]:
    return [tactic.text for tactic in written_tactics(file)]


def test_tactics_within_others_are_found_and_comments_are_not_read():
    assert texts(FILE) == [
        "induction n with",
        "simp",
        "have h : 1 = 1 := by\n      rfl",
        "rfl",
        "simp [ih,\n      h]",
        "show 1 = 1",
        "rfl",
        "decide",
    ]


@pytest.mark.parametrize(
    ("proof", "expected"),
    [
        ("by simp; omega", ["simp", "omega"]),
        ("by\n  sorry", []),
        ("by\n  constructor\n  · simp\n  · admit", ["constructor", "simp"]),
        ("by\n  exact (by\n    trivial)", ["exact (by\n    trivial)", "trivial"]),
        ("rfl", []),
    ],
)
def test_a_tactic_ends_with_its_line_or_at_a_semicolon(proof: str, expected: list[str]):
    assert texts(f"theorem t : True := {proof}\n") == expected


def test_a_tactic_knows_its_declaration_up_to_it_and_its_line():
    found = {tactic.text: tactic for tactic in written_tactics(FILE)}
    tactic = found["show 1 = 1"]
    assert tactic.proof == "example : 1 = 1 ∧ 2 = 2 := ⟨by\n  "
    assert tactic.line == 15
    assert tactic.position.before.endswith("⟨by\n  ")
    assert tactic.position.after.startswith("\n  all_goals")


def test_the_proof_before_a_place_is_that_before_the_tactic_which_is_written_there():
    before = FILE[: FILE.index("show")]
    (tactic,) = [each for each in written_tactics(FILE) if each.text == "show 1 = 1"]
    assert proof_before(before) == tactic.proof
