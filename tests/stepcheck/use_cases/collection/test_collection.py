"""Several workers and one file; what Lean says is in the tests of the command."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from stepcheck.lean.errors import DocumentError, LeanUnavailableError
from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.use_cases.collection.collection import collect_goals
from stepcheck.use_cases.goal_files import OpenGoal, StatedGoal
from stepcheck.use_cases.row_file import RowFile

GOALS = [StatedGoal(f"goal {n}", "", f": {n} = {n}").open_goal for n in range(6)]


class QuickWorker:
    """Tries one step on a goal; Lean cannot open one of them, and fails on another."""

    def __init__(self, unopened: str = "", fatal: str = "") -> None:
        self._unopened = unopened
        self._fatal = fatal

    async def collect(self, goal: OpenGoal) -> tuple[CollectedStep, ...]:
        await asyncio.sleep(0.001)
        if goal.name == self._unopened:
            raise DocumentError("It has an error.", "")
        if goal.name == self._fatal:
            raise LeanUnavailableError("Lean is gone.", "")
        row = CollectedStep(
            key=goal.key,
            place=goal.name,
            goal="⊢ p",
            context="",
            step="rfl",
            source="goal",
            verdict="proved",
            milliseconds=1.0,
            number=1,
            of=1,
        )
        return (row,)


def places_in(path: Path) -> Counter[str]:
    return Counter(row.place for row in read_collected_steps(path))


async def test_every_goal_is_done_once_by_one_of_the_workers(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    with RowFile.open(path, CollectedStep) as file:
        done = await collect_goals([*GOALS, GOALS[0]], [QuickWorker(), QuickWorker()], file)
    assert (done.total, done.goals, done.steps, done.proofs) == (6, 6, 6, 6)
    assert places_in(path) == Counter(goal.name for goal in GOALS)


async def test_a_goal_that_cannot_be_opened_is_named_and_tried_again_the_next_time(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    with RowFile.open(path, CollectedStep) as file:
        done = await collect_goals(GOALS, [QuickWorker(unopened="goal 3")], file)
    assert done.skipped == {"goal 3": "It has an error."}
    with RowFile.open(path, CollectedStep) as file:
        again = await collect_goals(GOALS, [QuickWorker()], file)
    assert (again.before, again.goals) == (5, 1)
    assert places_in(path) == Counter(goal.name for goal in GOALS)


async def test_when_lean_is_gone_the_goals_before_are_kept(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    with RowFile.open(path, CollectedStep) as file, pytest.raises(LeanUnavailableError):
        await collect_goals(GOALS, [QuickWorker(fatal="goal 3")], file)
    assert list(places_in(path)) == ["goal 0", "goal 1", "goal 2"]
