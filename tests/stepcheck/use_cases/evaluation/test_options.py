"""Which options fit together, and what follows from them."""

import pytest

from stepcheck.settings.schema import LeanSettings, Settings, SuggestionSettings
from stepcheck.use_cases.evaluation.options import EvaluationOptions, EvaluationOptionsError
from stepcheck.use_cases.evaluation.results import EvaluationMethod

SETTINGS = Settings(
    suggestion=SuggestionSettings(n=8, temperature=0.7, seconds=2.5),
    lean=LeanSettings(heartbeats=1234),
)


def test_what_is_not_chosen_is_as_in_the_settings():
    step = EvaluationOptions(EvaluationMethod.STEP, (1, 5)).to_conditions(SETTINGS)
    assert (step.n, step.seconds, step.heartbeats, step.temperature) == (8, 2.5, 1234, None)
    search = EvaluationOptions(EvaluationMethod.SEARCH, (1,), seconds=3).to_conditions(SETTINGS)
    assert (search.n, search.seconds, search.seed) == (8, 3.0, None)


def test_draws_are_as_many_as_are_asked_about_and_have_a_seed():
    options = EvaluationOptions(EvaluationMethod.SAMPLE, (1, 100), seed=7)
    conditions = options.to_conditions(SETTINGS)
    assert (conditions.n, conditions.temperature, conditions.seed) == (100, 0.7, 7)
    assert conditions.generation == "sample"


def test_matching_depends_on_no_lean():
    conditions = EvaluationOptions(EvaluationMethod.MATCH, (1, 20)).to_conditions(SETTINGS)
    assert (conditions.n, conditions.heartbeats, conditions.seconds) == (20, None, 0.0)


@pytest.mark.parametrize(
    ("method", "given"),
    [
        (EvaluationMethod.SAMPLE, {"seconds": 2.0}),
        (EvaluationMethod.MATCH, {"seconds": 2.0}),
        (EvaluationMethod.STEP, {"temperature": 0.5}),
    ],
)
def test_what_a_method_does_not_use_is_refused(method: EvaluationMethod, given: dict):
    with pytest.raises(EvaluationOptionsError, match=f"--{next(iter(given))} is for"):
        EvaluationOptions(method, (1,), **given).to_conditions(SETTINGS)


@pytest.mark.parametrize(
    ("method", "k", "n", "problem"),
    [
        (EvaluationMethod.STEP, 11, None, "10 steps at most"),
        (EvaluationMethod.STEP, 1, 65, "64 at most"),
        (EvaluationMethod.MATCH, 65, None, "64 at most"),
        (EvaluationMethod.MATCH, 10, 5, "raise --n"),
        (EvaluationMethod.SAMPLE, 10, 5, "raise --n"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    method: EvaluationMethod, k: int, n: int | None, problem: str
):
    with pytest.raises(EvaluationOptionsError, match=problem):
        EvaluationOptions(method, (k,), n=n).to_conditions(SETTINGS)
