import math
import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from stepcheck.server.judge.ranking.pairs import (
    TIE,
    Anchored,
    Beam,
    Comparisons,
    Preference,
    rank,
    sort_greedily,
)

SEARCHES = [sort_greedily, Beam(), Beam(width=1000, gap=0.5), Anchored(3), Anchored(100)]


class Known:
    """Compares by strengths: as Bradley and Terry say, with a share of ties and a liked place."""

    def __init__(self, strengths, *, sharpness=1.0, ties=0.0, bias=0.0):
        self.strengths, self.sharpness, self.ties, self.bias = strengths, sharpness, ties, bias
        self.asked = []

    def compare(self, first, second):
        self.asked.append((first, second))
        gap = self.sharpness * (self.strengths[first] - self.strengths[second]) + self.bias
        wins = 1 / (1 + math.exp(-gap))
        return Preference(wins * (1 - self.ties), (1 - wins) * (1 - self.ties), self.ties)


class Noisy(Known):
    """Decides each question by chance, the same way whenever it is asked."""

    def __init__(self, strengths, seed, **options):
        super().__init__(strengths, **options)
        self.chance = random.Random(seed)

    def compare(self, first, second):
        wins = super().compare(first, second).wins
        noise = self.chance.gauss(0, 0.6)
        logit = math.log(wins / (1 - wins)) + noise
        return Preference(1 / (1 + math.exp(-logit)), 1 / (1 + math.exp(logit)))


def log_likelihood(order, comparator):
    return sum(
        math.log(comparator.compare(better, worse).wins)
        for place, better in enumerate(order)
        for worse in order[place + 1 :]
    )


@pytest.mark.parametrize("search", SEARCHES)
@given(st.lists(st.integers(-20, 20), unique=True, max_size=6))
@settings(max_examples=30, deadline=None)
def test_consistent_comparisons_give_the_most_likely_order(search, strengths):
    comparator = Known(strengths)

    found = rank(len(strengths), Comparisons(Known(strengths)), search).order

    likeliest = max(
        permutations(range(len(strengths))), key=lambda order: log_likelihood(order, comparator)
    )
    assert found == likeliest


def test_a_wide_beam_is_likelier_than_greed_and_nearly_the_likeliest():
    gained, missed, greedy_missed = 0, 0.0, 0.0
    for seed in range(40):
        comparator = Noisy([0.25 * place for place in range(6)], seed)
        table = {
            pair: comparator.compare(*pair)
            for pair in permutations(range(6), 2)
            if pair[0] < pair[1]
        }
        table |= {(second, first): value.swapped() for (first, second), value in table.items()}
        fixed = type("Table", (), {"compare": lambda _self, *pair, table=table: table[pair]})()
        best = max(log_likelihood(order, fixed) for order in permutations(range(6)))
        found = {
            search: log_likelihood(rank(6, Comparisons(fixed), search).order, fixed)
            for search in (sort_greedily, Beam(width=50, gap=0.3))
        }
        greedy, beam = found.values()
        gained += beam - greedy
        missed += best - beam
        greedy_missed += best - greedy

    assert gained > 0
    assert 0 <= missed < greedy_missed


def test_noise_costs_little_and_greed_asks_few():
    rhos, asked = [], 0
    for seed in range(20):
        strengths = random.Random(seed).sample(range(30), 30)
        comparisons = Comparisons(Noisy(strengths, seed, sharpness=0.4))
        order = rank(30, comparisons).order
        places = [order.index(each) for each in range(30)]
        rhos.append(-spearmanr(places, strengths).statistic)
        asked = max(asked, len(comparisons.pairs))

    assert sum(rhos) / len(rhos) > 0.93
    assert asked <= 30 * math.ceil(math.log2(30))
    assert asked < 30 * 29 / 2 / 2


def test_both_orders_take_away_the_preference_for_a_place():
    strengths = [1, 2, 3, 4, 5, 6, 7]
    biased = Known(strengths, bias=4.0)

    calibrated = rank(7, Comparisons(biased)).order
    raw = rank(7, Comparisons(biased, calibrated=False)).order

    assert calibrated == (6, 5, 4, 3, 2, 1, 0)
    assert raw != calibrated


