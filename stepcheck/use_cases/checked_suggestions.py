"""The use case of stepcheck: from a place in a proof to suggestions that Lean has checked.

assistant = Assistant(make_checker(settings.lean, file), SuggestionClient(settings.client))
report = await assistant.suggest(SuggestionQuery(position))
for ranked in report.shown: ...
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from stepcheck.client.server_client import ClientError, SuggestionClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.limits import CheckLimits, WorkerSettings
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import Toolchain, find_lean, find_project
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict, rank_steps
from stepcheck.models.interface import GenerationMethod
from stepcheck.server.api.suggest_schemas import SuggestRequest, SuggestResponse
from stepcheck.settings.schema import LeanSettings, SuggestionSettings

AUTOMATIC_TOOLCHAIN = "auto"
MAX_GOAL_CHARACTERS = 20_000
MAX_CONTEXT_CHARACTERS = 20_000
HEADER_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a report: what is wrong, and what to do."""

    problem: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """What is asked: a place in a file, the text that every step begins with, and how many steps.

    What is `None` is the model server's default.
    """

    position: ProofPosition
    prefix: str = ""
    n: int | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    method: GenerationMethod | None = None

    @classmethod
    def from_settings(
        cls, settings: SuggestionSettings, position: ProofPosition, prefix: str = ""
    ) -> Self:
        """Ask for what was set on this side and leave the rest to the server."""
        return cls(position, prefix, **settings.model_dump(exclude_unset=True))


@dataclass(frozen=True, slots=True)
class SuggestionTiming:
    """Milliseconds from the question until the goals, the model's answer and all verdicts came.

    Checking goes on while the model generates.
    """

    opened: float
    generated: float
    checked: float


@dataclass(frozen=True, slots=True)
class SuggestionReport:
    """What is known about a place: its goals, and every step that was checked there, best first.

    `notes` tell what went wrong, such as a model server that does not answer. `timing` is missing
    where nothing was asked.
    """

    goals: tuple[str, ...] = ()
    steps: tuple[RankedStep, ...] = ()
    model: str = ""
    notes: tuple[Note, ...] = ()
    timing: SuggestionTiming | None = None

    @property
    def shown(self) -> tuple[RankedStep, ...]:
        """The steps that a person sees without asking for the others."""
        return tuple(ranked for ranked in self.steps if ranked.checked.verdict.is_shown)

    @property
    def hidden(self) -> Mapping[StepVerdict, int]:
        """How many steps are not shown, by verdict."""
        verdicts = Counter(ranked.checked.verdict for ranked in self.steps)
        return {v: verdicts[v] for v in StepVerdict if verdicts[v] and not v.is_shown}


class Assistant:
    """Asks the model for steps and has Lean check each as soon as it is there."""

    def __init__(self, checker: StepChecker, client: SuggestionClient) -> None:
        self._checker = checker
        self._client = client

    async def suggest(self, query: SuggestionQuery) -> SuggestionReport:
        """Return the checked suggestions.

        A model server that fails is a note; the goals, and what was suggested before, are there.
        Raises `stepcheck.lean.errors.LeanError` if the goals cannot be had or checking breaks off.
        """
        stopwatch = _Stopwatch()
        state = await self._checker.open(query.position)
        opened = stopwatch.milliseconds
        try:
            request = make_request(query, state.goals)
        except ValidationError as error:
            problem = f"The model cannot be asked: {error.errors()[0]['msg']}."
            remedy = "Remove what is not Unicode text from the prefix and the file."
            return SuggestionReport(state.goals, notes=(Note(problem, remedy),))
        generation = _Generation(self._client, request)
        checked: dict[str, CheckedStep] = {}
        async with aclosing(generation.batches()) as batches:
            async for batch in batches:
                steps = self._checker.check_each(query.position, batch)
                async with aclosing(steps):
                    async for step in steps:
                        checked[step.step] = step
        timing = SuggestionTiming(opened, generation.milliseconds, stopwatch.milliseconds)
        ranked = [
            RankedStep(checked[text], score)
            for text, score in generation.scores.items()
            if text in checked
        ]
        return SuggestionReport(
            goals=state.goals,
            steps=tuple(rank_steps(ranked)),
            model=generation.model,
            notes=generation.notes,
            timing=timing,
        )


