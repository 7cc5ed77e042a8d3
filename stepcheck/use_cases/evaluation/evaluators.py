"""One goal, or one recorded step, at a time: what came of it."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.search import SearchBudget
from stepcheck.lean.verdict import StepVerdict
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.checked_suggestions import StepSuggester
from stepcheck.use_cases.evaluation.recorded_steps import RecordedStep
from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    Outcome,
)
from stepcheck.use_cases.goal_files import OpenGoal
from stepcheck.use_cases.note import raise_noted
from stepcheck.use_cases.open_goals import open_whole_goal
from stepcheck.use_cases.proof_search import Prover
from stepcheck.use_cases.proposers import INDEX_MILLISECONDS
from stepcheck.use_cases.suggestion_query import SuggestionQuery, make_valid_request

MAX_SEARCH_REQUESTS = 1_000
"""More than fit into the time: it is the clock that ends a search."""

VERIFICATION_SECONDS = 600.0
"""Beyond twice the time of the search: what hangs altogether is given up."""

DRAWS_AT_ONCE = 16

Item = TypeVar("Item", contravariant=True)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of one item; the fields are those of an `EvaluationResult`."""

    outcome: Outcome
    rank: int | None = None
    correct: int | None = None
    solution: str = ""
    problem: str = ""


class Evaluator(Protocol[Item]):
    """Evaluates items, one after the other."""

    async def evaluate(self, item: Item) -> Measured:
        """Return what came of an item.

        Raises `DocumentError` if Lean cannot open it, another `stepcheck.lean.errors.LeanError` if
        there is no Lean any more, and `ClientError` if the model cannot be asked.
        """
        ...


class Attempt(Protocol):
    """Tries to prove a goal that Lean has opened."""

    async def prove(self, goal: OpenGoal) -> Measured:
        """Return what came of it; raises as an `Evaluator` does."""
        ...


@dataclass(frozen=True, slots=True)
class GoalEvaluator:
    """Opens goals and has them tried.

    Whatever goes wrong with a goal once it was opened is a failure, also of Lean: else an attempt
    that brings it down would be spared.
    """

    checker: StepChecker
    attempt: Attempt

    async def evaluate(self, item: OpenGoal) -> Measured:
        """Open the goal, and try to prove it."""
        await open_whole_goal(self.checker, item)
        try:
            return await self.attempt.prove(item)
        except DocumentError as error:
            return Measured(Outcome.UNSOLVED, problem=error.problem)


@dataclass(frozen=True, slots=True)
class StepAttempt:
    """Asks for suggestions as a person does, and looks at what is shown."""

    checker: StepChecker
    client: ServerClient
    conditions: EvaluationConditions

    async def prove(self, goal: OpenGoal) -> Measured:
        """Find the first of the steps shown that proves the goal."""
        query = SuggestionQuery(
            goal.position,
            n=self.conditions.n,
            method=self.conditions.generation,
            seconds=self.conditions.seconds,
        )
        report = await StepSuggester(self.checker, self.client).suggest(query)
        raise_noted(report.notes)
        for rank, shown in enumerate(report.shown, 1):
            if shown.checked.verdict is StepVerdict.PROVED:
                return Measured(Outcome.SOLVED, rank=rank, solution=shown.checked.step)
        return Measured(Outcome.UNSOLVED)


@dataclass(frozen=True, slots=True)
class SearchAttempt:
    """Searches whole proofs; one counts once the whole file has been checked with it."""

    checker: StepChecker
    client: ServerClient
    conditions: EvaluationConditions

    async def prove(self, goal: OpenGoal) -> Measured:
        """Search for a proof."""
        n, seconds = self.conditions.n, self.conditions.seconds
        settings = SuggestionSettings(method=self.conditions.generation)
        prover = Prover(self.checker, self.client, settings)
        budget = SearchBudget(seconds, MAX_SEARCH_REQUESTS, n)
        try:
            async with asyncio.timeout(2 * seconds + VERIFICATION_SECONDS):
                report = await prover.prove(goal.position, budget)
        except TimeoutError:
            return Measured(Outcome.UNSOLVED, problem="The search did not end, and was given up.")
        raise_noted(report.notes)
        verified, script = report.verified, report.script
        if verified is None:
            return Measured(Outcome.UNSOLVED)
        if verified.verdict is StepVerdict.PROVED:
            return Measured(Outcome.SOLVED, solution=script)
        problem = f"In the whole file the proof is {verified.verdict}: {verified.reason}"
        return Measured(Outcome.UNSOLVED, solution=script, problem=problem)


