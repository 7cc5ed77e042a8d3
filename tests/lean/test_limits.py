"""Wall clock limits, stretched by the load of the machine."""

import os

import pytest

from stepcheck.lean.limits import CheckLimits, load_factor


@pytest.mark.parametrize(
    ("waiting_per_processor", "factor"), [(0.0, 1.0), (0.9, 1.0), (2.5, 2.5), (50.0, 4.0)]
)
def test_limits_grow_with_what_waits_for_a_processor(
    monkeypatch: pytest.MonkeyPatch, waiting_per_processor: float, factor: float
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(os, "getloadavg", lambda: (8 * waiting_per_processor, 0.0, 0.0))
    assert load_factor() == factor


def test_a_system_that_does_not_tell_its_load_counts_as_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", fail)
    assert load_factor() == 1.0
    monkeypatch.delattr(os, "getloadavg")
    assert load_factor() == 1.0


def test_only_the_wall_clock_is_stretched() -> None:
    limits = CheckLimits(heartbeats=10, milliseconds=1_000, document_milliseconds=3_000)
    assert limits.stretched(2.5) == CheckLimits(10, 2_500, 7_500)
