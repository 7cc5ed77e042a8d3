"""How good suggestions are: exact match on steps, Lean's verdicts on goals."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.datasets import Goal, Step
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import StepVerdict

Suggest = Callable[[str, str], Sequence[str]]
"""Goal and file context in, the ten best steps out."""


@dataclass(frozen=True, slots=True)
class StepScores:
    """Shares of states whose human tactic is the first, or among the first ten."""

    exact_at_1: float
    exact_at_10: float


@dataclass(frozen=True, slots=True)
class GoalOutcome:
    """The verdicts of one goal's first ten candidates."""

    name: str
    verdicts: tuple[StepVerdict, ...]

    @property
    def is_proved(self) -> bool:
        """Whether one of the ten proves the goal."""
        return StepVerdict.PROVED in self.verdicts

    @property
    def is_helped(self) -> bool:
        """Whether one of the ten proves the goal or makes progress."""
        return any(verdict.is_shown for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class GoalScores:
    """Shares of goals with a `proved`, and with a `proved` or `progress`, in the first ten."""

    proved: float
    helped: float
    unopened: int


def normalise(tactic: str) -> str:
    """Fold white space, so that layout does not count."""
    return " ".join(tactic.split())


def score_steps(steps: Iterable[Step], suggest: Suggest) -> StepScores:
    """Compare the first ten suggestions with what the person wrote."""
    first = within_ten = total = 0
    for step in steps:
        total += 1
        suggestions = [normalise(text) for text in suggest(step.state, "")[:10]]
        wanted = normalise(step.tactic)
        first += suggestions[:1] == [wanted]
        within_ten += wanted in suggestions
    return StepScores(first / total, within_ten / total)


async def check_goal(
    checker: StepChecker, goal: Goal, suggest: Suggest, limits: CheckLimits
) -> GoalOutcome | None:
    """Check the first ten suggestions for a goal; none if Lean cannot open the goal."""
    position = ProofPosition(goal.before, "\n")
    try:
        state = await checker.open(position)
    except LeanError:
        return None
    candidates = list(suggest("\n\n".join(state.goals), goal.before))[:10]
    checked = await checker.check(position, candidates, limits)
    return GoalOutcome(goal.name, tuple(step.verdict for step in checked))


def score_goals(outcomes: Sequence[GoalOutcome | None]) -> GoalScores:
    """Summarise; a goal that Lean could not open counts as not helped."""
    opened = [outcome for outcome in outcomes if outcome is not None]
    return GoalScores(
        proved=sum(outcome.is_proved for outcome in opened) / len(outcomes),
        helped=sum(outcome.is_helped for outcome in opened) / len(outcomes),
        unopened=len(outcomes) - len(opened),
    )
