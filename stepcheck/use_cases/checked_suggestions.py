"""The use case of proof steps: from a position in a proof to suggestions that Lean has checked.

suggester = StepSuggester(make_checker(settings.lean, file), ServerClient(settings.client))
report = await suggester.suggest(SuggestionQuery(position))
for ranked in report.shown: ...
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.limits import load_factor
from stepcheck.lean.proposal import ProposalSource
from stepcheck.lean.verdict import RankedStep, StepVerdict
from stepcheck.models.step_ranker.step_ranker import StepRanker, bundled_ranker
from stepcheck.use_cases.note import Note
from stepcheck.use_cases.proposers import (
    LeanProposer,
    ModelProposer,
    Proposer,
    Situation,
    merge_batches,
)
from stepcheck.use_cases.suggestion_query import SuggestionQuery
from stepcheck.use_cases.trials import Batch, Trials

MOST_SHOWN = 10

ROOM_FOR_PROGRESS = 5
"""So many of those shown make progress, if there are any: the fifth proof tells less than a way."""


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

    `untried` proposals had no time, or were not needed. `notes` say what went wrong, such as a
    model server that does not answer. `timing` is `None` where nothing was asked.
    """

    goals: tuple[str, ...] = ()
    steps: tuple[RankedStep, ...] = ()
    model: str = ""
    notes: tuple[Note, ...] = ()
    timing: SuggestionTiming | None = None
    untried: int = 0

    @property
    def shown(self) -> tuple[RankedStep, ...]:
        """The steps that a person sees without asking for the others: proofs, and other ways."""
        accepted = [ranked for ranked in self.steps if ranked.checked.verdict.is_shown]
        proofs = [each for each in accepted if each.checked.verdict is StepVerdict.PROVED]
        ways = accepted[len(proofs) :]
        room = MOST_SHOWN - min(len(ways), ROOM_FOR_PROGRESS)
        return (*proofs[:room], *ways)[:MOST_SHOWN]

    @property
    def hidden(self) -> Mapping[StepVerdict, int]:
        """How many steps are not shown, by verdict."""
        verdicts = Counter(ranked.checked.verdict for ranked in self.steps)
        verdicts -= Counter(ranked.checked.verdict for ranked in self.shown)
        return {verdict: verdicts[verdict] for verdict in StepVerdict if verdicts[verdict]}


class StepSuggester:
    """Has the model and Lean propose steps, and Lean check them, the most promising first.

    Checking begins while the model is at work. When there are proofs enough, or the time is over,
    only what the model suggests last is still tried, half as long.
    """

    def __init__(
        self,
        checker: StepChecker,
        client: ServerClient,
        ranker: StepRanker | None = None,
    ) -> None:
        self._checker = checker
        self._client = client
        self._ranker = ranker or bundled_ranker()

    async def suggest(self, query: SuggestionQuery) -> SuggestionReport:
        """Return the checked suggestions.

        If the model server fails, the report has a note, the goals, and the steps that Lean
        proposes. Raises `stepcheck.lean.errors.LeanError` if Lean gives no goals or fails while
        checking.
        """
        stopwatch = _Stopwatch()
        state = await self._checker.open(query.position)
        opened = stopwatch.milliseconds
        model = ModelProposer(self._client)
        situation = Situation(query, state.goals)
        run = _Run(self._checker, situation, Trials("\n\n".join(state.goals), self._ranker))
        await run.finish((LeanProposer(self._checker), model), query.seconds * load_factor())
        return SuggestionReport(
            goals=state.goals,
            steps=tuple(run.trials.steps),
            model=model.model,
            notes=model.notes,
            timing=SuggestionTiming(opened, run.received, stopwatch.milliseconds),
            untried=run.trials.untried,
        )


class _Run:
    """One request on its way: proposals come in, verdicts come out."""

    def __init__(self, checker: StepChecker, situation: Situation, trials: Trials) -> None:
        self.trials = trials
        self.received = 0.0
        """Milliseconds until all proposals were there."""
        self._checker = checker
        self._situation = situation
        self._arrived = asyncio.Event()
        self._last = time.monotonic()
        """When proposals came for the last time, on the monotonic clock in seconds."""
        self._lean_proposed: float | None = None
        """When Lean's came."""
        self._stopwatch = _Stopwatch()

    async def finish(self, proposers: Sequence[Proposer], seconds: float) -> None:
        """Try what is proposed until so many seconds after Lean has proposed.

        What the model proposes late still has half as long: that begins with its last proposal.
        Proofs enough end the trials of what others propose.
        """
        receiving = asyncio.create_task(self._receive(proposers))
        try:
            while True:
                only, until = None, (self._lean_proposed or time.monotonic()) + seconds
                if time.monotonic() >= until or self.trials.are_enough:
                    only, until = ProposalSource.MODEL, max(until, self._last + seconds / 2)
                batch = self.trials.take(only) if time.monotonic() < until else Batch()
                if batch.steps:
                    await self._check(batch, until)
                elif receiving.done():
                    break
                else:
                    await self._arrived.wait()
                self._arrived.clear()
            await receiving
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)

    async def _receive(self, proposers: Sequence[Proposer]) -> None:
        try:
            async with aclosing(merge_batches(proposers, self._situation)) as batches:
                async for batch in batches:
                    self.trials.add(batch)
                    self._last = time.monotonic()
                    if any(each.source is not ProposalSource.MODEL for each in batch):
                        self._lean_proposed = self._lean_proposed or self._last
                    self._arrived.set()
        finally:
            self.received = self._stopwatch.milliseconds
            self._arrived.set()

    async def _check(self, batch: Batch, until: float) -> None:
        """Try steps until that time of the monotonic clock; those that had none wait again."""
        waiting = list(batch.steps)
        limits = self._checker.limits
        if batch.milliseconds is not None:
            limits = replace(limits, milliseconds=min(limits.milliseconds, batch.milliseconds))
        answers = self._checker.check_each(self._situation.position, batch.steps, limits)
        try:
            async with aclosing(answers), asyncio.timeout(until - time.monotonic()):
                async for checked in answers:
                    self.trials.record(checked)
                    waiting.remove(checked.step)
        except TimeoutError:
            self.trials.put_back(waiting)


class _Stopwatch:
    """Measures the time since its creation."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    @property
    def milliseconds(self) -> float:
        return 1000 * (time.perf_counter() - self._start)
