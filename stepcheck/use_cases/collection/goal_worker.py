"""Goals one at a time: what is proposed for one is tried, and comes back as rows."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep
from stepcheck.models.collected_steps import FOUND, CollectedStep
from stepcheck.use_cases.goal_files import OpenGoal
from stepcheck.use_cases.note import raise_noted
from stepcheck.use_cases.open_goals import open_whole_goal
from stepcheck.use_cases.proposers import (
    INDEX_MILLISECONDS,
    LeanProposer,
    ModelProposer,
    Situation,
    merge_batches,
)
from stepcheck.use_cases.suggestion_query import (
    ROW_CONTEXT_CHARACTERS,
    SuggestionQuery,
    shorten_context,
)
from stepcheck.use_cases.trials import found_steps


class GoalWorker(Protocol):
    """Collects the rows of a goal."""

    async def collect(self, goal: OpenGoal) -> tuple[CollectedStep, ...]:
        """Return the rows of a goal.

        Raises `stepcheck.lean.errors.LeanError`, a `DocumentError` if it is this goal's fault, and
        `ClientError`.
        """
        ...


class WorkerPlan(Protocol):
    """What workers are to do: it travels to where they are."""

    def make_worker(self, checker: StepChecker, client: ServerClient | None) -> GoalWorker:
        """Make a worker of a checker, and of the model's client if there is one."""
        ...


@dataclass(frozen=True, slots=True)
class TriedStep:
    """A step, who proposed it with which score, and what Lean said of it."""

    checked: CheckedStep
    source: str
    score: float | None = None


def rows_of(
    goal: OpenGoal, goals: Sequence[str], tried: Sequence[TriedStep]
) -> tuple[CollectedStep, ...]:
    """Return the rows of a goal; `goals` are what Lean shows of it."""
    context = shorten_context(goal.position.before, ROW_CONTEXT_CHARACTERS)
    shown = "\n\n".join(goals)
    return tuple(
        CollectedStep(
            key=goal.key,
            place=goal.name,
            goal=shown,
            context=context,
            step=each.checked.step,
            source=each.source,
            score=each.score,
            verdict=each.checked.verdict,
            goals=each.checked.goals,
            milliseconds=each.checked.milliseconds,
            number=number,
            of=len(tried),
        )
        for number, each in enumerate(tried, 1)
    )


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """What is tried: a random `share` of the proposals, and so many steps of the model."""

    share: float = 1.0
    seed: int = 0
    n: int = 32

    def make_worker(self, checker: StepChecker, client: ServerClient | None) -> GoalWorker:
        """Make a worker that lets Lean propose, and the model if there is one."""
        return CheckerWorker(checker, client, self)


class CheckerWorker:
    """Has Lean propose, and the model if there is a client, and tries the proposals."""

    def __init__(
        self, checker: StepChecker, client: ServerClient | None, plan: CollectionPlan
    ) -> None:
        self._checker = checker
        self._client = client
        self._plan = plan

    async def collect(self, goal: OpenGoal) -> tuple[CollectedStep, ...]:
        """Return a row for every step that was tried, what searches found among them."""
        state = await open_whole_goal(self._checker, goal)
        drawn = self._draw(goal, await self._propose(goal, state.goals))
        checked = await self._checker.check(goal.position, [each.step for each in drawn])
        found = dict.fromkeys(step for each in checked for step in found_steps(each))
        found_first = [step for step in found if step not in {each.step for each in drawn}]
        checked += await self._checker.check(goal.position, found_first)
        sources = [(str(each.source), each.model_score) for each in drawn]
        sources += [(FOUND, None)] * len(found_first)
        tried = [TriedStep(each, *source) for each, source in zip(checked, sources, strict=True)]
        return rows_of(goal, state.goals, tried)

    async def _propose(self, goal: OpenGoal, goals: tuple[str, ...]) -> list[Proposal]:
        """Return what is proposed, each step once; the model's score of a known one is kept."""
        situation = Situation(SuggestionQuery(goal.position, n=self._plan.n), goals)
        lean = LeanProposer(self._checker, INDEX_MILLISECONDS)
        model = ModelProposer(self._client) if self._client is not None else None
        proposals: dict[str, Proposal] = {}
        async for batch in merge_batches([lean, model] if model else [lean], situation):
            for each in batch:
                if each.source is ProposalSource.MODEL or each.step not in proposals:
                    proposals[each.step] = each
        if model is not None:
            raise_noted(model.notes)
        return list(proposals.values())

    def _draw(self, goal: OpenGoal, proposals: Sequence[Proposal]) -> list[Proposal]:
        """Draw a share of the proposals: the same whenever and wherever the goal is done."""
        ordered = sorted(proposals, key=lambda each: each.step)
        draw = random.Random(f"{self._plan.seed} {goal.key}")  # noqa: S311
        wanted = max(1, round(self._plan.share * len(ordered)))
        return draw.sample(ordered, min(wanted, len(ordered)))
