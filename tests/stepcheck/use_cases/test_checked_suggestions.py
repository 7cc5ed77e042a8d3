"""What needs no Lean of the use case; the rest is tested from the editor and the command line."""

from pathlib import Path

import pytest

from stepcheck.client.errors import ClientError, ServerUnreachableError
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict
from stepcheck.lean.worker import ProofState
from stepcheck.server.api.suggest_schemas import (
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Timing,
)
from stepcheck.settings.schema import LeanSettings, SuggestionSettings
from stepcheck.use_cases.checked_suggestions import (
    MAX_CONTEXT_CHARACTERS,
    StepSuggester,
    SuggestionQuery,
    SuggestionReport,
    shorten_context,
)
from stepcheck.use_cases.lean_checker import make_checker

POSITION = ProofPosition("example : True := by\n  ", "\n")
HYPOTHESIS = "p : Prop\nh : p\n⊢ p"


class ObedientChecker:
    """Shows one goal, and proves by `exact h` and `assumption` only."""

    def __init__(self) -> None:
        self.lists: list[list[str]] = []

    async def open(self, position: ProofPosition) -> ProofState:
        return ProofState(position, (HYPOTHESIS,))

    async def check(self, position: ProofPosition, candidates: list[str]) -> list[CheckedStep]:
        return [step async for step in self.check_each(position, candidates)]

    async def check_each(self, position: ProofPosition, candidates: list[str]):
        self.lists.append(list(candidates))
        for text in candidates:
            is_proof = text in ("exact h", "assumption")
            yield CheckedStep(text, StepVerdict.PROVED if is_proof else StepVerdict.REJECTED)


class ScriptedClient:
    """Answers with suggestions, or with an error."""

    def __init__(self, *suggestions: Suggestion, error: ClientError | None = None) -> None:
        self._suggestions = list(suggestions)
        self._error = error

    async def stream(self, request: SuggestRequest):
        if self._error is not None:
            raise self._error
        for suggestion in self._suggestions:
            yield suggestion
        yield SuggestResponse(
            suggestions=self._suggestions,
            model="scripted",
            request_id="1",
            timing=Timing(queue=0.0, generation=0.0, total=0.0),
        )


def suggestion(text: str, score: float) -> Suggestion:
    return Suggestion(text=text, score=score, log_probability=score)


async def suggest(client: ScriptedClient, prefix: str = "") -> tuple[SuggestionReport, list]:
    checker = ObedientChecker()
    report = await StepSuggester(checker, client).suggest(SuggestionQuery(POSITION, prefix))
    return report, checker.lists


async def test_what_the_goal_proposes_is_checked_first_and_once():
    client = ScriptedClient(suggestion("exact h", -3.0), suggestion("ring", -1.0))
    report, lists = await suggest(client)
    assert lists[0] == ["exact h", "assumption"]
    assert sorted(text for each in lists for text in each) == ["assumption", "exact h", "ring"]
    assert [(ranked.checked.step, ranked.score) for ranked in report.steps] == [
        ("exact h", 0.0),
        ("assumption", 0.0),
        ("ring", -1.0),
    ]


async def test_what_the_goal_proposes_needs_no_model_server():
    report, _ = await suggest(ScriptedClient(error=ServerUnreachableError("There is none.")))
    assert [ranked.checked.step for ranked in report.shown] == ["exact h", "assumption"]
    assert report.notes


async def test_what_the_goal_proposes_needs_no_request_that_can_be_made():
    report, _ = await suggest(ScriptedClient(), prefix="\ud800")
    assert report.notes
    assert report.steps == ()


async def test_what_the_goal_proposes_begins_with_the_prefix():
    report, _ = await suggest(ScriptedClient(), prefix="assum")
    assert [ranked.checked.step for ranked in report.steps] == ["assumption"]


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
