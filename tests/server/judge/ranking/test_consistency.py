import random
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.server.judge.ranking.consistency import (
    Comparison,
    PairOutcome,
    bradley_terry_strengths,
    chance_of_transitivity,
    commutativity,
    elo_ratings,
    negation,
    refine,
    report,
    transitivity,
    win_loss_rates,
)

AGGREGATIONS = [win_loss_rates, elo_ratings, bradley_terry_strengths]


def compare(left, right):
    if left == right:
        return PairOutcome.TIE
    return PairOutcome.FIRST if left > right else PairOutcome.SECOND


def by_strength(strengths):
    return {
        (i, j): compare(strengths[i], strengths[j])
        for i, j in permutations(range(len(strengths)), 2)
    }


@given(st.lists(st.integers(0, 6), min_size=3, max_size=7))
def test_whoever_compares_by_strength_is_consistent(strengths):
    outcomes = by_strength(strengths)
    negated = {pair: outcome.swapped for pair, outcome in outcomes.items()}

    found = report(len(strengths), outcomes, negated)

    assert (found.transitivity.value, found.commutativity.value, found.negation.value) == (1, 1, 1)
    assert found.commutativity.total == len(strengths) * (len(strengths) - 1) // 2
    assert found.negation.total == len(strengths) * (len(strengths) - 1)


@pytest.mark.parametrize("size", [3, 4, 5])
def test_coins_are_transitive_by_chance_alone(size):
    chance = random.Random(0)
    decided = [PairOutcome.FIRST, PairOutcome.SECOND]
    shares = []
    for _ in range(15):
        outcomes = {pair: chance.choice(decided) for pair in permutations(range(30), 2)}
        shares.append(transitivity(30, outcomes, size).value)
        comm = commutativity(outcomes)

    expected = {3: 3 / 4, 4: 3 / 8, 5: 15 / 128}[size]
    assert chance_of_transitivity(size) == expected
    assert sum(shares) / len(shares) == pytest.approx(expected, abs=0.02)
    assert comm.value == pytest.approx(0.5, abs=0.1)


def test_every_tournament_of_four_gives_the_chance_level():
    pairs = list(combinations(range(4), 2))
    acyclic = 0
    for bits in range(2**6):
        decided = {
            pair: [PairOutcome.FIRST, PairOutcome.SECOND][bits >> k & 1]
            for k, pair in enumerate(pairs)
        }
        acyclic += transitivity(4, decided, 4).value == 1
    assert acyclic / 2**6 == chance_of_transitivity(4)


def test_a_cycle_a_liked_place_and_a_deaf_ear_are_seen():
    first = PairOutcome.FIRST
    cycle = {(0, 1): first, (1, 2): first, (2, 0): first}
    liked = {(0, 1): first, (1, 0): first}

    assert transitivity(3, cycle, 3).value == 0
    assert transitivity(3, cycle, 2).value == 1
    assert commutativity(liked).value == 0
    assert negation(liked, liked).value == 0
    assert commutativity({(0, 1): PairOutcome.TIE, (1, 0): first}).value == 0


def test_what_was_not_asked_is_in_no_share():
    found = report(3, {(0, 1): PairOutcome.FIRST, (1, 2): PairOutcome.FIRST})

    assert found.transitivity.value is None
    assert found.commutativity.value is None
    assert found.negation.value is None
    assert found.transitivity.total == 0


def full(strengths):
    return [Comparison(i, j, outcome) for (i, j), outcome in by_strength(strengths).items()]


@pytest.mark.parametrize("aggregate", AGGREGATIONS)
@given(st.lists(st.integers(), min_size=2, max_size=8, unique=True))
def test_complete_comparisons_keep_their_order(aggregate, strengths):
    found = aggregate(len(strengths), full(strengths))
    ascending = sorted(range(len(strengths)), key=strengths.__getitem__)
    assert sorted(range(len(strengths)), key=found.__getitem__) == ascending


@pytest.mark.parametrize("aggregate", AGGREGATIONS)
def test_refined_pairs_are_consistent_whatever_went_in(aggregate):
    chance = random.Random(3)
    noisy = [
        Comparison(*chance.sample(range(8), 2), chance.choice(list(PairOutcome))) for _ in range(60)
    ]
    refined = refine(8, noisy, aggregate)

    outcomes = {(p.first, p.second): p.answer for p in refined if not p.asks_worse}
    negated = {(p.first, p.second): p.answer for p in refined if p.asks_worse}
    found = report(8, outcomes, negated)

    assert refined
    assert len(outcomes) == len(negated) == len(refined) / 2
    assert PairOutcome.TIE not in {pair.answer for pair in refined}
    assert (found.commutativity.value, found.negation.value) == (1, 1)
    assert found.transitivity.value in (1, None)
    # Aggregating what was refined changes nothing any more.
    again = [Comparison(*pair, outcome) for pair, outcome in outcomes.items()]
    assert {(p.first, p.second) for p in refine(8, again, bradley_terry_strengths)} >= set(outcomes)


def test_ties_are_skipped():
    assert refine(2, [Comparison(0, 1, PairOutcome.TIE)]) == ()
    assert win_loss_rates(3, [Comparison(0, 1, PairOutcome.FIRST)]) == [1, -1, 0]


def test_bradley_and_terrys_strengths_are_those_that_made_the_comparisons():
    # 3 : 1 wins, often, against the prior's tenth: the strengths' ratio is 3.
    several = [Comparison(0, 1, PairOutcome.FIRST)] * 3000 + [
        Comparison(0, 1, PairOutcome.SECOND)
    ] * 1000
    first, second = bradley_terry_strengths(2, several)
    assert first - second == pytest.approx(1.0986, abs=0.01)


def test_a_subset_of_one_is_no_subset():
    with pytest.raises(ValueError, match="two"):
        transitivity(3, {}, 1)