@dataclass(frozen=True, slots=True)
class SampleAttempt:
    """Draws steps of the model independently, and counts the draws that prove the goal."""

    checker: StepChecker
    client: ServerClient
    conditions: EvaluationConditions

    async def prove(self, goal: OpenGoal) -> Measured:
        """Draw, and check each step once however often it was drawn."""
        state = await self.checker.open(goal.position)
        query = SuggestionQuery(
            goal.position, n=1, temperature=self.conditions.temperature, method="sample"
        )
        request = make_valid_request(query, state.goals)
        turn = asyncio.Semaphore(DRAWS_AT_ONCE)
        # Each draw is a request of its own: an answer with several drops what was drawn before.
        draws = await asyncio.gather(
            *(self._draw(request, goal.key, number, turn) for number in range(self.conditions.n))
        )
        drawn = Counter(step for step in draws if step is not None)
        checked = await self.checker.check(goal.position, list(drawn))
        proofs = [each.step for each in checked if each.verdict is StepVerdict.PROVED]
        correct = sum(drawn[step] for step in proofs)
        if not proofs:
            return Measured(Outcome.UNSOLVED, correct=0)
        return Measured(
            Outcome.SOLVED, correct=correct, solution=max(proofs, key=drawn.__getitem__)
        )

    async def _draw(
        self, request: SuggestRequest, key: str, number: int, turn: asyncio.Semaphore
    ) -> str | None:
        """Return a step, or none if the model drew one that is never shown, such as `sorry`."""
        seed = random.Random(f"{self.conditions.seed} {key} {number}").getrandbits(62)  # noqa: S311
        async with turn:
            answer = await self.client.suggest(request.model_copy(update={"seed": seed}))
        return answer.suggestions[0].text if answer.suggestions else None


@dataclass(frozen=True, slots=True)
class MatchEvaluator:
    """Compares what the model proposes with what a person wrote; needs no Lean."""

    client: ServerClient
    conditions: EvaluationConditions

    async def evaluate(self, item: RecordedStep) -> Measured:
        """Find the recorded tactic among the model's first; layout does not count."""
        steps = await best_steps(self.client, item.state, self.conditions)
        proposed = [_fold_blanks(step) for step in steps]
        wanted = _fold_blanks(item.tactic)
        if wanted not in proposed:
            return Measured(Outcome.UNSOLVED)
        return Measured(Outcome.SOLVED, rank=proposed.index(wanted) + 1, solution=item.tactic)


async def best_steps(
    client: ServerClient, state: str, conditions: EvaluationConditions
) -> list[str]:
    """Return the model's n best steps at a recorded state, whose file is not known.

    Raises `DocumentError` if the model cannot be asked about it, and `ClientError`.
    """
    nowhere = ProofPosition("", "")
    query = SuggestionQuery(nowhere, n=conditions.n, method=conditions.generation)
    answer = await client.suggest(make_valid_request(query, (state,)))
    return [each.text for each in answer.suggestions]


def make_goal_evaluator(
    checker: StepChecker, client: ServerClient, conditions: EvaluationConditions
) -> Evaluator[OpenGoal]:
    """Make the evaluator of a method that is about goals; the others have none."""
    attempt: Attempt
    match conditions.method:
        case EvaluationMethod.STEP:
            attempt = StepAttempt(checker, client, conditions)
        case EvaluationMethod.SEARCH:
            attempt = SearchAttempt(checker, client, conditions)
        case EvaluationMethod.SAMPLE:
            attempt = SampleAttempt(checker, client, conditions)
        case EvaluationMethod.MATCH | EvaluationMethod.DOJO:
            raise ValueError("recorded steps and theorems are no goals")
    return GoalEvaluator(checker, attempt)


async def warm_up(checkers: Sequence[StepChecker], goals: Sequence[OpenGoal]) -> None:
    """Let the first goal not pay for what is made once: what it imports, the index of premises."""

    async def prepare(checker: StepChecker) -> None:
        with contextlib.suppress(DocumentError):
            await checker.propose(goals[0].position, INDEX_MILLISECONDS)

    await asyncio.gather(*map(prepare, checkers))


def _fold_blanks(tactic: str) -> str:
    return " ".join(tactic.split())
