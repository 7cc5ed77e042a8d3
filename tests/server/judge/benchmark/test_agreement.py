import math

import pytest

from stepcheck.server.judge.benchmark.agreement import kendall_tau_b, spearman_rho


@pytest.mark.parametrize(
    ("left", "right", "tau"),
    [
        ([1, 2, 3], [1, 2, 3], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], 0.0),
        # The worked example of scipy.stats.kendalltau's documentation.
        ([12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.47140452079103173),
    ],
)
def test_known_values(left, right, tau):
    assert kendall_tau_b(left, right) == pytest.approx(tau)


def test_a_constant_side_has_no_order():
    assert math.isnan(kendall_tau_b([1, 1], [0, 1]))
    assert math.isnan(kendall_tau_b([], []))


def test_sides_of_different_length_are_refused():
    with pytest.raises(ValueError, match="length"):
        kendall_tau_b([1], [1, 2])


@pytest.mark.parametrize(
    ("left", "right", "rho"),
    [
        ([1, 2, 3], [10, 20, 90], 1.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        # By hand: the ranks are 1 2.5 2.5 4 and 1.5 3.5 1.5 3.5.
        ([0.1, 0.4, 0.4, 0.9], [0, 1, 0, 1], 3 / (4.5 * 4) ** 0.5),
    ],
)
def test_known_rank_correlations(left, right, rho):
    assert spearman_rho(left, right) == pytest.approx(rho)


def test_ranks_of_a_constant_side_correlate_with_nothing():
    assert math.isnan(spearman_rho([1, 1], [0, 1]))
    assert math.isnan(spearman_rho([], []))
