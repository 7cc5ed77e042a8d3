"""Results that are kept, and gone on behind; what Lean says is in the tests of the command."""

from pathlib import Path

import pytest

from stepcheck.client.errors import ServerUnreachableError
from stepcheck.lean.errors import DocumentError
from stepcheck.use_cases.evaluation.evaluation import evaluate_all, known_results
from stepcheck.use_cases.evaluation.evaluators import Measured
from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    EvaluationResult,
    Outcome,
    read_results,
)
from stepcheck.use_cases.goal_files import OpenGoal, StatedGoal
from stepcheck.use_cases.row_file import RowFile, RowFileError

GOALS = [StatedGoal(f"goal {n}", "", f": {n} = {n}").open_goal for n in range(4)]
CONDITIONS = EvaluationConditions(
    method=EvaluationMethod.STEP, model="bundled", n=10, generation="beam", seconds=1.0
)


class QuickEvaluator:
    """Solves every goal at once; one cannot be opened, and at another the server is gone."""

    def __init__(self, unopened: str = "", fatal: str = "") -> None:
        self._unopened = unopened
        self._fatal = fatal
        self.evaluated: list[str] = []

    async def evaluate(self, item: OpenGoal) -> Measured:
        if item.name == self._fatal:
            raise ServerUnreachableError("No model server answers.", "Start it.")
        self.evaluated.append(item.name)
        if item.name == self._unopened:
            raise DocumentError("It has an error.", "")
        return Measured(Outcome.SOLVED, rank=2, solution="rfl")


async def evaluate(path: Path, evaluator: QuickEvaluator, goals: list[OpenGoal]) -> None:
    with RowFile.open(path, EvaluationResult) as file:
        await evaluate_all(goals, [evaluator], CONDITIONS, file)


async def test_every_goal_has_one_result_also_one_that_cannot_be_opened(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    await evaluate(path, QuickEvaluator(unopened="goal 2"), [*GOALS, GOALS[0]])
    results = list(read_results(path))
    assert [each.name for each in results] == [goal.name for goal in GOALS]
    assert [each.rank for each in results] == [2, 2, None, 2]
    assert (results[2].outcome, results[2].problem) == (Outcome.UNOPENED, "It has an error.")


async def test_what_ended_early_goes_on_behind_what_is_kept(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    with pytest.raises(ServerUnreachableError):
        await evaluate(path, QuickEvaluator(fatal="goal 2"), GOALS)
    kept = path.read_bytes()
    # A killed process may leave part of a row.
    path.write_bytes(kept + kept[:40])
    again = QuickEvaluator()
    await evaluate(path, again, GOALS)
    assert again.evaluated == ["goal 2", "goal 3"]
    assert path.read_bytes().startswith(kept)
    assert len(known_results(path, CONDITIONS)) == 4


async def test_results_of_other_options_are_not_mixed(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    await evaluate(path, QuickEvaluator(), GOALS)
    other = CONDITIONS.model_copy(update={"seconds": 2.0, "n": 20})
    with pytest.raises(RowFileError, match=r"n was 10, is 20, seconds was 1.0, is 2.0"):
        known_results(path, other)
