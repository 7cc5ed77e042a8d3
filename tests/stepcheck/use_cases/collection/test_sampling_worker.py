"""Steps that the model alone draws: kept with Lean's verdicts, or without asking for them."""

from collections.abc import Sequence

import pytest

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestRequest, SuggestResponse, Timing
from stepcheck.use_cases.collection.sampling_worker import SamplingPlan
from stepcheck.use_cases.goal_files import StatedGoal

GOAL = StatedGoal("easy", "", ": 1 = 1").open_goal


class CountingChecker:
    """Proves the goal by `rfl` only, and counts what it is asked."""

    def __init__(self) -> None:
        self.tried: list[str] = []

    async def open(self, position: ProofPosition) -> ProofState:
        return ProofState(position, ("⊢ 1 = 1",))

    async def check(self, position: ProofPosition, candidates: Sequence[str]) -> list[CheckedStep]:
        self.tried += candidates
        verdicts = {True: StepVerdict.PROVED, False: StepVerdict.REJECTED}
        return [CheckedStep(step, verdicts[step == "rfl"]) for step in candidates]


class RecordingClient:
    """Draws two steps, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[SuggestRequest] = []

    async def suggest(self, request: SuggestRequest) -> SuggestResponse:
        self.requests.append(request)
        drawn = {"rfl": -0.5, "simp": -1.5}
        suggestions = [Suggestion(text=t, score=s, log_probability=s) for t, s in drawn.items()]
        timing = Timing(queue=0, generation=0)
        return SuggestResponse(suggestions=suggestions, model="m", request_id="1", timing=timing)


async def test_each_step_is_kept_with_its_verdict_and_score():
    client = RecordingClient()
    rows = await SamplingPlan(8, 0.7, 5).make_worker(CountingChecker(), client).collect(GOAL)
    kept = [(row.step, row.verdict, row.score, row.source) for row in rows]
    assert kept == [("rfl", "proved", -0.5, "model"), ("simp", "rejected", -1.5, "model")]
    assert [(row.number, row.of) for row in rows] == [(1, 2), (2, 2)]
    (request,) = client.requests
    assert (request.method, request.n, request.temperature) == ("sample", 8, 0.7)


async def test_without_verdicts_lean_tries_nothing():
    checker = CountingChecker()
    plan = SamplingPlan(8, 0.7, 5, checked=False)
    rows = await plan.make_worker(checker, RecordingClient()).collect(GOAL)
    assert [(row.step, row.verdict) for row in rows] == [("rfl", "unknown"), ("simp", "unknown")]
    assert checker.tried == []


async def test_equal_seeds_draw_the_same_and_other_seeds_do_not():
    client = RecordingClient()
    for seed in (1, 1, 2):
        await SamplingPlan(8, 0.7, seed).make_worker(CountingChecker(), client).collect(GOAL)
    first, second, third = (request.seed for request in client.requests)
    assert first == second != third


def test_without_a_model_there_is_nothing_to_draw_from():
    with pytest.raises(ValueError, match="no model"):
        SamplingPlan(8, 0.7, 1).make_worker(CountingChecker(), None)
