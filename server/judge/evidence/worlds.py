"""The two worlds in which a check can run: beside the code, or apart from it.

*The proxy proves, the real world refutes.* Beside the code, a check has its real objects, so what
fails there fails. That it passes there shows something only if the code could not have reached the
check, by what it names, or could not know what is wanted, because the comparison is made here.
Otherwise the check runs once more, apart from the code and through proxies, where nothing can be
forged; what cannot be carried over to there is not decided.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence.observed_checks import (
    PlannedJob,
    compares_plain_data,
    needs_proof,
    plan,
    read,
)
from stepcheck.server.judge.languages.python.runner_access import find_runner_access
from stepcheck.server.sandbox.beside import World
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status

_UNENDED = (Status.TIMEOUT, Status.CRASHED, Status.INCONCLUSIVE)


def examine(
    source: str,
    names: Collection[str],
    checks: Sequence[Check],
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> tuple[CheckResult, ...]:
    """Return the results of checks of a candidate that defines `names`.

    Where one fails, those that ended have the lines that ran for them, and one that fails
    differently another time decides nothing. Raises `SandboxUnavailableError` and `CancelledError`.
    """
    access = find_runner_access(source, with_files=sandbox.place is None)
    planned = plan(checks, sandbox.limits.seconds_per_call, is_trusted=not access)
    with sandbox.open_world(source, is_cancelled) as world:
        if world.failure is not None:
            seen = world.failure
            return (CheckResult(seen.status, seen.message, seen.line),) * len(checks)
        results = _run(world, planned, checks)
        if any(result.status is Status.FAILED for result in results.values()):
            ended = [
                each
                for each in planned
                if all(results[number].status not in _UNENDED for number in each.checks)
            ]
            again = _run(world, ended, checks, traced=True)
            results |= {number: _combine_runs(results[number], again[number]) for number in again}
    unproved = [
        number
        for number, check in enumerate(checks)
        if access and results[number].status is Status.PASSED and needs_proof(check)
    ]
    if unproved and all(result.status is not Status.FAILED for result in results.values()):
        chosen = [checks[number] for number in unproved]
        proved = sandbox.examine(source, list(names), chosen, is_cancelled).results
        for number, proof in zip(unproved, proved, strict=True):
            results[number] = _combine_worlds(results[number], checks[number], proof, access)
    return tuple(results[number] for number in range(len(checks)))


def _run(
    world: World, planned: Sequence[PlannedJob], checks: Sequence[Check], *, traced: bool = False
) -> dict[int, CheckResult]:
    seen = world.run([each.job for each in planned], traced=traced)
    return {
        number: read(checks[number], observations)
        for each, observations in zip(planned, seen, strict=True)
        for number in each.checks
    }


def _combine_runs(first: CheckResult, again: CheckResult) -> CheckResult:
    """Return the first result, with the lines of the other."""
    differs = (first.status, first.message) != (again.status, again.message)
    if first.status is Status.FAILED and differs and again.status not in _UNENDED:
        message = f"{first.message}, and another time something else"
        return CheckResult(Status.INCONCLUSIVE, message)
    return replace(first, lines=again.lines)


def _combine_worlds(
    beside: CheckResult, check: Check, apart: CheckResult, access: str
) -> CheckResult:
    """Return what two runs say of a check that passed beside the code."""
    if check.stands_alone and apart.status in (Status.PASSED, Status.SELF_REPORTED):
        return replace(beside, status=apart.status, message=apart.message)
    if apart.status is Status.FAILED and compares_plain_data(check):
        return apart
    message = f"it passes beside the code, which might have seen to that itself: it has {access}"
    return CheckResult(Status.INCONCLUSIVE, message)
