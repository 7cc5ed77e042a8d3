"""Checks that fail are run once more, traced, for the lines that `fault_localization` ranks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence.fault_localization import Run, rank_lines
from stepcheck.server.judge.languages.python.changes import changed_lines
from stepcheck.server.judge.languages.python.source import definitions, parse
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status


def locate(
    question: Question,
    checks: Sequence[Check],
    results: Sequence[CheckResult],
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> tuple[CheckResult, ...]:
    """Return the results, those that are wrong with the most suspicious line that ran for them.

    Lines that an edit brought are the more suspicious. Raises what `Sandbox.examine` does.
    """
    if not any(result.status is Status.FAILED for result in results):
        return tuple(results)
    code, before = question.code, question.before
    names = definitions(parse(code))
    traced = sandbox.examine(code, names, checks, is_cancelled, traced=True).results
    runs = [
        Run(
            result.status is Status.PASSED,
            frozenset(other.lines),
            (result.candidate_line,) if result.candidate_line else (),
        )
        for result, other in zip(results, traced, strict=True)
        if result.status is not Status.INCONCLUSIVE
    ]
    changed = changed_lines(before, code) if before else frozenset()
    ranked = rank_lines(code, runs, changed)
    return tuple(
        replace(result, candidate_line=next((at for at in ranked if at in other.lines), None))
        if result.status is Status.FAILED
        else result
        for result, other in zip(results, traced, strict=True)
    )
