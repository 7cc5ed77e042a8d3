"""The figures, compared with their definitions and with scipy's."""

from itertools import combinations

import pytest
from scipy.stats import binomtest

from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    EvaluationResult,
    Outcome,
)
from stepcheck.use_cases.evaluation.summary import (
    pass_at_k,
    quantile,
    summarise,
    wilson_interval,
)


def conditions(method: EvaluationMethod, n: int = 10) -> EvaluationConditions:
    return EvaluationConditions(method=method, model="bundled", n=n, generation="beam")


def result(name: str, milliseconds: float = 1.0, n: int = 10, **fields) -> EvaluationResult:
    method = EvaluationMethod.STEP if fields.get("correct") is None else EvaluationMethod.SAMPLE
    solved = fields.get("rank") or fields.get("correct")
    outcome = Outcome.SOLVED if solved else Outcome.UNSOLVED
    fields = {"outcome": outcome, "conditions": conditions(method, n), **fields}
    return EvaluationResult(key=name, name=name, milliseconds=milliseconds, **fields)


@pytest.mark.parametrize(("successes", "total"), [(0, 5), (5, 5), (1, 3), (81, 263), (148, 313)])
def test_the_interval_is_that_of_wilson(successes: int, total: int):
    known = binomtest(successes, total).proportion_ci(method="wilson")
    interval = wilson_interval(successes, total)
    assert (interval.low, interval.high) == pytest.approx((known.low, known.high))


@pytest.mark.parametrize(("draws", "correct"), [(1, 0), (1, 1), (6, 0), (6, 1), (7, 3), (5, 5)])
def test_pass_at_k_is_the_share_of_the_subsets_of_k_draws_with_a_correct_one(
    draws: int, correct: int
):
    for k in range(1, draws + 1):
        subsets = list(combinations(range(draws), k))
        share = sum(any(draw < correct for draw in subset) for subset in subsets) / len(subsets)
        assert pass_at_k(draws, correct, k) == pytest.approx(share)


@pytest.mark.parametrize("k", [0, 6])
def test_nothing_is_said_of_more_draws_than_there_are(k: int):
    with pytest.raises(ValueError, match="5 draws"):
        pass_at_k(5, 2, k)


def test_a_quantile_is_one_of_the_values():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile([7.0], 0.5)) == (3.0, 5.0, 7.0)


def test_goals_that_were_not_opened_are_named_and_no_failures():
    unopened = result("c", 9_999.0, outcome=Outcome.UNOPENED, problem="Unknown constant")
    results = [result("a", 10.0, rank=1), result("b", 20.0, rank=7), result("d", 30.0), unopened]
    summary = summarise(results, conditions(EvaluationMethod.STEP), (1, 5, 10))
    assert (summary.goals, summary.solved, summary.share) == (3, 2, pytest.approx(2 / 3))
    assert [(each.k, round(3 * each.share)) for each in summary.at] == [(1, 1), (5, 1), (10, 2)]
    assert (summary.p50, summary.p95) == (20.0, 30.0)
    assert [each.name for each in summary.unopened] == ["c"]


def test_draws_are_averaged_over_goals_as_pass_at_k():
    results = [
        result("a", n=4, correct=1),
        result("b", n=4, correct=0),
        result("c", n=4, correct=4),
    ]
    summary = summarise(results, conditions(EvaluationMethod.SAMPLE, n=4), (1, 2))
    assert [each.share for each in summary.at] == pytest.approx([(1 / 4 + 1) / 3, (1 / 2 + 1) / 3])


def test_without_a_goal_there_are_no_figures():
    summary = summarise([], conditions(EvaluationMethod.STEP), (1,))
    assert (summary.share, summary.interval, summary.at, summary.p50) == (None, None, (), None)
