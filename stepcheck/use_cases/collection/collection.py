"""Many goals, several workers, one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stepcheck.lean.errors import DocumentError
from stepcheck.models.collected_steps import PROVED, CollectedStep
from stepcheck.use_cases.collection.goal_worker import GoalWorker
from stepcheck.use_cases.goal_files import OpenGoal
from stepcheck.use_cases.row_file import RowFile
from stepcheck.use_cases.shared_work import share_work


@dataclass(slots=True)
class Collected:
    """How far a collection is.

    `before` goals were complete when it began; `skipped` are those that Lean could not open, by
    name, with its reason: they are tried again the next time.
    """

    total: int
    before: int = 0
    goals: int = 0
    steps: int = 0
    proofs: int = 0
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def over(self) -> int:
        """How many goals need no more work."""
        return self.before + self.goals + len(self.skipped)


async def collect_goals(
    goals: Sequence[OpenGoal],
    workers: Sequence[GoalWorker],
    file: RowFile[CollectedStep],
    report: Callable[[Collected], None] = lambda _: None,
) -> Collected:
    """Let each worker take one goal after another, and append the rows of each when it is done.

    The same goal is done once. Raises `stepcheck.lean.errors.LeanError` if there is no Lean,
    `ClientError` if the model cannot be asked, `RowFileError` if the rows cannot be kept.
    """
    distinct = {goal.key: goal for goal in goals}
    waiting = [goal for key, goal in distinct.items() if key not in file.done]
    collected = Collected(len(distinct), before=len(distinct) - len(waiting))
    report(collected)

    async def collect(worker: GoalWorker, goal: OpenGoal) -> None:
        try:
            rows = await worker.collect(goal)
        except DocumentError as error:
            collected.skipped[goal.name] = error.problem
        else:
            file.append(rows)
            collected.goals += 1
            collected.steps += len(rows)
            collected.proofs += sum(row.verdict == PROVED for row in rows)
        report(collected)

    await share_work(waiting, workers, collect)
    return collected
