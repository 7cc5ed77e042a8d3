"""The two worlds in which a check can run: beside the code, or apart from it.

*The proxy proves, the real world refutes.* Beside the code, a check has its real objects, so what
fails there fails. That it passes there shows something only if the code could not have reached the
check, by what it names, or could not know what is wanted, because the comparison is made here.
Otherwise the check runs once more, apart from the code and through proxies, where nothing can be
forged; what cannot be carried over to there is not decided.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.observed_checks import (
    FACTOR_FOR_SCRIPTS,
    PlannedJob,
    compares_plain_data,
    needs_proof,
    plan,
    read,
    read_script,
)
from stepcheck.server.judge.languages.python.runner_access import find_runner_access
from stepcheck.server.judge.languages.python.source import bindings, parse
from stepcheck.server.sandbox.beside import Job, Suite, World
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status

_ALL = "the tests"
_FAILURES = (Status.FAILED, Status.RAISED, Status.TIMEOUT, Status.CRASHED)
_UNFINISHED = CheckResult(Status.INCONCLUSIVE, "it was not run again")
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


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of a test; its `owner` is the function or class at the top of the tests."""

    name: str
    owner: str | None
    result: CheckResult
    skipped: bool = False


def examine_suite(
    source: str,
    suite: Suite,
    proofs: Mapping[str | None, Check],
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> tuple[TestResult, ...]:
    """Return the results of a file of tests.

    The `proofs` say the same as a test of this owner, or as the whole, and can run apart from the
    code. Raises `SandboxUnavailableError` and `CancelledError`.
    """
    access = find_runner_access(source, with_files=sandbox.place is None)
    job = Job(suite=suite, seconds=FACTOR_FOR_SCRIPTS * sandbox.limits.seconds_per_call)
    opened = sandbox.open_world(source, is_cancelled, with_pytest=suite.needs_pytest)
    with opened as world:
        if world.failure is not None:
            seen = world.failure
            return (TestResult(_ALL, None, CheckResult(seen.status, seen.message, seen.line)),)
        found = _run_suite(world, job)
        if any(each.result.status is Status.FAILED for each in found):
            again = {each.name: each.result for each in _run_suite(world, job, traced=True)}
            found = [
                replace(each, result=_combine_runs(each.result, again.get(each.name, _UNFINISHED)))
                for each in found
            ]
    if any(each.result.status in _FAILURES for each in found):
        return tuple(found)
    unproved = {each.owner for each in found if access and each.result.status is Status.PASSED}
    if all(each.owner is None and each.result.status is Status.INCONCLUSIVE for each in found):
        # They cannot be run beside the code, such as without pytest.
        found = [TestResult(str(owner or _ALL), owner, found[0].result) for owner in proofs]
        unproved = set(proofs)
    chosen = {owner: check for owner, check in proofs.items() if owner in unproved}
    names = bindings(parse(source))
    proved = (
        sandbox.examine(source, names, list(chosen.values()), is_cancelled).results
        if chosen
        else ()
    )
    proof = dict(zip(chosen, proved, strict=True))
    return tuple(
        replace(each, result=_combine_suite_worlds(each.result, proof.get(each.owner), access))
        if each.owner in unproved
        else each
        for each in found
    )


def _run_suite(world: World, job: Job, *, traced: bool = False) -> list[TestResult]:
    suite = job.suite
    assert suite is not None  # noqa: S101 - the caller's part
    [seen] = world.run([job], traced=traced)
    return [
        TestResult(each.item or _ALL, each.owner, read_script(suite.source, each), each.skipped)
        for each in seen
    ]


def _combine_suite_worlds(
    beside: CheckResult, apart: CheckResult | None, access: str
) -> CheckResult:
    if apart is not None and apart.status in (Status.PASSED, Status.SELF_REPORTED):
        return replace(beside, status=apart.status, message=apart.message)
    if beside.status is Status.INCONCLUSIVE:
        return beside
    return CheckResult(Status.INCONCLUSIVE, _might_have(access))


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
    return CheckResult(Status.INCONCLUSIVE, _might_have(access))


def _might_have(access: str) -> str:
    return f"it passes beside the code, which might have seen to that itself: it has {access}"
