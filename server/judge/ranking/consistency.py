"""How logical a judge's comparisons are, and conflict-free ones made of them (arXiv 2410.02205).

Candidates are numbered from 0. What was not asked is absent, and stays out of every share.
"""

import graphlib
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

_MAX_SUBSETS = 2000
_ELO_SCALE = 400.0
_ELO_START = 1500.0
_BRADLEY_TERRY_ROUNDS = 1000
_BRADLEY_TERRY_TOLERANCE = 1e-10
_PRIOR = 0.1
"""Wins and losses against an opponent of mean strength, so that every strength is finite."""


class PairOutcome(StrEnum):
    """Which of two was preferred, by the place in which it was shown."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"

    @property
    def swapped(self) -> "PairOutcome":
        """The same outcome with the two exchanged; also what its negation should be."""
        return {PairOutcome.FIRST: PairOutcome.SECOND, PairOutcome.SECOND: PairOutcome.FIRST}.get(
            self, self
        )


PairOutcomes = Mapping[tuple[int, int], PairOutcome]
"""What a judge said of pairs, by the order in which they were shown."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `total` cases, None where there were none."""

    value: float | None
    total: int

    @classmethod
    def of(cls, holds: Iterable[bool]) -> "Share":
        """Return the share of cases in which it holds."""
        cases = list(holds)
        return cls(sum(cases) / len(cases) if cases else None, len(cases))


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """How logical a judge is; `chance` is the transitivity of one that says anything at random."""

    transitivity: Share
    subset_size: int
    chance: float
    commutativity: Share
    negation: Share


def report(
    count: int,
    outcomes: PairOutcomes,
    negated: PairOutcomes | None = None,
    *,
    subset_size: int = 3,
    seed: int = 0,
) -> ConsistencyReport:
    """Measure a judge on `count` candidates; `negated` is what it said is the worse."""
    return ConsistencyReport(
        transitivity(count, outcomes, subset_size, seed=seed),
        subset_size,
        chance_of_transitivity(subset_size),
        commutativity(outcomes),
        negation(outcomes, negated or {}),
    )


def transitivity(count: int, outcomes: PairOutcomes, subset_size: int, *, seed: int = 0) -> Share:
    """Return s_tran(K): the share of K-subsets whose comparisons have no cycle.

    All K-subsets if there are few, else random ones; those with a pair that was not asked don't
    count. Of a pair asked in both orders, the smaller number first counts. A tie says nothing.
    """
    if not subset_size >= 2:
        raise ValueError("a subset to be ordered has two members or more")
    subsets = _subsets(count, subset_size, random.Random(seed))  # noqa: S311 - no secret
    edges = (_edges(subset, outcomes) for subset in subsets)
    return Share.of(_is_acyclic(each) for each in edges if each is not None)


def chance_of_transitivity(subset_size: int) -> float:
    """Return K! / 2^(K(K-1)/2): how often comparisons decided by coins have no cycle."""
    return math.factorial(subset_size) / 2.0 ** math.comb(subset_size, 2)


def commutativity(outcomes: PairOutcomes) -> Share:
    """Return s_comm: the share of pairs whose outcome is the same in both orders."""
    return Share.of(
        outcome is outcomes[second, first].swapped
        for (first, second), outcome in outcomes.items()
        if first < second and (second, first) in outcomes
    )


def negation(outcomes: PairOutcomes, negated: PairOutcomes) -> Share:
    """Return s_neg: the share of questions whose negation has the other outcome."""
    return Share.of(
        outcome is negated[pair].swapped for pair, outcome in outcomes.items() if pair in negated
    )


def _subsets(count: int, size: int, chance: random.Random) -> Iterator[tuple[int, ...]]:
    if math.comb(count, size) <= _MAX_SUBSETS:
        yield from combinations(range(count), size)
        return
    for _ in range(_MAX_SUBSETS):
        yield tuple(sorted(chance.sample(range(count), size)))


def _edges(subset: Sequence[int], outcomes: PairOutcomes) -> dict[int, set[int]] | None:
    """Return, for each member, those preferred to it; None if a pair was not asked."""
    better: dict[int, set[int]] = {each: set() for each in subset}
    for first, second in combinations(subset, 2):
        outcome = outcomes.get((first, second))
        if outcome is None and (second, first) in outcomes:
            outcome = outcomes[second, first].swapped
        if outcome is None:
            return None
        if outcome is PairOutcome.FIRST:
            better[second].add(first)
        elif outcome is PairOutcome.SECOND:
            better[first].add(second)
    return better


