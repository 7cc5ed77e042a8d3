"""Try many programs in one isolated process: each in a fork of its own, checks beside the code.

Checks share the interpreter with the code they try, which could therefore forge their
results. A trial can rule a program out; it never shows that one is right.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import redirect_stdout
from types import FrameType
from typing import Any, TextIO

from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.candidate import BoundedText
from stepcheck.server.sandbox.child.examiner import CHECK_FILE, evaluate, values_match
from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load_candidate
from stepcheck.server.sandbox.child.transport import Channel, PeerLostError

_MAX_MESSAGE = 300
_MAX_VALUE = 2_000
_MAX_REPORT_BYTES = 1_000_000
_MAX_FRAMES = 50
_HARD_LIMIT_FACTOR = 1.5
_WALL_TIME_FACTOR = 10.0
_GRACE_SECONDS = 0.1
_END = "end"


def serve_trials(channel: Channel, place: dict[str, Any] | None) -> None:
    """Receive the checks, then run one program after another until the other side closes.

    `place` is the programs' place in a project, see `load_candidate`.
    """
    try:
        order = channel.receive()
        for name in order["imports"]:
            # Imported once here, a module costs the forks nothing.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        checks: list[dict[str, Any]] = order["checks"]
        while True:
            request = channel.receive()
            checks.extend(request.get("more_checks", ()))
            chosen = [checks[number] for number in request["checks"]]
            channel.send({"outcomes": _run_in_fork(channel, request | {"place": place}, chosen)})
    except PeerLostError:
        return


def _run_in_fork(
    channel: Channel, request: dict[str, Any], checks: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Fork, run the program and its checks there, and collect what is reported in time."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        try:
            os.setpgid(0, 0)
            os.close(reading)
            channel.close()
            with os.fdopen(writing, "w") as output:
                _run_program(request, checks, output)
        finally:
            os._exit(0)
    os.close(writing)
    wall_seconds = _WALL_TIME_FACTOR * request["seconds"] + _GRACE_SECONDS
    report, ended = _receive(reading, time.monotonic() + wall_seconds)
    os.close(reading)
    for kill, target in ((os.killpg, worker), (os.kill, worker)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(target, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    hung = not ended or os.WTERMSIG(status) == signal.SIGVTALRM
    return _read_outcomes(report, "timeout" if hung else "crashed")


def _receive(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """Return what is reported, and whether it came to an end in time."""
    received = bytearray()
    while len(received) < _MAX_REPORT_BYTES:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return bytes(received), False
        part = os.read(descriptor, 1 << 16)
        if not part:
            break
        received += part
    return bytes(received), True


def _read_outcomes(report: bytes, ending: str) -> list[dict[str, Any]]:
    """Return the outcomes; where the program did not come to an end, the last one says how."""
    outcomes: list[dict[str, Any]] = []
    for line in report.splitlines():
        # The forks of a program report as well: the first end counts.
        if line == _END.encode():
            return outcomes
        with contextlib.suppress(ValueError):
            outcomes.append(json.loads(line))
    return [*outcomes, {"status": ending, "message": "", "places": [], "lines": []}]


def _run_program(request: dict[str, Any], checks: list[dict[str, Any]], output: TextIO) -> None:
    """Run the program, then its checks; report each, and the end."""
    printed = BoundedText()
    sys.stdout = sys.stderr = printed
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - it lasts as long as the process
    place = request["place"]
    file = place["file"] if place else FILE_NAME
    tracer = _LineTracer(file) if request["trace"] else None
    # Processor time, so that a busy machine fails no program; the second timer kills what computes
    # on without handling the first.
    signal.signal(signal.SIGPROF, _raise_time_limit)
    signal.setitimer(signal.ITIMER_PROF, request["seconds"])
    signal.setitimer(signal.ITIMER_VIRTUAL, _HARD_LIMIT_FACTOR * request["seconds"])

    def report(outcome: dict[str, Any]) -> None:
        output.write(json.dumps(outcome) + "\n")
        output.flush()

    try:
        module = load_candidate(request["source"], place)
    except BaseException as error:
        report(_describe(error, file) | {"lines": [], "at_load": True})
        output.write(f"{_END}\n")
        return
    for check in checks:
        printed.take()
        names = {"nodes": nodes} | vars(module) | {"__name__": "check"}
        began = time.process_time()
        with tracer.tracing() if tracer else contextlib.nullcontext():
            outcome = _check(check, names, printed, file)
        outcome["seconds"] = time.process_time() - began
        report(outcome | {"lines": tracer.take() if tracer else []})
        if outcome["status"] == "timeout" or (request["stop"] and outcome["status"] != "passed"):
            break
    output.write(f"{_END}\n")


def _check(
    check: dict[str, Any], names: dict[str, Any], printed: BoundedText, file: str
) -> dict[str, Any]:
    outcome: dict[str, Any] = {"status": "passed", "message": "", "places": [], "value": None}
    try:
        return outcome | _evaluate_check(check, names, printed)
    except AssertionError as error:
        # How far the check came is all that its failure tells.
        reached = f"line {_lines_in(CHECK_FILE, error)[-1:]}"
        return outcome | _describe(error, file) | {"value": reached}
    except BaseException as error:
        return outcome | _describe(error, file)


def _evaluate_check(
    check: dict[str, Any], names: dict[str, Any], printed: BoundedText
) -> dict[str, Any]:
    source, expected = check["source"], check["expected"]
    if check["any_value"]:
        value, _ = evaluate(source, names)
        return {"value": repr(value)[:_MAX_VALUE]}
    if expected is None:
        exec(compile(source, CHECK_FILE, "exec"), names)  # noqa: S102 - it is isolated
        return {}
    with redirect_stdout(printed):
        value, shown = evaluate(source, names)
    try:
        expected_value = eval(expected, dict(names))  # noqa: S307 - it is isolated
    except Exception:
        shown += printed.take() + ("" if value is None else repr(value))
        matches = shown.split() == expected.split()
    else:
        matches = values_match(value, expected_value) or (
            shown != "" and shown.split() == expected.split()
        )
    return {"status": "passed" if matches else "failed", "value": repr(value)[:_MAX_VALUE]}


def _describe(error: BaseException, file: str) -> dict[str, Any]:
    places = _lines_in(file, error)
    if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
        places.append(error.lineno)
    try:
        message = f"{type(error).__name__}: {error}"
    except BaseException:
        message = type(error).__name__
    status = "failed" if isinstance(error, AssertionError) else "raised"
    if isinstance(error, _TimeLimitError):
        status, message = "timeout", ""
    return {"status": status, "message": message[:_MAX_MESSAGE], "places": places}


def _lines_in(file: str, error: BaseException) -> list[int]:
    frames = traceback.extract_tb(error.__traceback__, limit=-_MAX_FRAMES)
    return [frame.lineno for frame in frames if frame.filename == file and frame.lineno]


class _TimeLimitError(BaseException):
    """The program's time is over; raised within it, so that the traceback shows where it was."""


def _raise_time_limit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise _TimeLimitError


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