def choose_lean(settings: LeanSettings, file: Path | None) -> Toolchain:
    """Choose the Lean for `file`: its project's, or as the settings say.

    Looks for executables and runs them, so keep it off an event loop. Raises
    `stepcheck.lean.errors.LeanSetupError`.
    """
    project = find_project(file) if file is not None else None
    setting = None if settings.toolchain == AUTOMATIC_TOOLCHAIN else settings.toolchain
    return find_lean(project, setting)


def make_checker(settings: LeanSettings, file: Path | None) -> StepChecker:
    """Make the checker for `file`, with the Lean of `choose_lean`; raises what that raises."""
    limits = CheckLimits(settings.heartbeats, settings.milliseconds_per_candidate)
    # Left alone, the limit depends on the Lean: a native one with Mathlib needs far more.
    megabytes = settings.memory_megabytes
    memory = WorkerSettings(megabytes << 20) if megabytes else None
    toolchain = choose_lean(settings, file)
    return StepChecker(toolchain, workers=settings.workers, limits=limits, settings=memory)


class _Generation:
    """One request to the model server: batches of new suggestions while they come."""

    def __init__(self, client: SuggestionClient, request: SuggestRequest) -> None:
        self._client = client
        self._request = request
        self._stopwatch = _Stopwatch()
        self._arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self.scores: dict[str, float] = {}
        self.model = ""
        self.notes: tuple[Note, ...] = ()
        self.milliseconds = 0.0

    async def batches(self) -> AsyncGenerator[list[str]]:
        """Yield the suggestions that came since the last batch, each once, until all are there."""
        receiving = asyncio.create_task(self._receive())
        seen: set[str] = set()
        is_over = False
        try:
            while not is_over:
                arrived = [await self._arrived.get()]
                while not self._arrived.empty():
                    arrived.append(self._arrived.get_nowait())
                is_over = None in arrived
                new = [text for text in dict.fromkeys(arrived) if text and text not in seen]
                seen.update(new)
                if new:
                    yield new
            await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _receive(self) -> None:
        try:
            async with aclosing(self._client.stream(self._request)) as stream:
                async for item in stream:
                    if isinstance(item, SuggestResponse):
                        self.model = item.model
                        self.scores = {step.text: step.score for step in item.suggestions}
                        for text in self.scores:
                            self._arrived.put_nowait(text)
                    else:
                        self.scores.setdefault(item.text, item.score)
                        self._arrived.put_nowait(item.text)
        except ClientError as error:
            self.notes = (Note(str(error), error.remedy),)
        finally:
            self.milliseconds = self._stopwatch.milliseconds
            self._arrived.put_nowait(None)


class _Stopwatch:
    """Measures from its making."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        return 1000 * (time.perf_counter() - self._start)


def make_request(query: SuggestionQuery, goals: Sequence[str]) -> SuggestRequest:
    """Return what the model server is asked about goals; raises pydantic's `ValidationError`."""
    return SuggestRequest(
        goal=_bounded_goal(goals),
        prefix=query.prefix,
        context=context_of(query.position.before),
        n=query.n,
        temperature=query.temperature,
        max_tokens=query.max_tokens,
        method=query.method,
    )


def _bounded_goal(goals: Sequence[str]) -> str:
    """Return the goals as one text; of what is too long, the end of the first goal: its target."""
    goal = "\n\n".join(goals)
    return goal if len(goal) <= MAX_GOAL_CHARACTERS else goals[0][-MAX_GOAL_CHARACTERS:]


def context_of(before: str) -> str:
    """Return what the model is told of the file: the text before the step, or both ends of it."""
    if len(before) <= MAX_CONTEXT_CHARACTERS:
        return before
    tail = before[HEADER_CHARACTERS - MAX_CONTEXT_CHARACTERS :]
    return f"{before[:HEADER_CHARACTERS]}\n{tail}"
