"""What needs no Lean of the use case; the rest is tested from the editor and the command line."""

import asyncio
from pathlib import Path

import pytest

from stepcheck.client.errors import ClientError, ServerUnreachableError
from stepcheck.lean.errors import LeanSetupError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.proposal import LeanProposals, Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict
from stepcheck.models.step_ranker.step_ranker import StepRanker
from stepcheck.server.api.suggest_schemas import (
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Timing,
)
from stepcheck.settings.schema import LeanSettings, SuggestionSettings
from stepcheck.use_cases.checked_suggestions import StepSuggester, SuggestionReport
from stepcheck.use_cases.lean_checker import make_checker
from stepcheck.use_cases.suggestion_query import (
    MAX_CONTEXT_CHARACTERS,
    SuggestionQuery,
    shorten_context,
)

POSITION = ProofPosition("example : True := by\n  ", "\n")
HYPOTHESIS = "p : Prop\nh : p\n⊢ p"
PROPOSED = ("exact h", "assumption", "simp")


class ObedientChecker:
    """Shows one goal, proposes three steps, and proves by two of them only."""

    limits = CheckLimits()

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def open(self, position: ProofPosition) -> ProofState:
        return ProofState(position, (HYPOTHESIS,))

    async def propose(self, position: ProofPosition, wait_milliseconds: int = 0) -> LeanProposals:
        return LeanProposals(tuple(Proposal(step, ProposalSource.GOAL) for step in PROPOSED))

    async def check_each(self, position: ProofPosition, candidates: list[str], limits: CheckLimits):
        for text in candidates:
            self.tried.append(text)
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


async def suggest(client: ScriptedClient, prefix: str = "") -> tuple[SuggestionReport, list[str]]:
    checker = ObedientChecker()
    report = await StepSuggester(checker, client).suggest(SuggestionQuery(POSITION, prefix))
    return report, checker.tried


async def test_what_model_and_lean_propose_is_tried_once():
    client = ScriptedClient(suggestion("exact h", -3.0), suggestion("ring", -1.0))
    report, tried = await suggest(client)
    assert sorted(tried) == ["assumption", "exact h", "ring", "simp"]
    sources = {ranked.checked.step: (ranked.source, ranked.score) for ranked in report.steps}
    assert sources["exact h"] == (ProposalSource.MODEL, -3.0)
    assert sources["ring"] == (ProposalSource.MODEL, -1.0)
    assert sources["assumption"] == (ProposalSource.GOAL, 0.0)
    assert report.untried == 0


async def test_what_lean_proposes_needs_no_model_server():
    report, _ = await suggest(ScriptedClient(error=ServerUnreachableError("There is none.")))
    assert {ranked.checked.step for ranked in report.shown} == {"exact h", "assumption"}
    assert report.notes


async def test_what_lean_proposes_needs_no_request_that_can_be_made():
    report, _ = await suggest(ScriptedClient(), prefix="\ud800")
    assert report.notes
    assert report.steps == ()


async def test_what_lean_proposes_begins_with_the_prefix():
    report, _ = await suggest(ScriptedClient(), prefix="assum")
    assert [ranked.checked.step for ranked in report.steps] == ["assumption"]


class SlowChecker(ObedientChecker):
    """Needs a tenth of a second for a step."""

    async def check_each(self, position: ProofPosition, candidates: list[str], limits: CheckLimits):
        for text in candidates:
            await asyncio.sleep(0.1)
            self.tried.append(text)
            yield CheckedStep(text, StepVerdict.REJECTED)


async def test_when_time_is_over_only_what_the_model_suggests_late_is_tried():
    class LateClient(ScriptedClient):
        async def stream(self, request: SuggestRequest):
            await asyncio.sleep(2.0)
            async for item in super().stream(request):
                yield item

    class InventiveChecker(SlowChecker):
        async def propose(self, position: ProofPosition, wait_milliseconds: int = 0):
            steps = [f"exact h{number}" for number in range(40)]
            return LeanProposals(tuple(Proposal(step, ProposalSource.GOAL) for step in steps))

    checker = InventiveChecker()
    query = SuggestionQuery(POSITION, seconds=0.4)
    ranker = StepRanker({}, {"": 9.0, "k:_": -9.0})
    suggester = StepSuggester(checker, LateClient(suggestion("ring", -1.0)), ranker)
    report = await suggester.suggest(query)
    assert checker.tried[-1] == "ring"
    assert report.untried + len(report.steps) == 41
    assert report.untried


async def test_a_lean_that_proposes_late_is_not_too_late():
    class LateChecker(ObedientChecker):
        async def propose(self, position: ProofPosition, wait_milliseconds: int = 0):
            await asyncio.sleep(0.3)
            return await super().propose(position, wait_milliseconds)

    client = ScriptedClient(error=ServerUnreachableError("There is none."))
    query = SuggestionQuery(POSITION, seconds=0.05)
    report = await StepSuggester(LateChecker(), client).suggest(query)
    assert {ranked.checked.step for ranked in report.shown} == {"exact h", "assumption"}


async def test_lean_is_not_asked_in_vain_while_a_slow_model_goes_on():
    class SlowClient(ScriptedClient):
        async def stream(self, request: SuggestRequest):
            yield suggestion("ring", -1.0)
            await asyncio.sleep(0.5)
            async for item in super().stream(request):
                yield item

    class CountingChecker(SlowChecker):
        requests = 0

        def check_each(self, position: ProofPosition, candidates: list[str], limits: CheckLimits):
            self.requests += 1
            return super().check_each(position, candidates, limits)

    checker = CountingChecker()
    query = SuggestionQuery(POSITION, seconds=0.02)
    report = await StepSuggester(checker, SlowClient()).suggest(query)
    assert checker.requests < 10
    assert report.model == "scripted"


async def test_enough_proofs_end_the_work():
    class Prolific(ObedientChecker):
        async def check_each(
            self, position: ProofPosition, candidates: list[str], limits: CheckLimits
        ):
            for text in candidates:
                yield CheckedStep(text, StepVerdict.PROVED)

        async def propose(self, position: ProofPosition, wait_milliseconds: int = 0):
            steps = [f"exact h{number}" for number in range(40)]
            return LeanProposals(tuple(Proposal(step, ProposalSource.GOAL) for step in steps))

    client = ScriptedClient(suggestion("ring", -1.0))
    ranker = StepRanker({}, {"": 9.0})
    report = await StepSuggester(Prolific(), client, ranker).suggest(SuggestionQuery(POSITION))
    assert report.untried > 30
    assert "ring" in [ranked.checked.step for ranked in report.steps]
    assert len(report.shown) >= 3


def test_ten_steps_are_shown_and_the_others_counted():
    steps = tuple(
        RankedStep(CheckedStep(f"exact h{number}", StepVerdict.PROGRESS), 0.0)
        for number in range(12)
    )
    report = SuggestionReport(steps=steps)
    assert len(report.shown) == 10
    assert report.hidden == {StepVerdict.PROGRESS: 2}


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
