"""Best-first search over edits: those likely and at suspicious lines first, tried in batches."""

import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stepcheck.server.judge.evidence.fault_localization import Run, suspect
from stepcheck.server.judge.languages.python.source import SourceError
from stepcheck.server.repair.mutation import Mutation
from stepcheck.server.repair.mutations import mutate
from stepcheck.server.repair.outcomes import (
    MOST_SECONDS,
    MOST_STEPS,
    gain,
    is_out_of_steps,
    is_passed,
    limits_like,
    passes,
    until_failure,
)
from stepcheck.server.repair.prior import Prior
from stepcheck.server.repair.program import Program, apply_edits
from stepcheck.server.sandbox.sandbox import CancelledError
from stepcheck.server.sandbox.trials import TrialLimits, TrialOutcome, Trials

_WEIGHT_OF_SUSPICION = 2.0
_NOT_RUN = -5.0
_ANOTHER_EDIT = -2.5
_BEST_EDIT = -2.0
_MAX_EDITS = 4
_PATIENCE = -12.0
_LEAST_BATCH, _MOST_BATCH, _BATCH_SECONDS = 16, 128, 0.1
_MOST_EXPANDED = 4
_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class InitialProgram:
    """A program to start the search from, and the logarithm of how likely it leads to a fix."""

    source: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class PlausibleProgram:
    """A program that passes every check; `score` is the logarithm of its edits' likelihood."""

    source: str
    score: float


@dataclass(slots=True)
class Progress:
    """What the search has done; it grows while the search goes on."""

    tried: int = 0
    plausible: list[PlausibleProgram] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """When to stop: at the `deadline` (of `time.monotonic`), or by the plausible programs found."""

    deadline: float
    seconds_after_first: float = 0.6
    max_plausible: int = 40


