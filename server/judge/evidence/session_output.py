"""Whether an interpreter printed what a session shows: doctest's rules, and its sloppy writers.

`doctest` decides. What it refuses passes only where the same value of the same type is spelled
differently (`"a"` for `'a'`, another order of a set); where the session leaves open what it wants
(an output cut short by `...`, an exception without its message), nothing is decided.
"""

import ast
import doctest
import math
import re
from typing import Any

from stepcheck.server.sandbox.beside import Observation
from stepcheck.server.sandbox.checks import CheckResult, SessionExample, Status

_CHECKER = doctest.OutputChecker()
_ROUNDING = 1e-12
_WORDS_OF_PROSE = 3
_MAX_TEXT = 120
_NO_DETAIL = doctest.IGNORE_EXCEPTION_DETAIL


def judge_output(example: SessionExample, seen: Observation) -> CheckResult:
    """Return the result of an example that ran to its end."""
    printed, flags = seen.printed, _flags(example)
    if seen.exception is not None:
        return _judge_exception(example, seen, flags)
    if example.exception is not None:
        return _failed(example, printed, example.exception)
    if example.is_claim:
        return (
            CheckResult(Status.PASSED) if printed == "True\n" else _failed(example, printed, "True")
        )
    if not example.want:
        if not printed:
            return CheckResult(Status.PASSED)
        if example.shows_output:
            return _failed(example, printed, "nothing")
        return CheckResult(
            Status.INCONCLUSIVE, f"{_source(example)} shows no output to compare with"
        )
    if _CHECKER.check_output(example.want, printed, flags):
        return CheckResult(Status.PASSED)
    if _is_same_value(printed, example.want) or _is_followed_by_prose(printed, example.want):
        return CheckResult(Status.PASSED)
    if _is_cut_short(printed, example.want, flags):
        return _open(example, "the session cuts its output short")
    return _failed(example, printed, example.want)


def judge_preparation(
    example: SessionExample, source: str, seen: Observation
) -> CheckResult | None:
    """Return what is wrong with an example that prints nothing, or None."""
    if seen.exception is not None:
        return CheckResult(seen.status, seen.message, seen.line)
    if seen.printed and example.shows_output:
        shown = _shorten(seen.printed)
        return CheckResult(Status.FAILED, f"{source.strip()} gives {shown}, not nothing")
    return None


def _judge_exception(example: SessionExample, seen: Observation, flags: int) -> CheckResult:
    got = (seen.exception or "").strip()
    if seen.status is Status.INCONCLUSIVE:
        return CheckResult(seen.status, seen.message)
    if example.exception is None:
        status = Status.RAISED if seen.status is Status.FAILED else seen.status
        return CheckResult(status, seen.message, seen.line)
    want = example.exception.strip()
    if _CHECKER.check_output(want + "\n", got + "\n", flags):
        return CheckResult(Status.PASSED)
    (want_kind, want_message), (got_kind, got_message) = map(_split_exception, (want, got))
    if want_kind == got_kind:
        if flags & _NO_DETAIL or _CHECKER.check_output(want_message, got_message, flags):
            return CheckResult(Status.PASSED)
        if not want_message:
            return _open(example, "the session names no message")
        if _is_cut_short(got_message, want_message, flags):
            return _open(example, "the session cuts the message short")
    return _failed(example, got, want)


def _split_exception(line: str) -> tuple[str, str]:
    """Return the name of an exception, without its module's, and its message."""
    kind, _, message = line.partition(":")
    return kind.strip().rpartition(".")[2], message.strip()


def _flags(example: SessionExample) -> int:
    return sum(flag for flag, is_set in example.options if is_set)


def _is_same_value(printed: str, want: str) -> bool:
    try:
        got, wanted = ast.literal_eval(printed.strip()), ast.literal_eval(want.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return False
    return _same(got, wanted)


def _same(got: Any, wanted: Any) -> bool:
    if type(got) is not type(wanted):
        return False
    if isinstance(got, float):
        return math.isclose(got, wanted, rel_tol=_ROUNDING, abs_tol=0.0) or got == wanted
    if isinstance(got, list | tuple):
        return len(got) == len(wanted) and all(map(_same, got, wanted))
    if isinstance(got, dict):
        return _same_items(list(got.items()), list(wanted.items()))
    if isinstance(got, set):
        return _same_items(list(got), list(wanted))
    return bool(got == wanted)


def _same_items(got: list[Any], wanted: list[Any]) -> bool:
    """Compare without order, and with types: `1` is not `True`."""
    return len(got) == len(wanted) and all(any(_same(a, b) for b in wanted) for a in got)


def _is_followed_by_prose(printed: str, want: str) -> bool:
    first, _, rest = want.strip().partition("\n")
    return (
        len(re.findall(r"\b[A-Za-z]{2,}\b", rest)) >= _WORDS_OF_PROSE
        and not _is_literal(rest)
        and _is_literal(first)
        and _is_same_value(printed, first)
    )


def _is_literal(text: str) -> bool:
    return _is_same_value(text, text)


def _is_cut_short(printed: str, want: str, flags: int) -> bool:
    return "..." in want and _CHECKER.check_output(want, printed, flags | doctest.ELLIPSIS)


def _open(example: SessionExample, why: str) -> CheckResult:
    return CheckResult(Status.INCONCLUSIVE, f"{_source(example)}: {why}")


def _failed(example: SessionExample, got: str, want: str) -> CheckResult:
    message = f"{_source(example)} gives {_shorten(got) or 'nothing'}, not {_shorten(want)}"
    return CheckResult(Status.FAILED, message)


def _source(example: SessionExample) -> str:
    return _shorten(example.text)


def _shorten(text: str) -> str:
    return text.strip()[:_MAX_TEXT]
