"""What needs no Lean of the use case; the rest is tested from the editor and the command line."""

from pathlib import Path

import pytest

from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict
from stepcheck.settings.schema import LeanSettings, SuggestionSettings
from stepcheck.use_cases.checked_suggestions import (
    MAX_CONTEXT_CHARACTERS,
    SuggestionQuery,
    SuggestionReport,
    shorten_context,
)
from stepcheck.use_cases.lean_checker import make_checker

POSITION = ProofPosition("example : True := by\n  ", "\n")


def test_a_query_asks_for_what_was_set_and_leaves_the_rest_to_the_server():
    assert SuggestionQuery.from_settings(SuggestionSettings(), POSITION) == SuggestionQuery(
        POSITION
    )
    query = SuggestionQuery.from_settings(SuggestionSettings(n=3), POSITION, "simp")
    assert query == SuggestionQuery(POSITION, "simp", n=3)


def test_the_model_is_told_both_ends_of_a_long_file():
    assert shorten_context("import Mathlib\n") == "import Mathlib\n"
    before = "import Mathlib\n" + "x" * 100_000 + "\ntheorem t : p := by\n  "
    context = shorten_context(before)
    assert len(context) <= MAX_CONTEXT_CHARACTERS + 1
    assert context.startswith("import Mathlib\n")
    assert context.endswith("\ntheorem t : p := by\n  ")


def test_a_report_counts_what_it_does_not_show():
    steps = tuple(
        RankedStep(CheckedStep(f"{verdict}{number}", verdict), 0.0)
        for verdict in StepVerdict
        for number in range(2)
    )
    report = SuggestionReport(steps=steps)
    assert {ranked.checked.verdict for ranked in report.shown} == {
        StepVerdict.PROVED,
        StepVerdict.PROGRESS,
    }
    assert set(report.hidden) == set(StepVerdict) - {StepVerdict.PROVED, StepVerdict.PROGRESS}
    assert set(report.hidden.values()) == {2}


def test_a_lean_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path):
    with pytest.raises(LeanSetupError) as caught:
        make_checker(LeanSettings(toolchain="/nowhere/lean"), tmp_path / "A.lean")
    assert "/nowhere/lean" in caught.value.problem
    assert caught.value.remedy
