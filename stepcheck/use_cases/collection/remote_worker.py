"""A worker on whatever machine: made from a description, and asked for one goal after another."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from stepcheck import __version__
from stepcheck.client.errors import ClientError
from stepcheck.client.model_client import model_client
from stepcheck.lean.errors import DocumentError, LeanError, LeanUnavailableError
from stepcheck.models.collected_steps import CollectedStep
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.collection.goal_worker import GoalWorker, WorkerPlan
from stepcheck.use_cases.goal_files import OpenGoal
from stepcheck.use_cases.lean_checker import start_checkers


@dataclass(frozen=True, slots=True)
class WorkerDescription:
    """What a worker is made from: the Lean for a file, a model if one is to propose, and a plan.

    `file` and `config`, and a model in a folder, are where they are on every machine. `version` is
    of the stepcheck that describes it.
    """

    settings: Settings
    file: Path
    plan: WorkerPlan
    model: str | None = None
    running_server: bool = False
    config: Path | None = None
    version: str = __version__

    @asynccontextmanager
    async def start(self, count: int = 1) -> AsyncIterator[list[GoalWorker]]:
        """Start so many workers on this machine, which share the model.

        Raises `stepcheck.lean.errors.LeanError` and `ClientError` if they cannot be.
        """
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(
                model_client(self.settings, self.model, self.running_server, self.config)
            )
            checkers = await stack.enter_async_context(
                start_checkers(self.settings.lean, self.file, count)
            )
            yield [self.plan.make_worker(checker, client) for checker in checkers]


class FailureKind(StrEnum):
    """Who failed."""

    GOAL = "goal"
    LEAN = "lean"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Failure:
    """An error on its way between processes: exceptions with several arguments get lost there."""

    kind: FailureKind
    problem: str
    remedy: str

    def to_error(self) -> LeanError | ClientError:
        """Return the error as it was raised."""
        match self.kind:
            case FailureKind.GOAL:
                return DocumentError(self.problem, self.remedy)
            case FailureKind.LEAN:
                return LeanUnavailableError(self.problem, self.remedy)
            case FailureKind.MODEL:
                return ClientError(self.problem, self.remedy)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a goal, or why there are none."""

    rows: tuple[CollectedStep, ...] = ()
    failure: Failure | None = None

    def require_rows(self) -> tuple[CollectedStep, ...]:
        """Return the rows; raises the error if there was one."""
        if self.failure is not None:
            raise self.failure.to_error()
        return self.rows


class RemoteWorker:
    """One Lean, and one model if it is wanted, in a process of their own."""

    def __init__(self, description: WorkerDescription) -> None:
        self._description = description
        self._resources = AsyncExitStack()
        self._worker: GoalWorker | None = None

    async def start(self) -> Answer:
        """Start Lean and the model; the answer tells of a failure only."""
        if self._description.version != __version__:
            problem = f"A machine has stepcheck {__version__}, not {self._description.version}."
            return Answer(failure=Failure(FailureKind.LEAN, problem, "Install the same on all."))
        try:
            started = self._description.start()
            (self._worker,) = await self._resources.enter_async_context(started)
        except (LeanError, ClientError) as error:
            return Answer(failure=_failure_of(error))
        return Answer()

    async def collect(self, goal: OpenGoal) -> Answer:
        """Return the rows of a goal."""
        if self._worker is None:
            raise RuntimeError("the worker was not started")
        try:
            return Answer(await self._worker.collect(goal))
        except (LeanError, ClientError) as error:
            return Answer(failure=_failure_of(error))

    async def stop(self) -> None:
        """Stop Lean and the model."""
        await self._resources.aclose()


def _failure_of(error: LeanError | ClientError) -> Failure:
    if isinstance(error, ClientError):
        return Failure(FailureKind.MODEL, str(error), error.remedy)
    kind = FailureKind.GOAL if isinstance(error, DocumentError) else FailureKind.LEAN
    return Failure(kind, error.problem, error.remedy)
