"""What the outcomes of trials tell a search: what limits to set, and whether an edit helps."""

from collections.abc import Sequence

from stepcheck.server.sandbox.sandbox import Status
from stepcheck.server.sandbox.trials import TrialLimits, TrialOutcome

_SLOWER, _LEAST_SECONDS, MOST_SECONDS = 5.0, 0.05, 0.3
_MORE_STEPS, _LEAST_STEPS, MOST_STEPS = 10, 10_000, 200_000
"""How many times what the unchanged code takes an edit may take, and the bounds of that."""
_PROGRESS = 2.0
_CHANGE = -2.0
_BLIND = -4.0


def limits_like(order: Sequence[int], outcomes: Sequence[TrialOutcome]) -> TrialLimits:
    """Return limits some times what each check took, and never very low."""
    # A check that hangs says nothing of how long checks take.
    ended = {
        number: outcome
        for number, outcome in zip(order, outcomes, strict=False)
        if outcome.status is not Status.TIMEOUT
    }
    seconds = _SLOWER * sum(outcome.seconds for outcome in ended.values())
    most = max((outcome.steps for outcome in ended.values()), default=0)
    steps = {
        number: min(
            _LEAST_STEPS + _MORE_STEPS * (ended[number].steps if number in ended else most),
            MOST_STEPS,
        )
        for number in order
    }
    return TrialLimits(min(max(seconds, _LEAST_SECONDS), MOST_SECONDS), MOST_STEPS, steps)


def until_failure(outcomes: Sequence[TrialOutcome]) -> Sequence[TrialOutcome]:
    """Return the outcomes up to the first check that does not pass."""
    for number, outcome in enumerate(outcomes):
        if not is_passed(outcome):
            return outcomes[: number + 1]
    return outcomes


def passes(outcomes: Sequence[TrialOutcome], number: int) -> bool:
    """Whether the check of this number passed; those behind one that hung did not."""
    return number < len(outcomes) and is_passed(outcomes[number])


def is_passed(outcome: TrialOutcome) -> bool:
    """Whether a check passed."""
    return outcome.status is Status.PASSED


def is_out_of_steps(outcome: TrialOutcome) -> bool:
    """Whether a check ended for its steps, in little time."""
    return outcome.status is Status.TIMEOUT and outcome.steps > 0


def gain(before: Sequence[TrialOutcome], after: Sequence[TrialOutcome]) -> float | None:
    """Return what a change of the outcomes is worth to a search, or None if there is none."""
    passed_before = sum(map(is_passed, before))
    passed_after = sum(map(is_passed, after))
    if passed_after != passed_before:
        return _PROGRESS if passed_after > passed_before else None
    old, new = before[-1], after[-1]
    if old.status is Status.RAISED and (new.status is Status.FAILED or _is_further(old, new)):
        return _PROGRESS
    if old.status is Status.TIMEOUT and new.status is Status.FAILED:
        return _PROGRESS
    if old.status is new.status is Status.FAILED:
        return _CHANGE if old.value != new.value else _BLIND
    return None


def _is_further(old: TrialOutcome, new: TrialOutcome) -> bool:
    """Whether another error is raised, not at load, or at another place."""
    if new.status is not Status.RAISED or (new.at_load and not old.at_load):
        return False
    return (old.at_load, old.message) != (new.at_load, new.message) and (
        old.places[-1:] <= new.places[-1:]
    )
