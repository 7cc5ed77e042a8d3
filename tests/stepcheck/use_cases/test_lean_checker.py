"""The checker that the settings choose for a file."""

import pytest

from stepcheck.settings.schema import LeanSettings
from stepcheck.use_cases.lean_checker import default_workers, make_checker


@pytest.mark.parametrize(
    ("processors", "gigabytes", "workers"),
    [(1, 64.0, 1), (2, 5.9, 1), (2, 6.0, 2), (16, 64.0, 2), (16, 3.0, 1)],
)
def test_two_workers_are_started_where_there_is_room_for_them(
    processors: int, gigabytes: float, workers: int
) -> None:
    assert default_workers(processors, int(gigabytes * 10**9)) == workers


def test_the_settings_decide_if_they_say_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepcheck.use_cases.lean_checker.choose_lean", lambda *_: None)
    monkeypatch.setattr("stepcheck.use_cases.lean_checker.StepChecker", lambda *_, **given: given)
    monkeypatch.setattr("stepcheck.use_cases.lean_checker.default_workers", lambda *_: 2)
    memory = 2560

    def workers(number: int | None) -> object:
        settings = LeanSettings(workers=number, memory_megabytes=memory)
        return make_checker(settings, None)["workers"]

    assert (workers(1), workers(5), workers(None)) == (1, 5, 2)
