"""The use case of proof steps: from a position in a proof to suggestions that Lean has checked.

suggester = StepSuggester(make_checker(settings.lean, file), ServerClient(settings.client))
report = await suggester.suggest(SuggestionQuery(position))
for ranked in report.shown: ...
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError

from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict, rank_steps
from stepcheck.models.interface import GenerationMethod
from stepcheck.server.api.suggest_schemas import SuggestRequest, SuggestResponse
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.goal_candidates import GOAL_CANDIDATE_SCORE, candidates_from_goals
from stepcheck.use_cases.note import Note

MAX_GOAL_CHARACTERS = 20_000
MAX_CONTEXT_CHARACTERS = 20_000
HEADER_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """A position in a file, the text that every step begins with, and how to generate steps.

    What is `None` is left to the model server's defaults.
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
        """Take what the client's settings set, and leave the rest to the server."""
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
    """The goals at a position, and every step that was checked there, best first.

    `notes` say what went wrong, such as a model server that does not answer. `timing` is `None`
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


class StepSuggester:
    """Asks the model for steps and has Lean check each as soon as it arrives.

    What the goal itself proposes is checked before, while the model is at work.
    """

    def __init__(self, checker: StepChecker, client: ServerClient) -> None:
        self._checker = checker
        self._client = client

    async def suggest(self, query: SuggestionQuery) -> SuggestionReport:
        """Return the checked suggestions.

        If the model server fails, the report has a note, the goals, the steps that these propose
        and what arrived before. Raises `stepcheck.lean.errors.LeanError` if Lean gives no goals or
        fails while checking.
        """
        stopwatch = _Stopwatch()
        state = await self._checker.open(query.position)
        opened = stopwatch.milliseconds
        proposed = candidates_from_goals(state.goals, query.prefix)
        try:
            request = make_request(query, state.goals)
        except ValidationError as error:
            problem = f"The model cannot be asked: {error.errors()[0]['msg']}."
            remedy = "Remove what is not Unicode text from the prefix and the file."
            tried = await self._checker.check(query.position, proposed) if proposed else []
            best = rank_steps(RankedStep(step, GOAL_CANDIDATE_SCORE) for step in tried)
            return SuggestionReport(state.goals, tuple(best), notes=(Note(problem, remedy),))
        stream = _SuggestionStream(self._client, request, proposed)
        checked: dict[str, CheckedStep] = {}
        async with aclosing(stream.batches()) as batches:
            async for batch in batches:
                steps = self._checker.check_each(query.position, batch)
                async with aclosing(steps):
                    async for step in steps:
                        checked[step.step] = step
        timing = SuggestionTiming(opened, stream.milliseconds, stopwatch.milliseconds)
        ranked = [
            RankedStep(checked[text], score)
            for text, score in stream.scores.items()
            if text in checked
        ]
        return SuggestionReport(
            goals=state.goals,
            steps=tuple(rank_steps(ranked)),
            model=stream.model,
            notes=stream.notes,
            timing=timing,
        )


class _SuggestionStream:
    """One request to the model server, its suggestions in batches as they arrive.

    Those in `proposed` are the first batch; the model need not repeat them.
    """

    def __init__(
        self, client: ServerClient, request: SuggestRequest, proposed: Sequence[str]
    ) -> None:
        self._client = client
        self._request = request
        self._stopwatch = _Stopwatch()
        self._arrived: asyncio.Queue[str | None] = asyncio.Queue()
        self._proposed = dict.fromkeys(proposed, GOAL_CANDIDATE_SCORE)
        self.scores: dict[str, float] = dict(self._proposed)
        for text in proposed:
            self._arrived.put_nowait(text)
        self.model = ""
        self.notes: tuple[Note, ...] = ()
        self.milliseconds = 0.0

    async def batches(self) -> AsyncGenerator[list[str]]:
        """Yield the suggestions that arrived since the last batch, each once, until the end."""
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
            async with aclosing(self._client.stream(self._request)) as items:
                async for item in items:
                    if isinstance(item, SuggestResponse):
                        self.model = item.model
                        scores = {step.text: step.score for step in item.suggestions}
                        self.scores = scores | self._proposed
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
    """Measures the time since its creation."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        return 1000 * (time.perf_counter() - self._start)


def make_request(query: SuggestionQuery, goals: Sequence[str]) -> SuggestRequest:
    """Make the request about goals; raises pydantic's `ValidationError`."""
    return SuggestRequest(
        goal=_shorten_goals(goals),
        prefix=query.prefix,
        context=shorten_context(query.position.before),
        n=query.n,
        temperature=query.temperature,
        max_tokens=query.max_tokens,
        method=query.method,
    )


def _shorten_goals(goals: Sequence[str]) -> str:
    """Return the goals as one text; of what is too long, the end of the first goal: its target."""
    goal = "\n\n".join(goals)
    return goal if len(goal) <= MAX_GOAL_CHARACTERS else goals[0][-MAX_GOAL_CHARACTERS:]


def shorten_context(before: str) -> str:
    """Return the context for the model: the text before the step, or both ends of a long one."""
    if len(before) <= MAX_CONTEXT_CHARACTERS:
        return before
    tail = before[HEADER_CHARACTERS - MAX_CONTEXT_CHARACTERS :]
    return f"{before[:HEADER_CHARACTERS]}\n{tail}"
