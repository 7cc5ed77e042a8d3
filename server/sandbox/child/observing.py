"""Run one piece of code in the candidate's module, and say what was seen; Python 3.9 and later.

What is wanted is not known here: whoever compares does it elsewhere.
"""

from __future__ import annotations
import __future__

import contextlib
import errno
import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child import module_loading
from stepcheck.server.sandbox.child.coroutines import settle
from stepcheck.server.sandbox.child.forks import Report, TimeLimitError, limit_processor_time
from stepcheck.server.sandbox.child.transport import UntransportableError, encode

CHECK_FILE = "<check>"
MAX_MESSAGE = 400
_MAX_SHOWN = 10_000
_MAX_VALUE = 1_000_000
_MAX_PRINTED = 1 << 20
_MAX_FRAMES = 50
_MAX_CHAIN = 10
_FLAGS = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}
_ERRORS_OF_CHECKS = ("NameError", "ImportError", "SyntaxError", "FixtureLookupError")
_LIMITS = {
    errno.ENOSPC: "disk space",
    errno.EDQUOT: "disk space",
    errno.EFBIG: "larger files",
    errno.EROFS: "files that can be written",
    errno.EMFILE: "more open files",
    errno.ENFILE: "more open files",
    errno.ENETUNREACH: "a network",
    errno.ENETDOWN: "a network",
    errno.EHOSTUNREACH: "a network",
    errno.EPERM: "rights that the sandbox denies",
}


class BoundedOutput(io.StringIO):
    """A text file in memory that keeps the beginning of what is written."""

    def write(self, text: str) -> int:
        """Keep `text`, as far as there is room."""
        if self.tell() < _MAX_PRINTED:
            super().write(text[:_MAX_PRINTED])
        return len(text)


@contextlib.contextmanager
def captured_output() -> Iterator[BoundedOutput]:
    """Collect what is printed meanwhile on standard output; discard what is on standard error."""
    before, output = (sys.stdout, sys.stderr), BoundedOutput()
    sys.stdout, sys.stderr = output, BoundedOutput()
    try:
        yield output
    finally:
        sys.stdout, sys.stderr = before


class LineTracer:
    """Records the lines of one file that run, as a context."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.lines: set[int] = set()

    def __enter__(self) -> LineTracer:
        sys.settrace(self.trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Trace a frame, as `sys.settrace` wants it."""
        if frame.f_code.co_filename != self._file:
            return None
        if event == "line":
            self.lines.add(frame.f_lineno)
        return self.trace


class Watcher(NamedTuple):
    """Watches code run, for so many seconds of processor time; lines are those of the `file`."""

    file: str
    seconds: float
    traced: bool

    def watch(self, observe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return what is observed, or how it failed."""
        tracer = LineTracer(self.file)
        limit_processor_time(self.seconds)
        try:
            with tracer if self.traced else contextlib.nullcontext():
                seen = observe()
        except BaseException as error:
            seen = describe_error(error, self.file)
            if type(error).__name__ in _ERRORS_OF_CHECKS and seen.get("line") is None:
                seen["status"] = "inconclusive"
        limit_processor_time(0)
        return {"status": "passed", **seen, "lines": sorted(tracer.lines)}

    def report(self, observe: Callable[[], dict[str, Any]], report: Report) -> None:
        """Report what is observed."""
        report(self.watch(observe))


def observe_value(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Return the value of the last expression, as plain data or as text, and what was printed.

    Of a coroutine that is what it comes to. Raises what the code raises.
    """
    import ast

    tree = ast.parse(source, CHECK_FILE)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        return {"status": "inconclusive", "message": "the example does not end in an expression"}
    with captured_output() as printed:
        exec(compile(tree, CHECK_FILE, "exec"), names)  # noqa: S102 - it is isolated
        expression = compile(ast.Expression(last.value), CHECK_FILE, "eval")
        value = settle(eval(expression, names))  # noqa: S307 - it is isolated
        seen: dict[str, Any] = {"shown": repr(value)[:_MAX_SHOWN], "is_none": value is None}
        with contextlib.suppress(UntransportableError):
            encoded = encode(value)
            if len(json.dumps(encoded)) <= _MAX_VALUE:
                seen["value"] = encoded
    return {**seen, "printed": printed.getvalue(), "result": value}


def observe_script(source: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run statements to their end; raises what they raise."""
    exec(compile(source, CHECK_FILE, "exec"), names)  # noqa: S102 - it is isolated
    return {}


def observe_example(source: str, names: dict[str, Any], file: str) -> dict[str, Any]:
    """Run an example of an interactive session; return what an interpreter prints.

    An exception's line is the one in `file`, the candidate's.
    Raises nothing but `TimeLimitError`: an exception is part of what is printed.
    """
    flags = 0
    for name, flag in _FLAGS.items():
        if names.get(name) is getattr(__future__, name):
            flags |= flag
    display, sys.displayhook = sys.displayhook, sys.__displayhook__
    seen: dict[str, Any] = {}
    try:
        with captured_output() as printed:
            try:
                code = compile(source, CHECK_FILE, "single", flags, True)
                exec(code, names)  # noqa: S102 - it is isolated
            except TimeLimitError:
                raise
            except BaseException as error:
                seen = {"error": describe_error(error, file)}
                seen["exception"] = traceback.format_exception_only(type(error), error)[-1]
    finally:
        sys.displayhook = display
    return {**seen, "printed": printed.getvalue()}


def describe_error(error: BaseException, file: str) -> dict[str, Any]:
    """Return what an exception says; its line in the candidate's file and in the check."""
    if isinstance(error, TimeLimitError):
        return {"status": "timeout", "line": _last_line(error, file)}
    try:
        message = f"{type(error).__name__}: {error}"
    except BaseException:
        message = type(error).__name__
    status = "raised"
    if missing := _missing(error):
        status, message = "inconclusive", f"needs {missing}: {message}"
    elif isinstance(error, AssertionError):
        status = "failed"
    return {
        "status": status,
        "message": message[:MAX_MESSAGE],
        "line": _last_line(error, file),
        "check_line": _last_line(error, CHECK_FILE),
    }


def is_raised_outside(error: BaseException, file: str) -> bool:
    """Tell whether an exception comes from another module than the candidate's."""
    frames = traceback.extract_tb(error.__traceback__, limit=-_MAX_FRAMES)
    return not frames or frames[-1].filename not in (file, module_loading.__file__)


def _missing(error: BaseException) -> str:
    """Return what the sandbox lacks, where that, and not the code, is to blame."""
    current: BaseException | None = error
    for _ in range(_MAX_CHAIN):
        if current is None:
            return ""
        if isinstance(current, MemoryError):
            return "more memory than there is here"
        if isinstance(current, ModuleNotFoundError):
            return "a module that is not installed here"
        if isinstance(current, OSError):
            if type(current).__name__ == "gaierror":
                return "a network"
            if type(current) is BlockingIOError and current.errno == errno.EAGAIN:
                return "more processes than there may be here"
            if current.errno in _LIMITS:
                return _LIMITS[current.errno]
        if isinstance(current, RuntimeError) and "can't start new thread" in str(current):
            return "more threads than there may be here"
        current = current.__cause__ or current.__context__
    return ""


def _last_line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__, limit=-_MAX_FRAMES)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return lines[-1] if lines else None
