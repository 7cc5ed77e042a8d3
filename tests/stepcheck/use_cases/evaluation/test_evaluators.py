"""What is counted of a model's steps; suggestions and searches are in the tests of the command."""

from collections.abc import Sequence

import pytest

from stepcheck.client.errors import ServerUnreachableError
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.server.api.suggest_schemas import (
    Suggestion,
    SuggestRequest,
    SuggestResponse,
    Timing,
)
from stepcheck.use_cases.evaluation.evaluators import (
    MatchEvaluator,
    make_goal_evaluator,
)
from stepcheck.use_cases.evaluation.recorded_steps import RecordedStep
from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    Outcome,
)
from stepcheck.use_cases.goal_files import StatedGoal

GOAL = StatedGoal("easy", "", ": 1 = 1").open_goal


class ObedientChecker:
    """Shows one goal, and proves it by `rfl` only."""

    def __init__(self, goal: str = "⊢ 1 = 1") -> None:
        self._goal = goal
        self.tried: list[str] = []

    async def open(self, position: ProofPosition) -> ProofState:
        return ProofState(position, (self._goal,))

    async def check(self, position: ProofPosition, candidates: Sequence[str]) -> list[CheckedStep]:
        self.tried += candidates
        verdicts = {True: StepVerdict.PROVED, False: StepVerdict.REJECTED}
        return [CheckedStep(step, verdicts[step == "rfl"]) for step in candidates]


class DrawingClient:
    """Answers each request with the next of some steps; with none where that is empty."""

    def __init__(self, *steps: str) -> None:
        self._steps = list(steps)
        self.requests: list[SuggestRequest] = []

    async def suggest(self, request: SuggestRequest) -> SuggestResponse:
        self.requests.append(request)
        if not self._steps:
            raise ServerUnreachableError("No model server answers.", "Start it.")
        texts = self._steps[: request.n]
        del self._steps[: request.n]
        suggestions = [Suggestion(text=each, score=0, log_probability=0) for each in texts if each]
        return SuggestResponse(
            suggestions=suggestions,
            model="drawing",
            request_id="1",
            timing=Timing(queue=0, generation=0),
        )


def conditions(method: EvaluationMethod, n: int, seed: int = 0) -> EvaluationConditions:
    return EvaluationConditions(
        method=method, model="drawing", n=n, generation="beam", temperature=0.5, seed=seed
    )


async def draw(client: DrawingClient, checker: ObedientChecker, seed: int = 0):
    plan = conditions(EvaluationMethod.SAMPLE, 5, seed)
    return await make_goal_evaluator(checker, client, plan).evaluate(GOAL)


async def test_a_step_counts_as_often_as_it_was_drawn_and_is_checked_once():
    client, checker = DrawingClient("rfl", "simp", "rfl", "", "rfl"), ObedientChecker()
    measured = await draw(client, checker)
    assert (measured.outcome, measured.correct, measured.solution) == (Outcome.SOLVED, 3, "rfl")
    assert sorted(checker.tried) == ["rfl", "simp"]


async def test_draws_are_independent_and_can_be_repeated():
    seeds = []
    for seed in (0, 0, 1):
        client = DrawingClient(*["simp"] * 5)
        measured = await draw(client, ObedientChecker(), seed)
        assert (measured.outcome, measured.correct) == (Outcome.UNSOLVED, 0)
        assert {(each.n, each.method, each.temperature) for each in client.requests} == {
            (1, "sample", 0.5)
        }
        seeds.append({each.seed for each in client.requests})
    assert len(seeds[0]) == 5
    assert seeds[0] == seeds[1]
    assert seeds[0].isdisjoint(seeds[2])


async def test_a_goal_that_lean_could_not_read_is_no_failure_of_the_model():
    with pytest.raises(DocumentError, match="sorry"):
        await draw(DrawingClient(*["rfl"] * 5), ObedientChecker("⊢ sorry = 1"))


async def test_an_attempt_that_brings_lean_down_is_a_failure():
    class DyingChecker(ObedientChecker):
        async def check(self, position: ProofPosition, candidates: Sequence[str]):
            raise DocumentError("Lean did not survive the text before the position.", "")

    measured = await draw(DrawingClient(*["rfl"] * 5), DyingChecker())
    assert measured.outcome is Outcome.UNSOLVED
    assert "did not survive" in measured.problem


async def test_without_a_model_there_is_no_result():
    with pytest.raises(ServerUnreachableError):
        await draw(DrawingClient("rfl"), ObedientChecker())


@pytest.mark.parametrize(
    ("tactic", "rank"), [("simp", 1), ("exact  h.1\n", 2), ("omega", None), ("exact h", None)]
)
async def test_the_rank_is_that_of_the_recorded_tactic_whatever_its_layout(
    tactic: str, rank: int | None
):
    client = DrawingClient("simp", "exact h.1", "rfl", "omega")
    evaluator = MatchEvaluator(client, conditions(EvaluationMethod.MATCH, 3))
    measured = await evaluator.evaluate(RecordedStep("step", "h : p ∧ q\n⊢ p", tactic))
    assert measured.rank == rank
    assert (measured.outcome is Outcome.SOLVED) == (rank is not None)
    assert [(each.goal, each.method) for each in client.requests] == [("h : p ∧ q\n⊢ p", "beam")]
