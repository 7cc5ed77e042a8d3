"""Many goals, or recorded steps, several evaluators, one file of results."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from stepcheck.lean.errors import DocumentError
from stepcheck.use_cases.evaluation.evaluators import Evaluator, Measured
from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationResult,
    Outcome,
    read_results,
)
from stepcheck.use_cases.row_file import RowFile, RowFileError
from stepcheck.use_cases.shared_work import share_work


class Evaluated(Protocol):
    """What can be evaluated: it has a name, and a key that it is recognised by."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    @property
    def key(self) -> str:
        """The same for the same text."""
        ...


Item = TypeVar("Item", bound=Evaluated)


def known_results(path: Path, conditions: EvaluationConditions) -> list[EvaluationResult]:
    """Return the results that a file holds, which `RowFile` has opened.

    Raises `RowFileError` if they were measured under other conditions: together they would say
    nothing.
    """
    known = list(read_results(path))
    for result in known:
        if result.conditions != conditions:
            differences = _differences(result.conditions, conditions)
            raise RowFileError(
                f"{path} holds results of other options: {differences}.",
                "Name another file, or give the same options.",
            )
    return known


async def evaluate_all(
    items: Sequence[Item],
    evaluators: Sequence[Evaluator[Item]],
    conditions: EvaluationConditions,
    file: RowFile[EvaluationResult],
    report: Callable[[EvaluationResult], None] = lambda _: None,
) -> None:
    """Let each evaluator take one item after another, and append its result when it is done.

    What the file holds is not done again, nor the same item twice. Raises
    `stepcheck.lean.errors.LeanError` if there is no Lean, `ClientError` if the model cannot be
    asked, `RowFileError` if the results cannot be kept.
    """
    distinct = {item.key: item for item in items}

    async def evaluate(evaluator: Evaluator[Item], item: Item) -> None:
        start = time.perf_counter()
        try:
            measured = await evaluator.evaluate(item)
        except DocumentError as error:
            measured = Measured(Outcome.UNOPENED, problem=error.problem)
        milliseconds = 1000 * (time.perf_counter() - start)
        result = EvaluationResult(
            key=item.key,
            name=item.name,
            outcome=measured.outcome,
            milliseconds=milliseconds,
            rank=measured.rank,
            correct=measured.correct,
            solution=measured.solution,
            problem=measured.problem,
            conditions=conditions,
        )
        file.append([result])
        report(result)

    waiting = [item for key, item in distinct.items() if key not in file.done]
    await share_work(waiting, evaluators, evaluate)


def _differences(before: EvaluationConditions, now: EvaluationConditions) -> str:
    old, new = before.model_dump(), now.model_dump()
    return ", ".join(
        f"{name} was {old[name]}, is {new[name]}" for name in old if old[name] != new[name]
    )
