"""The examiner's side: run checks against functions that are answered by another process.

A check never shares an interpreter with the candidate. What the candidate does to its own
`assert`, `==`, output or exit status therefore has no bearing: it can only return values.
"""

import ast
import builtins
import io
import math
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any

from stepcheck.server.judge.evidence.confined.transport import (
    Channel,
    PeerLostError,
    UntransportableError,
    decode,
    encode,
)

CHECK_FILE = "<check>"
_MAX_MESSAGE = 400
_MAX_VALUE = 10_000
_RELATIVE_TOLERANCE = 1e-6


class CandidateError(Exception):
    """The candidate raised something that is not a built-in exception."""


class _StoppedError(BaseException):
    """Ends a check, past any `except Exception` of its own."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Candidate:
    """The functions of the candidate, as the checks see them."""

    def __init__(self, channel: Channel, seconds_per_call: float) -> None:
        self._channel = channel
        self._seconds = seconds_per_call
        self._lost: _StoppedError | None = None
        self.calls: int
        self.printed: str
        self.line: int | None
        self.stopped: _StoppedError | None
        self.begin()

    def load(self) -> dict[str, Any]:
        """Return what the candidate said about running its module."""
        return self._receive()

    def begin(self) -> None:
        """Forget what the last check saw."""
        self.calls, self.printed, self.line, self.stopped = 0, "", None, None

    def function(self, name: str) -> Callable[..., Any]:
        """Return a function that the candidate answers."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            return self._call(name, arguments, keywords)

        call.__name__ = call.__qualname__ = name
        return call

    def _call(self, name: str, arguments: Iterable[Any], keywords: dict[str, Any]) -> Any:
        given = list(arguments)
        if self._lost:
            self.stopped = self._lost
            raise self._lost
        try:
            frame = {
                "function": name,
                "arguments": encode(given),
                "keywords": encode(keywords),
            }
            self._channel.send(frame)
        except UntransportableError as error:
            raise self._stop("inconclusive", f"an argument is not plain data: {error}") from None
        except PeerLostError:
            raise self._lose("crashed", "the candidate's process ended") from None
        self.calls += 1
        said = self._receive()
        printed = said.get("printed", "")
        self.printed += printed if isinstance(printed, str) else ""
        if "raised" in said:
            self.line = said.get("line")
            raise _exception(said)
        if "untransportable" in said:
            raise self._stop("inconclusive", f"the result: {said['untransportable']}")
        try:
            value = decode(said["value"])
            _mutate_alike(given, decode(said["arguments"]))
        except (PeerLostError, KeyError):
            raise self._lose("crashed", "the candidate broke the connection") from None
        return value

    def _receive(self) -> dict[str, Any]:
        try:
            return self._channel.receive(self._seconds)
        except TimeoutError:
            raise self._lose("timeout", f"no answer within {self._seconds:g} s") from None
        except PeerLostError:
            raise self._lose("crashed", "the candidate's process ended") from None

    def _lose(self, status: str, message: str) -> _StoppedError:
        self._lost = self._stop(status, message)
        return self._lost

    def _stop(self, status: str, message: str) -> _StoppedError:
        self.stopped = _StoppedError(status, message)
        return self.stopped


def examine(
    functions: Iterable[str],
    checks: Iterable[dict[str, Any]],
    candidate: Candidate,
    report: Callable[[dict[str, Any]], None],
) -> None:
    """Run each check and report how it went; first, whether the candidate's module runs."""
    try:
        report({"load": candidate.load()})
    except _StoppedError as stop:
        report({"load": {"status": stop.status, "message": stop.message}})
        return
    names = {name: candidate.function(name) for name in functions}
    for check in checks:
        report(_run(check, dict(names), candidate))


