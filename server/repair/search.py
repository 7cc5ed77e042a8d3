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
from stepcheck.server.sandbox.trials import Outcome, Trials

_WEIGHT_OF_SUSPICION = 2.0
_NOT_RUN = -5.0
_PROGRESS = 2.0
_CHANGE = -2.0
_BLIND = -4.0
_ANOTHER_EDIT = -2.5
_MAX_EDITS = 4
_SLOWER, _LEAST_SECONDS, _MOST_SECONDS = 5.0, 0.05, 0.3


@dataclass(frozen=True, slots=True)
class Start:
    """A program to begin with, and the logarithm of how likely it is that it leads anywhere."""

    source: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Survivor:
    """A program that passes every check; `score` is the logarithm of its edits' likelihood."""

    source: str
    score: float


@dataclass(slots=True)
class Progress:
    """What the search has done; it grows while the search goes on."""

    tried: int = 0
    survivors: list[Survivor] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bounds:
    """When to stop: `deadline` by `time.monotonic`; a while after the first survivor; many."""

    deadline: float
    seconds_after_first: float = 1.0
    survivors: int = 40


@dataclass(order=True, slots=True)
class _Node:
    """A program on the way, with what is left to try on it, the best at the end.

    `score` is the logarithm of its edits' likelihood; `hope` adds what its outcomes promise.
    """

    key: float
    number: int
    source: str = field(compare=False)
    score: float = field(compare=False)
    hope: float = field(compare=False)
    depth: int = field(compare=False)
    outcomes: Sequence[Outcome] = field(compare=False, default=())
    waiting: list[tuple[float, Mutation]] | None = field(compare=False, default=None)


class Search:
    """A search in one child process; `run` does it."""

    def __init__(
        self,
        trials: Trials,
        checks: int,
        prior: Prior,
        bounds: Bounds,
        is_cancelled: Callable[[], bool],
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._trials = trials
        self._order = list(range(checks))
        self._prior = prior
        self._bounds = bounds
        self._is_cancelled = is_cancelled
        self._on_progress = on_progress
        self._seconds = _MOST_SECONDS
        self._seen: set[str] = set()
        self._heap: list[_Node] = []
        self._first_at: float | None = None
        self.progress = Progress()

    def run(self, starts: Sequence[Start]) -> Progress:
        """Search from the starts; raises `CancelledError` and `TrialsEndedError`."""
        for start in starts:
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

    def consider(self, start: Start) -> None:
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
            self._first_at is not None and now > self._first_at + self._bounds.seconds_after_first
        )
        many = len(self.progress.survivors) >= self._bounds.survivors
        return now > self._bounds.deadline or late or many

    def _begin(self, start: Start) -> None:
        outcomes = self._run(start.source, stop=False, trace=False)
        # What hangs says nothing of how long the checks take.
        took = sum(each.seconds for each in outcomes if each.status is not Status.TIMEOUT)
        self._seconds = min(max(_SLOWER * took, _LEAST_SECONDS), _MOST_SECONDS)
        failing = [number for number in self._order if not _passes(outcomes, number)]
        if not failing:
            self._survive(start.source, start.score)
            return
        if not self._heap:
            # What fails now is what sorts out most candidates.
            self._order.sort(key=lambda number: _passes(outcomes, number))
        self._push(start.source, start.score, start.score, 0)

    def _push(self, source: str, score: float, hope: float, depth: int) -> None:
        heapq.heappush(self._heap, _Node(-hope, len(self._seen), source, score, hope, depth))

    def _push_again(self, node: _Node) -> None:
        if node.waiting:
            node.key = -(node.hope + node.waiting[-1][0])
            heapq.heappush(self._heap, node)

    def _expand(self, node: _Node) -> None:
        """Find what may be tried on a program."""
        outcomes = self._run(node.source, stop=False, trace=True)
        node.outcomes = _until_failure(outcomes)
        try:
            rated = rate(Program(node.source), outcomes, self._prior)
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
            self._survive(source, total)
        elif node.depth + 1 < _MAX_EDITS and (bonus := _gain(node.outcomes, outcomes)) is not None:
            total += _ANOTHER_EDIT
            hope = node.hope + score + _ANOTHER_EDIT + bonus
            self._push(source, total, hope, node.depth + 1)
        if self.progress.tried % 10 == 0:
            self._on_progress(self.progress)

    def _survive(self, source: str, score: float) -> None:
        self.progress.survivors.append(Survivor(source, score))
        self._first_at = self._first_at or time.monotonic()
        self._on_progress(self.progress)

    def _run(self, source: str, *, stop: bool, trace: bool) -> list[Outcome]:
        seconds = self._seconds * (3 if trace else 1)
        return self._trials.run(source, self._order, seconds, stop=stop, trace=trace)


def rate(
    program: Program, outcomes: Sequence[Outcome], prior: Prior
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
        prior.score(mutation) + _weigh(mutation, suspicion, at_load=at_load)
        for mutation in mutations
    ]
    most = max(scores)
    total = most + math.log(sum(math.exp(score - most) for score in scores))
    for score, mutation in zip(scores, mutations, strict=True):
        yield score - total, mutation


def _weigh(mutation: Mutation, suspicion: Mapping[int, float], *, at_load: bool) -> float:
    """Return what the suspicion of its line adds to an edit's score."""
    found = max((suspicion.get(line, 0.0) for line in mutation.lines), default=0.0)
    if found == 0.0:
        return 0.0 if at_load else _NOT_RUN
    return _WEIGHT_OF_SUSPICION * math.log(found)


def _until_failure(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Return what a run tells that stops at the first check that does not pass."""
    for number, outcome in enumerate(outcomes):
        if not _is_passed(outcome):
            return outcomes[: number + 1]
    return outcomes


def _passes(outcomes: Sequence[Outcome], number: int) -> bool:
    return number < len(outcomes) and _is_passed(outcomes[number])


def _is_passed(outcome: Outcome) -> bool:
    return outcome.status is Status.PASSED


def _gain(before: Sequence[Outcome], after: Sequence[Outcome]) -> float | None:
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


def _is_further(old: Outcome, new: Outcome) -> bool:
    """Whether another error is raised, not at load, or at another place."""
    if new.status is not Status.RAISED or (new.at_load and not old.at_load):
        return False
    return (old.at_load, old.message) != (new.at_load, new.message) and (
        old.places[-1:] <= new.places[-1:]
    )
