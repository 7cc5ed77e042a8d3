"""The lines that ran for checks, some of which failed, as `fault_localization` ranks them."""

from collections.abc import Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence.fault_localization import Run, rank_lines
from stepcheck.server.judge.languages.python.changes import changed_lines
from stepcheck.server.judge.question import Question
from stepcheck.server.sandbox.sandbox import CheckResult, Status


def locate(question: Question, results: Sequence[CheckResult]) -> tuple[CheckResult, ...]:
    """Return the results, those that are wrong with the most suspicious line that ran for them.

    Lines that an edit brought are the more suspicious.
    """
    if not any(result.status is Status.FAILED for result in results):
        return tuple(results)
    code, before = question.code, question.before
    runs = [
        Run(
            result.status is Status.PASSED,
            frozenset(result.lines),
            (result.candidate_line,) if result.candidate_line else (),
        )
        for result in results
        if result.status is not Status.INCONCLUSIVE
    ]
    ranked = rank_lines(code, runs, changed_lines(before, code) if before else frozenset())
    return tuple(
        replace(result, candidate_line=next((at for at in ranked if at in result.lines), None))
        if result.status is Status.FAILED
        else result
        for result in results
    )