def _run(check: dict[str, Any], names: dict[str, Any], candidate: Candidate) -> dict[str, Any]:
    names |= {"__name__": "check", "__builtins__": builtins}
    candidate.begin()
    status, message, line, value = "passed", "", None, None
    try:
        message, value = _perform(check, names, candidate)
        status = "failed" if message else "passed"
    except _StoppedError as stop:
        status, message = stop.status, stop.message
    except AssertionError as error:
        line = _line_of(error)
        status, message = "failed", _source_line(check["source"], line) or str(error)
    except BaseException as error:
        line = _line_of(error)
        # An error that is not the candidate's says nothing about it.
        status = "raised" if _is_ours(error) else "inconclusive"
        message = f"{type(error).__name__}: {error}"
    if candidate.stopped:
        status, message = candidate.stopped.status, candidate.stopped.message
    elif candidate.calls == 0:
        status, message = "inconclusive", message or "the candidate was never called"
    return {
        "status": status,
        "message": message[:_MAX_MESSAGE],
        "value": value,
        "candidate_line": candidate.line if status == "raised" else None,
    }


def _perform(
    check: dict[str, Any], names: dict[str, Any], candidate: Candidate
) -> tuple[str, str | None]:
    """Run a check; return what is wrong, or nothing, and the value that was asked for."""
    source, expected = check["source"], check["expected"]
    if expected is None:
        exec(compile(source, CHECK_FILE, "exec"), names)  # noqa: S102 - it is confined
        return "", None
    value, printed = _evaluate(source, names)
    if check["any_value"]:
        shown = repr(value)
        return "", shown if len(shown) <= _MAX_VALUE else None
    try:
        wanted = eval(expected, dict(names))  # noqa: S307 - it is confined
    except Exception:
        printed += candidate.printed + ("" if value is None else repr(value))
        matches, shown = printed.split() == expected.split(), printed
    else:
        matches = _same(value, wanted) or (printed != "" and printed.split() == expected.split())
        shown = repr(value)
    return "" if matches else _differs(source, expected, shown), None


def _evaluate(source: str, names: dict[str, Any]) -> tuple[Any, str]:
    """Return the value of the last expression, and what the check itself printed."""
    tree = ast.parse(source, CHECK_FILE)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise _StoppedError("inconclusive", "the example does not end in an expression")
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, CHECK_FILE, "exec"), names)  # noqa: S102 - it is confined
        expression = compile(ast.Expression(last.value), CHECK_FILE, "eval")
        value = eval(expression, names)  # noqa: S307 - it is confined
    return value, printed.getvalue()


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, float) or isinstance(wanted, float):
        try:
            return math.isclose(value, wanted, rel_tol=_RELATIVE_TOLERANCE, abs_tol=1e-12)
        except TypeError:
            return False
    if type(value) is type(wanted) and isinstance(value, list | tuple):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    return bool(value == wanted)


def _differs(source: str, expected: str, shown: str) -> str:
    return f"{source.strip()} gives {shown[:120]}, not {expected.strip()[:120]}"


def _exception(said: dict[str, Any]) -> Exception:
    name, message = str(said["raised"]), str(said.get("message", ""))
    kind = getattr(builtins, name, None)
    error: Exception
    if isinstance(kind, type) and issubclass(kind, Exception) and kind is not AssertionError:
        try:
            error = kind(message)
        except TypeError:
            error = CandidateError(f"{name}: {message}")
    else:
        error = CandidateError(f"{name}: {message}")
    error.add_note(_NOTE)
    return error


_NOTE = "raised by the candidate"


def _is_ours(error: BaseException) -> bool:
    return _NOTE in getattr(error, "__notes__", ())


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


def _mutate_alike(mine: list[Any], theirs: Any) -> None:
    """Repeat on the arguments what the candidate did to its copies of them."""
    if not isinstance(theirs, list) or len(theirs) != len(mine):
        return
    for kept, changed in zip(mine, theirs, strict=True):
        if type(kept) is not type(changed):
            continue
        if isinstance(kept, list) and kept != changed:
            kept[:] = changed
        elif isinstance(kept, dict | set) and kept != changed:
            kept.clear()
            kept.update(changed)


def keep_quiet() -> None:
    """Keep what checks print to themselves."""
    sys.stdout = sys.stderr = io.StringIO()
