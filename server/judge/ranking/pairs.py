"""Rank candidates by comparing them in pairs (PairS, arXiv 2403.16950): search, not comparators.

Candidates are numbered from 0. A tie's probability is shared: half of it counts for either side, as
a comparator that mostly sees ties would otherwise seem to prefer whatever comes second.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

_LEAST = 1e-12
"""Stands for a probability of 0 in logarithms."""


@dataclass(frozen=True, slots=True)
class Preference:
    """How likely the first is the better, the second, or neither; they sum to 1."""

    first: float
    second: float
    tie: float = 0.0

    @classmethod
    def of(cls, first: float, second: float, tie: float = 0.0) -> Self:
        """Return the preference with these weights, normalised; raises `ValueError`."""
        total = first + second + tie
        if not (min(first, second, tie) >= 0 and 0 < total < math.inf):
            raise ValueError(f"no weights of outcomes: {first}, {second}, {tie}")
        return cls(first / total, second / total, tie / total)

    @property
    def wins(self) -> float:
        """The probability that the first is ranked before the second."""
        return self.first + self.tie / 2

    @property
    def uncertainty(self) -> float:
        """The entropy of the three outcomes (nats), from 0 to ln 3."""
        return -sum(p * math.log(p) for p in (self.first, self.second, self.tie) if p > 0)

    def swapped(self) -> "Preference":
        """Return the same with first and second exchanged."""
        return Preference(self.second, self.first, self.tie)


TIE = Preference(0.0, 0.0, 1.0)


class Comparator(Protocol):
    """Says which of two candidates is the better."""

    def compare(self, first: int, second: int) -> Preference | None:
        """Compare two candidates shown in this order; None if that could not be done."""
        ...


class Comparisons:
    """Asks a comparator, each question once, and counts truly.

    If `calibrated`, a pair is asked in both orders and the answers are averaged, which takes away
    the preference for a place; that is two comparisons.
    """

    def __init__(self, comparator: Comparator, *, calibrated: bool = True) -> None:
        self._comparator = comparator
        self._calibrated = calibrated
        self._answers: dict[tuple[int, int], Preference | None] = {}

    @property
    def answers(self) -> Mapping[tuple[int, int], Preference | None]:
        """What was answered, by the order of asking; what was not asked is not in it."""
        return dict(self._answers)

    @property
    def count(self) -> int:
        """How often the comparator was asked."""
        return len(self._answers)

    @property
    def pairs(self) -> frozenset[tuple[int, int]]:
        """The pairs that were asked about, the smaller number first."""
        return frozenset((min(pair), max(pair)) for pair in self._answers)

    def prefer(self, first: int, second: int) -> Preference | None:
        """Return how the first compares with the second, asking if need be."""
        if not self._calibrated:
            low, high = min(first, second), max(first, second)
            answer = self._ask(low, high)
            return answer if answer is None or first == low else answer.swapped()
        forward, backward = self._ask(first, second), self._ask(second, first)
        given = [each for each in (forward, backward and backward.swapped()) if each is not None]
        if not given:
            return None
        return Preference.of(
            sum(each.first for each in given),
            sum(each.second for each in given),
            sum(each.tie for each in given),
        )

    def wins(self, first: int, second: int) -> float:
        """Return the probability that the first is ranked before the second.

        One half if they could not be compared.
        """
        preference = self.prefer(first, second)
        return 0.5 if preference is None else preference.wins

    def _ask(self, first: int, second: int) -> Preference | None:
        pair = (first, second)
        if pair not in self._answers:
            self._answers[pair] = self._comparator.compare(first, second)
        return self._answers[pair]


Search = Callable[[Sequence[int], Comparisons], list[int]]
"""Orders candidates, best first."""


def sort_greedily(candidates: Sequence[int], comparisons: Comparisons) -> list[int]:
    """Merge sort that believes every comparison (PairS-greedy)."""
    return _sort(candidates, comparisons, Beam(width=1, gap=0.0))


@dataclass(frozen=True, slots=True)
class Beam:
    """Merge sort whose merges follow the `width` likeliest interleavings (PairS-beam).

    A merge branches where the probability is within `gap` of one half, elsewhere it takes the
    likelier side. The likelihood of an interleaving is that of all it decides among the pairs asked
    so far, by whichever interleaving: one that counted only what it asked itself would gain by
    using one list up, after which it asks nothing.
    """

    width: int = 20
    gap: float = 0.2

    def __call__(self, candidates: Sequence[int], comparisons: Comparisons) -> list[int]:
        """Order the candidates, best first."""
        return _sort(candidates, comparisons, self)

    def merge(
        self, left: Sequence[int], right: Sequence[int], comparisons: Comparisons
    ) -> list[int]:
        """Merge two ordered lists."""
        asked: dict[tuple[int, int], float] = {}
        beam = [_Interleaving()]
        for _ in range(len(left) + len(right)):
            grown = []
            for state in beam:
                if state.left == len(left) or state.right == len(right):
                    grown.append(state.take(from_left=state.right == len(right)))
                    continue
                place = (state.left, state.right)
                wins = comparisons.wins(left[state.left], right[state.right])
                asked[place] = wins
                branches = abs(wins - 0.5) <= self.gap and self.width > 1
                if wins >= 0.5 or branches:
                    grown.append(state.take(from_left=True))
                if wins < 0.5 or branches:
                    grown.append(state.take(from_left=False))
            if len(grown) > 1:
                grown = heapq.nlargest(self.width, grown, key=lambda each: each.likelihood(asked))
            beam = grown
        return beam[0].order(left, right)


@dataclass(frozen=True, slots=True)
class _Interleaving:
    """A merge on its way: how many of the right list came before each taken of the left one."""

    before: tuple[int, ...] = ()
    right: int = 0

    @property
    def left(self) -> int:
        return len(self.before)

    def take(self, *, from_left: bool) -> "_Interleaving":
        if from_left:
            return _Interleaving((*self.before, self.right), self.right)
        return _Interleaving(self.before, self.right + 1)

    def likelihood(self, asked: Mapping[tuple[int, int], float]) -> float:
        """Return the log-likelihood of what is decided among `asked`, against the likeliest."""
        total = 0.0
        for (left, right), wins in asked.items():
            if left < self.left:
                taken = wins if right >= self.before[left] else 1 - wins
            elif right < self.right:
                taken = 1 - wins
            else:
                continue
            total += math.log(max(taken, _LEAST) / max(wins, 1 - wins))
        return total

    def order(self, left: Sequence[int], right: Sequence[int]) -> list[int]:
        order: list[int] = []
        for place, before in enumerate(self.before):
            order += right[len(order) - place : before]
            order.append(left[place])
        return [*order, *right[len(order) - len(left) :]]


def _sort(candidates: Sequence[int], comparisons: Comparisons, beam: Beam) -> list[int]:
    if len(candidates) < 2:
        return list(candidates)
    middle = len(candidates) // 2
    left = _sort(candidates[:middle], comparisons, beam)
    right = _sort(candidates[middle:], comparisons, beam)
    return beam.merge(left, right, comparisons)


@dataclass(frozen=True, slots=True)
class Anchored:
    """Sort some `anchors`, then place each of the others among them by binary search.

    Those of one gap are ordered by how well they did against the gap's two ends. For many
    candidates: it asks about log₂(anchors) pairs for each.
    """

    anchors: int
    seed: int = 0

    def __call__(self, candidates: Sequence[int], comparisons: Comparisons) -> list[int]:
        """Order the candidates, best first."""
        chance = random.Random(self.seed)  # noqa: S311 - no secret
        chosen = set(chance.sample(list(candidates), min(max(1, self.anchors), len(candidates))))
        anchors = sort_greedily([each for each in candidates if each in chosen], comparisons)
        gaps: list[list[tuple[float, int]]] = [[] for _ in range(len(anchors) + 1)]
        for each in candidates:
            if each in chosen:
                continue
            place = _find_place(each, anchors, comparisons)
            ends = anchors[max(0, place - 1) : place + 1]
            gaps[place].append((sum(comparisons.wins(each, end) for end in ends), each))
        order: list[int] = []
        for place, gap in enumerate(gaps):
            order += [each for _, each in sorted(gap, key=lambda entry: -entry[0])]
            order += anchors[place : place + 1]
        return order


def _find_place(candidate: int, order: Sequence[int], comparisons: Comparisons) -> int:
    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        if comparisons.wins(candidate, order[middle]) > 0.5:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order, best first, with how uncertain each one's place is.

    `uncertainties` (nats, 0 to ln 3, in the order of `order`) are mean entropies of the comparisons
    with the neighbours, or of all of the candidate's if it was not compared with these; None if it
    could not be compared. `places` count from 1; whoever is tied with the one before shares its
    place. `comparisons` counts the questions, `pairs` the pairs they were about.
    """

    order: tuple[int, ...]
    places: tuple[int, ...]
    uncertainties: tuple[float | None, ...]
    pairs: int
    comparisons: int