def _is_acyclic(better: Mapping[int, set[int]]) -> bool:
    try:
        graphlib.TopologicalSorter(better).prepare()
    except graphlib.CycleError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was said once of a pair; pairs may be sparse, repeated and contradictory."""

    first: int
    second: int
    outcome: PairOutcome

    @property
    def points(self) -> float:
        """What the first gets: 1, ½ or 0."""
        return {PairOutcome.FIRST: 1.0, PairOutcome.TIE: 0.5, PairOutcome.SECOND: 0.0}[self.outcome]


Aggregation = Callable[[int, Sequence[Comparison]], list[float]]
"""Makes of comparisons a strength for each of a number of candidates."""


def win_loss_rates(count: int, comparisons: Sequence[Comparison]) -> list[float]:
    """Return (wins - losses) / (wins + losses) for each candidate, 0 for one without either."""
    balance, decided = [0] * count, [0] * count
    for each in comparisons:
        if each.outcome is not PairOutcome.TIE:
            sign = 1 if each.outcome is PairOutcome.FIRST else -1
            balance[each.first] += sign
            balance[each.second] -= sign
            decided[each.first] += 1
            decided[each.second] += 1
    return [b / d if d else 0.0 for b, d in zip(balance, decided, strict=True)]


def elo_ratings(
    count: int, comparisons: Sequence[Comparison], *, step: float = 32.0
) -> list[float]:
    """Return Elo's ratings, from 1500, after the comparisons in their order."""
    ratings = [_ELO_START] * count
    for each in comparisons:
        gap = ratings[each.second] - ratings[each.first]
        change = step * (each.points - 1 / (1 + 10 ** (gap / _ELO_SCALE)))
        ratings[each.first] += change
        ratings[each.second] -= change
    return ratings


def bradley_terry_strengths(count: int, comparisons: Sequence[Comparison]) -> list[float]:
    """Return log-strengths of the Bradley-Terry model, most likely with a weak prior.

    By minorization-maximization (Hunter 2004); a tie is half a win for either.
    """
    won = [_PRIOR] * count
    met: list[dict[int, int]] = [{} for _ in range(count)]
    for each in comparisons:
        won[each.first] += each.points
        won[each.second] += 1 - each.points
        for own, other in ((each.first, each.second), (each.second, each.first)):
            met[own][other] = met[own].get(other, 0) + 1
    strengths = [1.0] * count
    for _ in range(_BRADLEY_TERRY_ROUNDS):
        updated = [
            won[own]
            / (
                2 * _PRIOR / (strengths[own] + 1)
                + sum(
                    times / (strengths[own] + strengths[other]) for other, times in rivals.items()
                )
            )
            for own, rivals in enumerate(met)
        ]
        moved = max(
            (abs(math.log(new / old)) for new, old in zip(updated, strengths, strict=True)),
            default=0.0,
        )
        strengths = updated
        if moved < _BRADLEY_TERRY_TOLERANCE:
            break
    return [math.log(each) for each in strengths]


@dataclass(frozen=True, slots=True)
class ConsistentPair:
    """A question with its answer: which of two is the better, or with `asks_worse` the worse."""

    first: int
    second: int
    asks_worse: bool
    answer: PairOutcome


def refine(
    count: int, comparisons: Sequence[Comparison], aggregate: Aggregation = win_loss_rates
) -> tuple[ConsistentPair, ...]:
    """Turn noisy, sparse comparisons into ones without conflict.

    Every pair of candidates whose aggregated strengths differ is asked in both orders, and as
    which is the better and which the worse.
    """
    strengths = aggregate(count, comparisons)
    refined = []
    for first, second in combinations(range(count), 2):
        if math.isclose(strengths[first], strengths[second], rel_tol=1e-9, abs_tol=1e-9):
            continue
        better = PairOutcome.FIRST if strengths[first] > strengths[second] else PairOutcome.SECOND
        for asks_worse in (False, True):
            answer = better.swapped if asks_worse else better
            refined += [
                ConsistentPair(first, second, asks_worse, answer),
                ConsistentPair(second, first, asks_worse, answer.swapped),
            ]
    return tuple(refined)
