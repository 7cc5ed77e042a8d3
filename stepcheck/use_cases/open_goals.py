"""Goals of files, opened in Lean."""

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.open_places import PLACEHOLDER
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.protocol import MessageSeverity
from stepcheck.use_cases.goal_files import OpenGoal


async def open_whole_goal(checker: StepChecker, goal: OpenGoal) -> ProofState:
    """Return the state at a goal.

    Raises `stepcheck.lean.errors.LeanError`; a `DocumentError` also if Lean could not read the
    goal, in which it shows `sorry` for what it lacks.
    """
    state = await checker.open(goal.position)
    if any(PLACEHOLDER.search(shown) for shown in state.goals):
        errors = [each.text for each in state.messages if each.severity is MessageSeverity.ERROR]
        problem = errors[-1] if errors else "The goal itself holds `sorry`."
        raise DocumentError(problem, "Mend the statement.")
    return state