@dataclass(order=True, slots=True)
class _Node:
    """A program in the search, with the mutations left to try on it, the best at the end.

    `score` is the logarithm of its edits' likelihood; `priority` adds what its outcomes promise.
    A `patient` one lets its mutations take all the steps there are.
    """

    key: float
    number: int
    source: str = field(compare=False)
    score: float = field(compare=False)
    priority: float = field(compare=False)
    depth: int = field(compare=False)
    outcomes: Sequence[TrialOutcome] = field(compare=False, default=())
    waiting: list[tuple[float, Mutation]] | None = field(compare=False, default=None)
    patient: bool = field(compare=False, default=False)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A mutation of a program that is tried, with the logarithm of its likelihood."""

    node: _Node
    score: float
    mutation: Mutation
    source: str


_Results = Sequence[Sequence[TrialOutcome]]


@dataclass(frozen=True, slots=True)
class _Request:
    """Programs sent to be tried, and what to do with their outcomes."""

    ticket: int
    settle: Callable[[_Results], None]


class Search:
    """A search in one child process; `run` does it."""

    def __init__(
        self,
        trials: Trials,
        prior: Prior,
        limits: SearchLimits,
        is_cancelled: Callable[[], bool],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._trials = trials
        self._order = list(trials.numbers)
        self._prior = prior
        self._limits = limits
        self._is_cancelled = is_cancelled
        self._on_progress = on_progress
        self._trial_limits = TrialLimits(MOST_SECONDS, MOST_STEPS)
        self._batch = _LEAST_BATCH
        self._seen: set[str] = set()
        self._heap: list[_Node] = []
        self._sent: deque[_Request] = deque()
        self._first_at: float | None = None
        self.progress = Progress()

    def run(self, initial: Sequence[InitialProgram]) -> Progress:
        """Search from the initial programs; raises `CancelledError` and `TrialsEndedError`."""
        for start in initial:
            self._seen.add(start.source)
            self._begin(start)
        while not self._is_over():
            if len(self._sent) < _AT_ONCE:
                self._send_next()
            if not self._sent:
                break
            sent = self._sent.popleft()
            sent.settle(self._trials.receive(sent.ticket))
        return self.progress

    def consider(self, start: InitialProgram) -> None:
        """Try one more program; raises `TrialsEndedError`."""
        if start.source not in self._seen:
            self._seen.add(start.source)
            self.progress.tried += 1
            self._begin(start)

    def _is_over(self) -> bool:
        if self._is_cancelled():
            raise CancelledError
        now = time.monotonic()
        late = (
            self._first_at is not None and now > self._first_at + self._limits.seconds_after_first
        )
        many = len(self.progress.plausible) >= self._limits.max_plausible
        return now > self._limits.deadline or late or many

    def _begin(self, start: InitialProgram) -> None:
        outcomes = self._trials.run(start.source, self._order, self._trial_limits, stop=False)
        self._trial_limits = limits_like(self._order, outcomes)
        failing = [number for number in self._order if not passes(outcomes, number)]
        if not failing:
            self._add_plausible(start.source, start.score)
            return
        if not self._heap:
            # The checks that fail now rule out most candidates.
            self._order.sort(key=lambda number: passes(outcomes, number))
        self._push(start.source, start.score, start.score, 0)

    def _push(self, source: str, score: float, priority: float, depth: int) -> None:
        key = -(priority + _BEST_EDIT)
        heapq.heappush(self._heap, _Node(key, len(self._seen), source, score, priority, depth))

    def _push_again(self, node: _Node) -> None:
        if node.waiting:
            node.key = -(node.priority + node.waiting[-1][0])
            heapq.heappush(self._heap, node)

    def _send_next(self) -> None:
        """Send the likeliest edits to be tried, and what is to be expanded before others."""
        expanded: list[_Node] = []
        chosen: list[_Attempt] = []
        while self._heap and len(chosen) < self._batch and len(expanded) < _MOST_EXPANDED:
            node = heapq.heappop(self._heap)
            if node.waiting is None:
                expanded.append(node)
                continue
            if chosen and chosen[0].node.patient is not node.patient:
                heapq.heappush(self._heap, node)
                break
            score, mutation = node.waiting.pop()
            self._push_again(node)
            source = apply_edits(node.source, mutation.edits)
            if source not in self._seen or node.patient:
                self._seen.add(source)
                chosen.append(_Attempt(node, score, mutation, source))
        if expanded:
            self._send_traced(expanded)
        if chosen:
            self._send_attempts(chosen)

    def _send_traced(self, nodes: Sequence[_Node]) -> None:
        def expand(results: _Results) -> None:
            for node, outcomes in zip(nodes, results, strict=True):
                self._expand(node, outcomes)

        limits = replace(self._trial_limits, seconds=3 * self._trial_limits.seconds)
        sources = [node.source for node in nodes]
        ticket = self._trials.send(sources, self._order, limits, stop=False, trace=True)
        self._sent.append(_Request(ticket, expand))

    def _send_attempts(self, attempts: Sequence[_Attempt]) -> None:
        limits = self._trial_limits
        if attempts[0].node.patient:
            limits = replace(limits, seconds=MOST_SECONDS, steps={})
        ticket = self._trials.send([each.source for each in attempts], self._order, limits)
        self._sent.append(_Request(ticket, lambda results: self._settle(attempts, results)))

    def _expand(self, node: _Node, outcomes: Sequence[TrialOutcome]) -> None:
        """Find the mutations to try on a program, from its traced outcomes."""
        node.outcomes = until_failure(outcomes)
        try:
            rated = score_mutations(Program(node.source), outcomes, self._prior)
        except SourceError:
            return
        node.waiting = sorted(rated, key=lambda pair: pair[0])
        self._push_again(node)

    def _settle(self, attempts: Sequence[_Attempt], results: _Results) -> None:
        """Learn from the outcomes of a batch."""
        for attempt, outcomes in zip(attempts, results, strict=True):
            self._learn(attempt, outcomes)
        self.progress.tried += len(attempts)
        self._on_progress(self.progress)
        seconds = sum(outcome.seconds for outcomes in results for outcome in outcomes)
        fitting = _BATCH_SECONDS * len(attempts) / max(seconds, 1e-9)
        self._batch = round(min(max(fitting, _LEAST_BATCH), _MOST_BATCH, 2 * self._batch))

    def _learn(self, attempt: _Attempt, outcomes: Sequence[TrialOutcome]) -> None:
        node, score = attempt.node, attempt.score
        total = node.score + score
        if len(outcomes) == len(self._order) and all(map(is_passed, outcomes)):
            self._add_plausible(attempt.source, total)
            return
        if outcomes and is_out_of_steps(outcomes[-1]) and not node.patient:
            again = replace(node, waiting=[(score + _PATIENCE, attempt.mutation)], patient=True)
            self._push_again(again)
        if node.depth + 1 < _MAX_EDITS and (bonus := gain(node.outcomes, outcomes)) is not None:
            priority = node.priority + score + _ANOTHER_EDIT + bonus
            self._push(attempt.source, total + _ANOTHER_EDIT, priority, node.depth + 1)

    def _add_plausible(self, source: str, score: float) -> None:
        self.progress.plausible.append(PlausibleProgram(source, score))
        self._first_at = self._first_at or time.monotonic()
        self._on_progress(self.progress)


def score_mutations(
    program: Program, outcomes: Sequence[TrialOutcome], prior: Prior
) -> Iterator[tuple[float, Mutation]]:
    """Yield the mutations of a program, each with the logarithm of its likelihood."""
    mutations = list(mutate(program))
    if not mutations:
        return
    suspicion = suspect(
        [Run(is_passed(outcome), outcome.lines, outcome.places) for outcome in outcomes]
    )
    at_load = any(outcome.at_load for outcome in outcomes)
    scores = [
        prior.score(mutation) + _suspicion_score(mutation, suspicion, at_load=at_load)
        for mutation in mutations
    ]
    most = max(scores)
    total = most + math.log(sum(math.exp(score - most) for score in scores))
    for score, mutation in zip(scores, mutations, strict=True):
        yield score - total, mutation


def _suspicion_score(mutation: Mutation, suspicion: Mapping[int, float], *, at_load: bool) -> float:
    """Return what the suspicion of its line adds to an edit's score."""
    found = max((suspicion.get(line, 0.0) for line in mutation.lines), default=0.0)
    if found == 0.0:
        return 0.0 if at_load else _NOT_RUN
    return _WEIGHT_OF_SUSPICION * math.log(found)
