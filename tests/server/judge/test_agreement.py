import math

import pytest

from stepcheck.server.judge.agreement import kendall_tau_b


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
