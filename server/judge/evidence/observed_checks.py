"""From what was seen beside the code to the results of checks, and which of these are proved."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stepcheck.server.judge.evidence.session_output import judge_output, judge_preparation
from stepcheck.server.sandbox.beside import Job, Observation
from stepcheck.server.sandbox.checks import Check, CheckResult, Status
from stepcheck.server.sandbox.child.matching import values_match
from stepcheck.server.sandbox.parsing import parse_expression, parse_module

FACTOR_FOR_SCRIPTS = 2.0
"""How much longer a test may take than a call."""

_MAX_TEXT = 120
_TELLING = (ast.Compare, ast.BinOp, ast.Assert, ast.Match)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A job, and the numbers of the checks that it answers."""

    job: Job
    checks: tuple[int, ...]


def plan(checks: Sequence[Check], seconds: float, *, is_trusted: bool) -> list[PlannedJob]:
    """Return the jobs that answer the checks, each call within `seconds` of processor time.

    Examples of one session are one job. What is wanted is told only to code that is trusted, or
    where nothing else can tell.
    """
    planned: list[PlannedJob] = []
    sources: tuple[str, ...] = ()
    for number, check in enumerate(checks):
        session = check.session
        if session is not None:
            if sources and session.sources[: len(sources)] == sources:
                numbers = (*planned.pop().checks, number)
            else:
                numbers = (number,)
            sources = session.sources
            planned.append(PlannedJob(Job(examples=sources, seconds=seconds), numbers))
            continue
        sources = ()
        if check.expected is None:
            job = Job(check.source, seconds=FACTOR_FOR_SCRIPTS * seconds)
        else:
            told = check.expected if is_trusted or not _is_literal(check.expected) else None
            job = Job(check.source, is_value=True, expected=told, seconds=seconds)
        planned.append(PlannedJob(job, (number,)))
    return planned


def read(check: Check, seen: Sequence[Observation]) -> CheckResult:
    """Return the result of a check, from what was seen of its job."""
    if check.session is not None:
        result = _read_session(check, seen)
    elif check.expected is None:
        result = read_script(check.source, seen[0])
    else:
        result = _read_value(check, check.expected, seen[0])
    own = seen[check.session.first : len(check.session.sources)] if check.session else seen
    lines = {line for each in own for line in each.lines}
    return replace(result, message=_ADDRESS.sub("", result.message), lines=tuple(sorted(lines)))


def needs_proof(check: Check) -> bool:
    """Tell whether a pass of code that might reach the check has to be proved apart from it.

    What has to be run in its session cannot be. Unless the session says there what is wanted, the
    code was not told it.
    """
    if check.session is None or check.session.stands_alone:
        return True
    try:
        trees = [parse_module(source) for source in check.session.sources]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return any(isinstance(node, _TELLING) for tree in trees for node in ast.walk(tree))


def compares_plain_data(check: Check) -> bool:
    """Tell whether a check compares what a call returns with a literal."""
    return check.session is None and check.expected is not None and bool(_literal(check.expected))


def _read_session(check: Check, seen: Sequence[Observation]) -> CheckResult:
    session = check.session
    assert session is not None  # noqa: S101 - the caller's part
    last = len(session.sources) - 1
    for number in range(session.first, last + 1):
        if (result := _not_ended(seen[number])) is not None:
            return result
        if number < last:
            wrong = judge_preparation(session, session.sources[number], seen[number])
            if wrong is not None:
                return wrong
    return judge_output(session, seen[last])


def _not_ended(seen: Observation) -> CheckResult | None:
    """Return the result of what neither ended nor raised, or None."""
    if seen.status is Status.PASSED or seen.exception is not None:
        return None
    return CheckResult(seen.status, seen.message, seen.line)


def read_script(source: str, seen: Observation) -> CheckResult:
    """Return the result of statements, or of a test in the text `source`."""
    message = seen.message
    if seen.status is Status.FAILED and seen.check_line is not None:
        lines = source.splitlines()
        place = lines[seen.check_line - 1].strip() if seen.check_line <= len(lines) else ""
        detail = message.partition(":")[2].strip().partition("\n")[0]
        message = f"{place} ({detail})" if detail and place else place or message
    return CheckResult(seen.status, _ADDRESS.sub("", message), seen.line, lines=seen.lines)


def _read_value(check: Check, expected: str, seen: Observation) -> CheckResult:
    if seen.status is not Status.PASSED:
        # An assertion of the code is an exception of it, and none of the check.
        status = Status.RAISED if seen.status is Status.FAILED else seen.status
        return CheckResult(status, seen.message, seen.line)
    if check.any_value:
        return CheckResult(Status.PASSED, value=seen.shown if seen.has_value else None)
    is_text = not _is_expression(expected)
    shown = seen.printed + ("" if seen.is_none else seen.shown) if is_text else seen.shown
    wanted = _literal(expected)
    if seen.matches is not None:
        matches = seen.matches
    elif seen.has_value and wanted:
        matches = values_match(seen.value, wanted[0])
    elif is_text or shown.split() == expected.split():
        # It gave its text without having learned what is wanted.
        matches = shown.split() == expected.split()
    else:
        message = "an object of the candidate is compared with plain data"
        return CheckResult(Status.INCONCLUSIVE, message)
    if matches or (seen.matches is False and shown.split() == expected.split()):
        return CheckResult(Status.PASSED)
    source = check.source.strip()
    message = f"{source} gives {shown[:_MAX_TEXT]}, not {expected.strip()[:_MAX_TEXT]}"
    return CheckResult(Status.FAILED, message)


def _is_literal(expected: str) -> bool:
    """Tell whether what is wanted can be compared outside: plain data, or text that is no code."""
    return bool(_literal(expected)) or not _is_expression(expected)


def _is_expression(text: str) -> bool:
    try:
        parse_expression(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _literal(text: str) -> tuple[Any, ...]:
    """Return the value that the text is a literal of, alone in a tuple, or nothing."""
    try:
        return (ast.literal_eval(text.strip()),)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return ()
