"""The first library search of a Lean is not charged for the index that it builds."""

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.library_index import indexes_for
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import StepVerdict

POSITION = ProofPosition("theorem t (a b c : Nat) (h : a < b) : a < b + c := by\n  ", "\n")
SHORT = CheckLimits(milliseconds=500)


async def test_the_first_search_takes_no_longer_than_the_later_ones(toolchain: Toolchain) -> None:
    async with StepChecker(toolchain) as checker:
        checked = await checker.check(POSITION, ["skip", "exact?", "omega", "apply?"], SHORT)
    assert [step.verdict for step in checked] == [
        StepVerdict.NO_PROGRESS,
        StepVerdict.PROVED,
        StepVerdict.PROVED,
        StepVerdict.PROVED,
    ]


@pytest.mark.parametrize(
    ("step", "tactics"),
    [
        ("exact?", ["exact?"]),
        ("apply? using h", ["exact?"]),
        ("first | rw? | show_term exact?", ["exact?", "rw?"]),
        ("simp?", []),
        ("exact foo", []),
        ("my_exact?", []),
    ],
)
def test_searches_are_told_by_their_words(step: str, tactics: list[str]) -> None:
    assert [index.tactic for index in indexes_for(step, "theorem t : p := by\n  ")] == tactics


def test_files_with_the_same_imports_share_their_indexes() -> None:
    files = [
        "import Std\nimport Lean\n\ntheorem t : p := by\n  ",
        "import Std -- for lists\nimport Lean\ntheorem u : q := by\n  ",
        "import Lean\ntheorem t : p := by\n  ",
        "theorem t : p := by\n  ",
    ]
    assert len({index.header for file in files for index in indexes_for("exact?", file)}) == 3
