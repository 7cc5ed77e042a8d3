"""The examiner's side: run checks against functions whose calls another process carries out.

A check never shares an interpreter with the candidate. What the candidate does to its own
`assert`, `==`, output or exit status therefore has no bearing: it can only return values.
"""

import ast
import builtins
import io
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any

from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.candidate_proxy import CandidateProxy
from stepcheck.server.sandbox.child.handles import (
    CheckStoppedError,
    Handle,
    is_raised_by_candidate,
    type_name,
)
from stepcheck.server.sandbox.child.matching import values_match
from stepcheck.server.sandbox.child.transport import UntransportableError, encode

CHECK_FILE = "<check>"
_MAX_MESSAGE = 400
_MAX_VALUE = 10_000


def examine(
    names: Iterable[str],
    checks: Iterable[dict[str, Any]],
    candidate: CandidateProxy,
    report: Callable[[dict[str, Any]], None],
) -> None:
    """Run each check and report how it went; first, whether the candidate's module runs."""
    try:
        report({"load": candidate.load()})
    except CheckStoppedError as stop:
        report({"load": {"status": stop.status, "message": stop.message}})
        return
    known: dict[str, Any] = {"nodes": nodes} | {name: candidate.global_name(name) for name in names}
    known |= candidate.exceptions
    for check in checks:
        report(_run(check, dict(known), candidate))


def _run(check: dict[str, Any], names: dict[str, Any], candidate: CandidateProxy) -> dict[str, Any]:
    names |= {"__name__": "check", "__builtins__": builtins}
    candidate.begin_check()
    status, message, line, value = "passed", "", None, None
    try:
        message, value = _evaluate_check(check, names, candidate)
        if message:
            status = "failed"
    except CheckStoppedError as stop:
        status, message = stop.status, stop.message
    except AssertionError as error:
        line = _line_of(error)
        status, message = "failed", _source_line(check["source"], line) or str(error)
    except BaseException as error:
        line = _line_of(error)
        # An error that is not the candidate's says nothing about it.
        status = "raised" if is_raised_by_candidate(error) else "inconclusive"
        message = f"{type(error).__name__}: {error}"
    if candidate.stopped:
        status, message = candidate.stopped.status, candidate.stopped.message
    elif candidate.calls == 0:
        status, message = "inconclusive", message or "the candidate was never called"
    elif status == "passed" and candidate.is_self_reported:
        status, message = "self_reported", "the candidate itself compared its objects"
    return {
        "status": status,
        "message": message[:_MAX_MESSAGE],
        "value": value,
        "candidate_line": candidate.line if status == "raised" else None,
        "lines": sorted(candidate.lines),
    }


def _evaluate_check(
    check: dict[str, Any], names: dict[str, Any], candidate: CandidateProxy
) -> tuple[str, str | None]:
    """Run a check; return what is wrong, or nothing, and the value that was asked for."""
    source, expected = check["source"], check["expected"]
    if expected is None:
        exec(compile(source, CHECK_FILE, "exec"), names)  # noqa: S102 - it is isolated
        return "", None
    value, printed = evaluate(source, names)
    if check["any_value"]:
        shown = repr(value) if _is_plain_data(value) else ""
        return "", shown if 0 < len(shown) <= _MAX_VALUE else None
    if isinstance(value, Handle) and (shown := repr(value)).split() == expected.split():
        # It gave its text before it could learn what is expected.
        return "", None
    try:
        expected_value = eval(expected, dict(names))  # noqa: S307 - it is isolated
    except Exception:
        printed += candidate.printed + ("" if value is None else repr(value))
        matches, shown = printed.split() == expected.split(), printed
    else:
        matches = values_match(value, expected_value) or (
            printed != "" and printed.split() == expected.split()
        )
        shown = _show(value)
    return "" if matches else _describe_difference(source, expected, shown), None


def evaluate(source: str, names: dict[str, Any]) -> tuple[Any, str]:
    """Return the value of a check's last expression, and what the check itself printed."""
    tree = ast.parse(source, CHECK_FILE)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise CheckStoppedError("inconclusive", "the example does not end in an expression")
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, CHECK_FILE, "exec"), names)  # noqa: S102 - it is isolated
        expression = compile(ast.Expression(last.value), CHECK_FILE, "eval")
        value = eval(expression, names)  # noqa: S307 - it is isolated
    return value, printed.getvalue()


def _is_plain_data(value: Any) -> bool:
    try:
        encode(value)
    except UntransportableError:
        return False
    return True


def _show(value: Any) -> str:
    return f"a {type_name(value)}" if isinstance(value, Handle) else repr(value)


def _describe_difference(source: str, expected: str, shown: str) -> str:
    return f"{source.strip()} gives {shown[:120]}, not {expected.strip()[:120]}"


def _line_of(error: BaseException) -> int | None:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == CHECK_FILE
    ]
    return lines[-1] if lines else None


def _source_line(source: str, line: int | None) -> str:
    lines = source.splitlines()
    return lines[line - 1].strip() if line and line <= len(lines) else ""


def discard_output() -> None:
    """Discard what checks print."""
    sys.stdout = sys.stderr = io.StringIO()