def rank(count: int, comparisons: Comparisons, search: Search = sort_greedily) -> Ranking:
    """Rank the candidates 0 … `count` - 1."""
    order = search(range(count), comparisons)
    ties = (_are_tied(order[place - 1], order[place], comparisons) for place in range(1, count))
    return Ranking(
        tuple(order),
        share_places(ties, count),
        tuple(_uncertainty(place, order, comparisons) for place in range(count)),
        len(comparisons.pairs),
        comparisons.count,
    )


def share_places(ties: Iterable[bool], count: int) -> tuple[int, ...]:
    """Return the places of `count` candidates; `ties` say which share that of the one before."""
    places = [1][:count]
    for place, tied in enumerate(ties, 2):
        places.append(places[-1] if tied else place)
    return tuple(places)


def _are_tied(first: int, second: int, comparisons: Comparisons) -> bool:
    was_asked = (min(first, second), max(first, second)) in comparisons.pairs
    return was_asked and math.isclose(comparisons.wins(first, second), 0.5, abs_tol=1e-9)


def _uncertainty(place: int, order: Sequence[int], comparisons: Comparisons) -> float | None:
    own = order[place]
    neighbours = {*order[max(0, place - 1) : place], *order[place + 1 : place + 2]}
    asked = {low if high == own else high for low, high in comparisons.pairs if own in (low, high)}
    found = [comparisons.prefer(own, other) for other in (neighbours & asked) or asked]
    entropies = [preference.uncertainty for preference in found if preference is not None]
    return sum(entropies) / len(entropies) if entropies else None
