"""Expert iteration: a model draws steps, Lean says which are proofs, and these teach the model.

Each round has a folder of its own, with the rows that were collected and the model that was
learned; whatever ends it, the same call goes on where it ended. Needs the extra stepcheck[learn].
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from stepcheck.models.collected_steps import PROVED, CollectedStep, read_collected_steps
from stepcheck.models.learning.base import Base, load_base
from stepcheck.models.learning.errors import FolderError, LearningError
from stepcheck.models.learning.expert_iteration import proofs_task, unchecked_task
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.run_folder import is_learned, write_whole
from stepcheck.models.learning.sft import train_examples
from stepcheck.models.learning.trainer_run import RunOptions, Task, no_report
from stepcheck.models.learning.watch import Report
from stepcheck.use_cases.collection.collection import Collected, collect_goals
from stepcheck.use_cases.collection.goal_worker import GoalWorker
from stepcheck.use_cases.collection.sampling_worker import SamplingPlan
from stepcheck.use_cases.goal_files import OpenGoal, key_of
from stepcheck.use_cases.row_file import RowFile

StartWorkers = Callable[[str, SamplingPlan], AbstractAsyncContextManager[Sequence[GoalWorker]]]
"""Workers that do as planned with the model of a folder, or "bundled"."""


class IterationConditions(BaseModel):
    """What an iteration depends on: a folder holds rounds of one of them.

    `goals` are recognised by their texts. `unchecked` is the control, which learns without
    verdicts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    goals: str
    model: str
    recipe: Recipe
    seed: int
    n: int
    temperature: float
    heartbeats: int
    milliseconds: int
    unchecked: bool

    @classmethod
    def key_of_goals(cls, goals: Sequence[OpenGoal]) -> str:
        """Return what goals are recognised by."""
        return key_of(*(goal.key for goal in goals))


class Round(BaseModel):
    """What came of a round, from 1: so many distinct `steps` were drawn for so many `goals`.

    `proofs` of them are proofs, of so many `proved` goals; the control does not know. So many
    steps, of so many tokens with their prompts, were `taught`, in so many `seconds` in all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    goals: int
    steps: int
    proofs: int
    proved: int
    taught: int
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Iteration:
    """Rounds over goals, in a folder.

    As the control, each round teaches as many tokens as the same round of `reference` did.
    """

    goals: Sequence[OpenGoal]
    conditions: IterationConditions
    folder: Path
    start_workers: StartWorkers
    reference: Path | None = None

    def run(
        self,
        rounds: int,
        tell: Callable[[int, Collected], None],
        report: Report = no_report,
    ) -> list[Round]:
        """Do so many rounds, but for those that are done; return all.

        Raises LearningError, FolderError for a folder of other conditions or without room,
        `RowFileError` if rows cannot be kept, and what starting and asking workers raises.
        """
        self._claim()
        return [self._round(number, tell, report) for number in range(1, rounds + 1)]

    def _claim(self) -> None:
        path = self.folder / "iteration.json"
        try:
            known = IterationConditions.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise FolderError(
                    f"cannot write {self.folder} ({error.strerror}): name another --out"
                ) from error
            if any(self.folder.iterdir()):
                raise FolderError(f"{self.folder} holds other files: name another --out") from None
            write_whole(path, self.conditions.model_dump_json(indent=1) + "\n")
        except (OSError, ValidationError) as error:
            raise FolderError(f"cannot read {path}: name another --out") from error
        else:
            now = self.conditions
            fields = IterationConditions.model_fields
            others = [name for name in fields if getattr(known, name) != getattr(now, name)]
            if others:
                raise FolderError(
                    f"{self.folder} holds rounds of other options ({', '.join(others)}): give the "
                    "same ones, or name another --out"
                )

    def _round(self, number: int, tell: Callable[[int, Collected], None], report: Report) -> Round:
        folder = self.folder / f"round-{number}"
        told = folder / "round.json"
        if told.is_file():
            return _read_round(told)
        began = time.monotonic()
        tokens = self._tokens_of_reference(number)
        folder.mkdir(exist_ok=True)
        rows = folder / "rows.jsonl"
        asyncio.run(self._collect(number, rows, lambda now: tell(number, now)))
        collected = list(read_collected_steps(rows))
        base = load_base(self.conditions.model)
        task = self._task(base, number, tokens)
        seed = self.conditions.seed
        if not is_learned(folder / "model", task.identity(base, seed)):
            train_examples(base, task, RunOptions(folder / "model", seed, True, report))
        proofs = [row for row in collected if row.verdict == PROVED]
        done = Round(
            number=number,
            goals=len({row.key for row in collected}),
            steps=len(collected),
            proofs=len(proofs),
            proved=len({row.key for row in proofs}),
            taught=len(task.rows),
            tokens=task.tokens,
            seconds=round(time.monotonic() - began, 1),
        )
        write_whole(told, done.model_dump_json(indent=1) + "\n")
        return done

    async def _collect(self, number: int, path: Path, report: Callable[[Collected], None]) -> None:
        conditions = self.conditions
        plan = SamplingPlan(
            conditions.n,
            conditions.temperature,
            random.Random(f"{conditions.seed} round {number}").getrandbits(62),  # noqa: S311
            checked=not conditions.unchecked,
        )
        with RowFile.open(path, CollectedStep) as rows:
            if rows.done.issuperset(goal.key for goal in self.goals):
                return
            async with self.start_workers(self._model_of(number - 1), plan) as workers:
                await collect_goals(self.goals, workers, rows, report)

    def _model_of(self, number: int) -> str:
        return str(self.folder / f"round-{number}" / "model") if number else self.conditions.model

    def _task(self, base: Base, number: int, tokens: int) -> Task:
        """Return what is taught after so many rounds."""
        steps = (
            step
            for each in range(1, number + 1)
            for step in read_collected_steps(self.folder / f"round-{each}" / "rows.jsonl")
        )
        recipe, seed = self.conditions.recipe, self.conditions.seed
        if self.conditions.unchecked:
            return unchecked_task(base, steps, tokens, recipe, seed)
        return proofs_task(base, steps, recipe, seed)

    def _tokens_of_reference(self, number: int) -> int:
        if self.reference is None:
            return 0
        path = self.reference / f"round-{number}" / "round.json"
        if not path.is_file():
            raise LearningError(f"{self.reference} has no round {number} yet: let it go on first")
        return _read_round(path).tokens


def _read_round(path: Path) -> Round:
    try:
        return Round.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise FolderError(
            f"{path} is damaged: remove it, and give the same command again"
        ) from error
