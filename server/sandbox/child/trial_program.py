"""Run one program and its checks, side by side, within its limits of time and steps."""

from __future__ import annotations

import ast
import contextlib
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from types import CodeType, FrameType
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.candidate import BoundedText
from stepcheck.server.sandbox.child.examiner import CHECK_FILE
from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load_candidate
from stepcheck.server.sandbox.child.steps import LimitError, StepCounter, count_steps
from stepcheck.server.sandbox.child.trial_check import TrialCheck

_MAX_MESSAGE = 300
_MAX_FRAMES = 50
_HARD_LIMIT_FACTOR = 1.5
_PURE_MODULES = frozenset(
    {
        *("__future__", "abc", "bisect", "cmath", "collections", "copy", "dataclasses", "enum"),
        *("fractions", "functools", "heapq", "itertools", "math", "numbers", "operator", "re"),
        *("statistics", "string", "textwrap", "typing", "unicodedata"),
    }
)
"""Modules that leave nothing behind for another program in the same process."""
_REACHING_OUT = frozenset(
    {
        *("__builtins__", "__class__", "__dict__", "__globals__", "__import__", "__subclasses__"),
        *("breakpoint", "compile", "delattr", "eval", "exec", "exit", "globals", "open", "quit"),
        "setattr",
    }
)


class TrialOrder(NamedTuple):
    """How programs are tried.

    They may take `seconds` of processor time for all checks, and so many `steps` for each. To
    `stop`, no check is run after one that does not pass. What is `shared` runs in a process that
    runs others after it. With `trace`, the lines that run are recorded.
    """

    seconds: float
    steps: Sequence[int]
    stop: bool
    trace: bool
    shared: bool


class SharingRefusedError(Exception):
    """A program may leave something behind for the next in its process; it was not run."""


class TrialProgram:
    """Runs programs one after another; `place` is theirs in a project, see `load_candidate`."""

    def __init__(self, place: dict[str, Any] | None) -> None:
        self._place = place
        self._file = place["file"] if place else FILE_NAME
        self._counter = StepCounter()
        self._printed = BoundedText()
        sys.stdout, sys.stderr = self._printed, BoundedText()
        signal.signal(signal.SIGPROF, _raise_time_limit)

    def run(
        self, source: str, checks: Sequence[TrialCheck], order: TrialOrder
    ) -> Iterator[dict[str, Any]]:
        """Yield the outcome of each check; raises `SharingRefusedError` and `LimitError`."""
        with _time_limit(order.seconds):
            yield from self._run(source, checks, order)

    def _run(
        self, source: str, checks: Sequence[TrialCheck], order: TrialOrder
    ) -> Iterator[dict[str, Any]]:
        tracer = _LineTracer(self._file) if order.trace else None
        self._counter.limit(max(order.steps, default=0))
        try:
            code = self._compile(source, is_shared=order.shared)
            module = load_candidate(source, self._place, code)
        except SharingRefusedError:
            raise
        except BaseException as error:
            yield self._describe(error) | {"lines": [], "at_load": True}
            return
        for check, steps in zip(checks, order.steps, strict=True):
            self._printed.take()
            names = {"nodes": nodes} | vars(module) | {"__name__": "check"}
            began = time.process_time()
            self._counter.limit(steps)
            with tracer.tracing() if tracer else contextlib.nullcontext():
                outcome = self._check(check, names)
            outcome["steps"] = self._counter.taken
            outcome["seconds"] = time.process_time() - began
            yield outcome | {"lines": tracer.take() if tracer else []}
            is_over = order.stop and outcome["status"] != "passed"
            if is_over or outcome["status"] == "timeout":
                return

    def _compile(self, source: str, *, is_shared: bool) -> CodeType:
        tree = ast.parse(source, self._file)
        if is_shared and not _imported_modules(tree) <= _PURE_MODULES:
            raise SharingRefusedError
        code = compile(count_steps(tree), self._file, "exec", dont_inherit=True)
        if is_shared and not _REACHING_OUT.isdisjoint(_names_in(code)):
            raise SharingRefusedError
        return code

    def _check(self, check: TrialCheck, names: dict[str, Any]) -> dict[str, Any]:
        outcome: dict[str, Any] = {"status": "passed", "message": "", "places": [], "value": None}
        try:
            return outcome | check.evaluate(names, self._printed)
        except AssertionError as error:
            # How far the check came is all that its failure tells.
            reached = f"line {_lines_in(CHECK_FILE, error)[-1:]}"
            return outcome | self._describe(error) | {"value": reached}
        except BaseException as error:
            return outcome | self._describe(error)

    def _describe(self, error: BaseException) -> dict[str, Any]:
        places = _lines_in(self._file, error)
        if isinstance(error, SyntaxError) and error.filename == self._file and error.lineno:
            places.append(error.lineno)
        try:
            message = f"{type(error).__name__}: {error}"
        except BaseException:
            message = type(error).__name__
        status = "failed" if isinstance(error, AssertionError) else "raised"
        if isinstance(error, LimitError):
            status, message = "timeout", ""
        return {"status": status, "message": message[:_MAX_MESSAGE], "places": places}


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    # Processor time, so that a busy machine fails no program; the second timer kills what computes
    # on without handling the first.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HARD_LIMIT_FACTOR * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _raise_time_limit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise LimitError


def _imported_modules(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _lines_in(file: str, error: BaseException) -> list[int]:
    frames = deque(traceback.walk_tb(error.__traceback__), maxlen=_MAX_FRAMES)
    return [line for frame, line in frames if frame.f_code.co_filename == file and line]


class _LineTracer:
    """Records the lines of the program that are executed."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: set[int] = set()

    @contextlib.contextmanager
    def tracing(self) -> Iterator[None]:
        sys.settrace(self._trace_call)
        try:
            yield
        finally:
            sys.settrace(None)

    def take(self) -> list[int]:
        taken = sorted(self._lines)
        self._lines.clear()
        return taken

    def _trace_call(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        return self._trace_line if frame.f_code.co_filename == self._file else None

    def _trace_line(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self._trace_line