def test_every_question_is_asked_once_and_counted():
    comparator = Known([3, 1, 2, 5, 4])
    comparisons = Comparisons(comparator)

    ranking = rank(5, comparisons, Beam(width=50, gap=0.5))

    assert len(set(comparator.asked)) == len(comparator.asked) == ranking.comparisons
    assert ranking.comparisons == 2 * ranking.pairs
    before = list(comparator.asked)
    comparisons.prefer(0, 1)
    comparisons.prefer(1, 0)
    assert len(comparator.asked) - len(before) in (0, 2)


def test_what_is_forced_costs_nothing():
    comparator = Known([4, 3, 2, 1])
    rank(4, Comparisons(comparator, calibrated=False))
    assert len(comparator.asked) == 4


@pytest.mark.parametrize("search", SEARCHES)
def test_ties_keep_the_order_given_and_are_most_uncertain_of_nothing(search):
    class Tied:
        def compare(self, _first, _second):
            return TIE

    ranking = rank(5, Comparisons(Tied()), search)

    assert sorted(ranking.order) == [0, 1, 2, 3, 4]
    assert set(ranking.uncertainties) == {0.0}
    if not isinstance(search, Anchored):
        assert ranking.places == (1,) * 5
    if not isinstance(search, Anchored):
        assert ranking.order == (0, 1, 2, 3, 4)


def test_only_those_tied_share_a_place():
    assert rank(5, Comparisons(Known([3, 1, 1, 5, 1]))).places == (1, 2, 3, 3, 3)


def test_a_comparator_that_mostly_sees_ties_is_still_heeded():
    strengths = [1, 5, 3, 2, 4]
    assert rank(5, Comparisons(Known(strengths, ties=0.9))).order == (1, 4, 2, 3, 0)


def test_the_tie_of_both_orders_is_averaged():
    class Ties:
        def compare(self, first, second):
            return Preference.of(1, 1, 2) if first < second else Preference.of(3, 1, 4)

    found = Comparisons(Ties()).prefer(0, 1)

    assert (found.first, found.second, found.tie) == pytest.approx((3 / 16, 5 / 16, 1 / 2))
    assert found.first + found.second + found.tie == pytest.approx(1)


@pytest.mark.parametrize("search", SEARCHES)
def test_what_cannot_be_compared_is_no_zero(search):
    class Mute:
        asked = 0

        def compare(self, _first, _second):
            Mute.asked += 1

    Mute.asked = 0
    comparisons = Comparisons(Mute())
    ranking = rank(5, comparisons, search)

    assert sorted(ranking.order) == [0, 1, 2, 3, 4]
    assert ranking.uncertainties == (None,) * 5
    assert Mute.asked == comparisons.count == 2 * len(comparisons.pairs)
    assert comparisons.wins(2, 0) == 0.5


def test_one_order_answered_will_do():
    class Half:
        def compare(self, first, second):
            return Preference(1, 0) if first < second else None

    assert Comparisons(Half()).prefer(1, 0) == Preference(0, 1)


def test_anchors_ask_fewer_questions_and_lose_little():
    strengths = random.Random(1).sample(range(200), 200)
    results = {}
    for name, search in (("all", sort_greedily), ("anchors", Anchored(16))):
        comparisons = Comparisons(Noisy(strengths, 5, sharpness=0.2), calibrated=False)
        order = rank(200, comparisons, search).order
        places = [order.index(each) for each in range(200)]
        results[name] = (-spearmanr(places, strengths).statistic, comparisons.count)

    assert results["anchors"][1] < 0.75 * results["all"][1]
    assert results["anchors"][0] > 0.9


def test_uncertainty_is_the_entropy_of_three_outcomes():
    assert Preference(1, 0).uncertainty == 0
    assert Preference.of(1, 1, 1).uncertainty == pytest.approx(math.log(3))
    sure, close = Known([0, 9, 9.1]), None
    ranking = rank(3, Comparisons(sure))
    close = dict(zip(ranking.order, ranking.uncertainties, strict=True))
    assert close[0] < close[1]


@pytest.mark.parametrize("weights", [(0, 0, 0), (-1, 2, 0), (math.nan, 1, 0), (math.inf, 1, 0)])
def test_senseless_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        Preference.of(*weights)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("count", [0, 1])
def test_few_candidates_need_no_question(search, count):
    ranking = rank(count, Comparisons(Known([1])), search)
    assert ranking.order == tuple(range(count))
    assert ranking.comparisons == 0
    assert ranking.uncertainties == (None,) * count
