"""Goals one at a time: the model alone draws steps for one, which are tried, or only kept."""

import random
from dataclasses import dataclass

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.models.collected_steps import MODEL, CollectedStep
from stepcheck.use_cases.collection.goal_worker import GoalWorker, TriedStep, rows_of
from stepcheck.use_cases.goal_files import OpenGoal
from stepcheck.use_cases.open_goals import open_whole_goal
from stepcheck.use_cases.suggestion_query import SuggestionQuery, make_valid_request


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """So many independent draws for each goal at a temperature; equal seeds draw the same.

    Unless they are `checked`, all have the verdict `unknown`.
    """

    n: int
    temperature: float
    seed: int
    checked: bool = True

    def make_worker(self, checker: StepChecker, client: ServerClient | None) -> GoalWorker:
        """Make a worker. Raises ValueError if there is no model to draw from."""
        if client is None:
            raise ValueError("there is no model to draw from")
        return SamplingWorker(checker, client, self)


class SamplingWorker:
    """Lets the model draw, and Lean try what was drawn, each step once."""

    def __init__(self, checker: StepChecker, client: ServerClient, plan: SamplingPlan) -> None:
        self._checker = checker
        self._client = client
        self._plan = plan

    async def collect(self, goal: OpenGoal) -> tuple[CollectedStep, ...]:
        """Return a row for every distinct step that was drawn."""
        plan = self._plan
        state = await open_whole_goal(self._checker, goal)
        query = SuggestionQuery(
            goal.position, n=plan.n, temperature=plan.temperature, method="sample"
        )
        request = make_valid_request(query, state.goals)
        seed = random.Random(f"{plan.seed} {goal.key}").getrandbits(62)  # noqa: S311
        answer = await self._client.suggest(request.model_copy(update={"seed": seed}))
        drawn = {each.text: each.score for each in answer.suggestions}
        checked = [CheckedStep(step, StepVerdict.UNKNOWN) for step in drawn]
        if plan.checked:
            checked = await self._checker.check(goal.position, list(drawn))
        tried = [TriedStep(each, MODEL, drawn[each.step]) for each in checked]
        return rows_of(goal, state.goals, tried)
