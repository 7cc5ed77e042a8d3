"""Lines to blame for wrong results: the checks are run once more, traced."""

from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from stepcheck.server.judge.evidence.fault_localization import Run, rank_lines
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status


def locate(
    source: str,
    names: Sequence[str],
    checks: Sequence[Check],
    results: Sequence[CheckResult],
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
    changed: Set[int] = frozenset(),
) -> tuple[CheckResult, ...]:
    """Return the results, those that are wrong with the most suspicious line that ran for them.

    `changed` are the lines that an edit brought.
    Raises what `Sandbox.examine` does.
    """
    if not any(result.status is Status.FAILED for result in results):
        return tuple(results)
    traced = sandbox.examine(source, names, checks, is_cancelled, traced=True).results
    runs = [
        Run(
            result.status is Status.PASSED,
            frozenset(other.lines),
            (result.candidate_line,) if result.candidate_line else (),
        )
        for result, other in zip(results, traced, strict=True)
        if result.status is not Status.INCONCLUSIVE
    ]
    ranked = rank_lines(source, runs, changed)
    return tuple(
        replace(result, candidate_line=next((at for at in ranked if at in other.lines), None))
        if result.status is Status.FAILED
        else result
        for result, other in zip(results, traced, strict=True)
    )
