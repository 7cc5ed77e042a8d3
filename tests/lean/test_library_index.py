"""The first library search of a Lean is not charged for the index that it builds."""

import asyncio

import pytest

from stepcheck.lean.checker import StepChecker, memory_limit_of
from stepcheck.lean.library_index import indexes_for
from stepcheck.lean.limits import CheckLimits, WorkerSettings
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import LeanProposals
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lean.worker import IDLE_SECONDS

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


async def test_a_caller_who_gives_up_neither_kills_lean_nor_loses_the_index(
    toolchain: Toolchain,
) -> None:
    settings = WorkerSettings(memory_limit=memory_limit_of(toolchain), cancel_seconds=0.2)
    async with StepChecker(toolchain, settings=settings) as checker:
        await checker.open(POSITION)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await checker.check(POSITION, ["exact?"])
        [checked] = await checker.check(POSITION, ["exact?"], SHORT)
        assert checked.verdict is StepVerdict.PROVED
        assert checker.statistics.restarts == 0


async def test_searches_are_proposed_once_their_indexes_were_built_while_nobody_asked(
    toolchain: Toolchain,
) -> None:
    async with StepChecker(toolchain) as checker:
        first = await checker.propose(POSITION)
        assert {"omega", "exact?", "rw?"} & steps_of(first) == {"omega"}
        assert not first.complete
        async with asyncio.timeout(120):
            while not (later := await checker.propose(POSITION)).complete:
                await asyncio.sleep(2 * IDLE_SECONDS)
        assert {"omega", "exact?", "rw?"} <= steps_of(later)
        assert checker.statistics.restarts == 0


def steps_of(proposed: LeanProposals) -> set[str]:
    return {proposal.step for proposal in proposed.proposals}


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
