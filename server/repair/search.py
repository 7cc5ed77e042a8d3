"""Best-first search over edits: those likely and at suspicious lines first, each tried at once."""

import heapq
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stepcheck.server.judge.evidence.fault_localization import Run, suspect
from stepcheck.server.judge.languages.python.source import SourceError
from stepcheck.server.repair.mutation import Mutation
from stepcheck.server.repair.mutations import mutate
from stepcheck.server.repair.prior import Prior
from stepcheck.server.repair.program import Program, apply_edits
from stepcheck.server.sandbox.sandbox import CancelledError, Status
from stepcheck.server.sandbox.trials import TrialOutcome, Trials

_WEIGHT_OF_SUSPICION = 2.0
_NOT_RUN = -5.0
_PROGRESS = 2.0
_CHANGE = -2.0
_BLIND = -4.0
_ANOTHER_EDIT = -2.5
_MAX_EDITS = 4
_SLOWER, _LEAST_SECONDS, _MOST_SECONDS = 5.0, 0.05, 0.3


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
    seconds_after_first: float = 1.0
    max_plausible: int = 40


@dataclass(order=True, slots=True)
class _Node:
    """A program in the search, with the mutations left to try on it, the best at the end.

    `score` is the logarithm of its edits' likelihood; `priority` adds what its outcomes promise.
    """

    key: float
    number: int
    source: str = field(compare=False)
    score: float = field(compare=False)
    priority: float = field(compare=False)
    depth: int = field(compare=False)
    outcomes: Sequence[TrialOutcome] = field(compare=False, default=())
    waiting: list[tuple[float, Mutation]] | None = field(compare=False, default=None)


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
        self._seconds = _MOST_SECONDS
        self._seen: set[str] = set()
        self._heap: list[_Node] = []
        self._first_at: float | None = None
        self.progress = Progress()

    def run(self, initial: Sequence[InitialProgram]) -> Progress:
        """Search from the initial programs; raises `CancelledError` and `TrialsEndedError`."""
        for start in initial:
            self._seen.add(start.source)
            self._begin(start)
        while self._heap and not self._is_over():
            node = heapq.heappop(self._heap)
            if node.waiting is None:
                self._expand(node)
            elif node.waiting:
                score, mutation = node.waiting.pop()
                self._push_again(node)
                self._try(node, score, mutation)
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
        outcomes = self._run(start.source, stop=False, trace=False)
        # A check that hangs says nothing of how long checks take.
        took = sum(each.seconds for each in outcomes if each.status is not Status.TIMEOUT)
        self._seconds = min(max(_SLOWER * took, _LEAST_SECONDS), _MOST_SECONDS)
        failing = [number for number in self._order if not _passes(outcomes, number)]
        if not failing:
            self._add_plausible(start.source, start.score)
            return
        if not self._heap:
            # The checks that fail now rule out most candidates.
            self._order.sort(key=lambda number: _passes(outcomes, number))
        self._push(start.source, start.score, start.score, 0)

    def _push(self, source: str, score: float, priority: float, depth: int) -> None:
        heapq.heappush(
            self._heap, _Node(-priority, len(self._seen), source, score, priority, depth)
        )

    def _push_again(self, node: _Node) -> None:
        if node.waiting:
            node.key = -(node.priority + node.waiting[-1][0])
            heapq.heappush(self._heap, node)

    def _expand(self, node: _Node) -> None:
        """Find the mutations to try on a program."""
        outcomes = self._run(node.source, stop=False, trace=True)
        node.outcomes = _until_failure(outcomes)
        try:
            rated = score_mutations(Program(node.source), outcomes, self._prior)
        except SourceError:
            return
        node.waiting = sorted(rated, key=lambda pair: pair[0])
        self._push_again(node)

    def _try(self, node: _Node, score: float, mutation: Mutation) -> None:
        source = apply_edits(node.source, mutation.edits)
        if source in self._seen:
            return
        self._seen.add(source)
        outcomes = self._run(source, stop=True, trace=False)
        self.progress.tried += 1
        total = node.score + score
        if len(outcomes) == len(self._order) and all(map(_is_passed, outcomes)):
            self._add_plausible(source, total)
        elif node.depth + 1 < _MAX_EDITS and (bonus := _gain(node.outcomes, outcomes)) is not None:
            total += _ANOTHER_EDIT
            priority = node.priority + score + _ANOTHER_EDIT + bonus
            self._push(source, total, priority, node.depth + 1)
        if self.progress.tried % 10 == 0:
            self._on_progress(self.progress)

    def _add_plausible(self, source: str, score: float) -> None:
        self.progress.plausible.append(PlausibleProgram(source, score))
        self._first_at = self._first_at or time.monotonic()
        self._on_progress(self.progress)

    def _run(self, source: str, *, stop: bool, trace: bool) -> list[TrialOutcome]:
        seconds = self._seconds * (3 if trace else 1)
        return self._trials.run(source, self._order, seconds, stop=stop, trace=trace)


def score_mutations(
    program: Program, outcomes: Sequence[TrialOutcome], prior: Prior
) -> Iterator[tuple[float, Mutation]]:
    """Yield the mutations of a program, each with the logarithm of its likelihood."""
    mutations = list(mutate(program))
    if not mutations:
        return
    suspicion = suspect(
        [Run(_is_passed(outcome), outcome.lines, outcome.places) for outcome in outcomes]
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


def _until_failure(outcomes: Sequence[TrialOutcome]) -> Sequence[TrialOutcome]:
    """Return the outcomes up to the first check that does not pass."""
    for number, outcome in enumerate(outcomes):
        if not _is_passed(outcome):
            return outcomes[: number + 1]
    return outcomes


def _passes(outcomes: Sequence[TrialOutcome], number: int) -> bool:
    return number < len(outcomes) and _is_passed(outcomes[number])


def _is_passed(outcome: TrialOutcome) -> bool:
    return outcome.status is Status.PASSED


def _gain(before: Sequence[TrialOutcome], after: Sequence[TrialOutcome]) -> float | None:
    """Return what a change of the outcomes is worth to a search, or None if there is none."""
    passed_before = sum(map(_is_passed, before))
    passed_after = sum(map(_is_passed, after))
    if passed_after != passed_before:
        return _PROGRESS if passed_after > passed_before else None
    old, new = before[-1], after[-1]
    if old.status is Status.RAISED and (new.status is Status.FAILED or _is_further(old, new)):
        return _PROGRESS
    if old.status is Status.TIMEOUT and new.status is Status.FAILED:
        return _PROGRESS
    if old.status is new.status is Status.FAILED:
        return _CHANGE if old.value != new.value else _BLIND
    return None


def _is_further(old: TrialOutcome, new: TrialOutcome) -> bool:
    """Whether another error is raised, not at load, or at another place."""
    if new.status is not Status.RAISED or (new.at_load and not old.at_load):
        return False
    return (old.at_load, old.message) != (new.at_load, new.message) and (
        old.places[-1:] <= new.places[-1:]
    )
