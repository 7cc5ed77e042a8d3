"""Try many programs in one confined process: each in a fork of its own, checks beside the code.

Checks share the interpreter with the code they try, which could therefore forge what comes of
them. A trial sorts candidates out; it never speaks for one.
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
from stepcheck.server.sandbox.child.examiner import CHECK_FILE, evaluate, same
from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load
from stepcheck.server.sandbox.child.transport import Channel, PeerLostError

_MAX_MESSAGE = 300
_MAX_VALUE = 2_000
_MAX_REPORT_BYTES = 1_000_000
_MAX_FRAMES = 50
_PATIENCE = 1.5
_BY_THE_CLOCK = 10.0
_GRACE_SECONDS = 0.1
_END = "end"


def serve_trials(channel: Channel, place: dict[str, Any] | None) -> None:
    """Answer until the other side leaves: first the checks, then one program after another.

    `place` is the programs' place in a project, see `load`.
    """
    try:
        order = channel.receive()
        for name in order["imports"]:
            # Imported once here, a module costs the forks nothing.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        checks: list[dict[str, Any]] = order["checks"]
        while True:
            asked = channel.receive()
            checks.extend(asked.get("more_checks", ()))
            chosen = [checks[number] for number in asked["checks"]]
            channel.send({"outcomes": _try(channel, asked | {"place": place}, chosen)})
    except PeerLostError:
        return


def _try(
    channel: Channel, asked: dict[str, Any], checks: list[dict[str, Any]]
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
                _work(asked, checks, output)
        finally:
            os._exit(0)
    os.close(writing)
    patience = _BY_THE_CLOCK * asked["seconds"] + _GRACE_SECONDS
    report, ended = _receive(reading, time.monotonic() + patience)
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
        # A program that forks without end reports in many voices: the first end counts.
        if line == _END.encode():
            return outcomes
        with contextlib.suppress(ValueError):
            outcomes.append(json.loads(line))
    return [*outcomes, {"status": ending, "message": "", "places": [], "lines": []}]


def _work(asked: dict[str, Any], checks: list[dict[str, Any]], output: TextIO) -> None:
    """Run the program, then its checks; report each, and the end."""
    printed = BoundedText()
    sys.stdout = sys.stderr = printed
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - it lasts as long as the process
    place = asked["place"]
    file = place["file"] if place else FILE_NAME
    tracer = _Tracer(file) if asked["trace"] else None
    # Processor time, so that a busy machine fails nobody; the second timer ends what computes on
    # without a chance to hear the first.
    signal.signal(signal.SIGPROF, _interrupt)
    signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
    signal.setitimer(signal.ITIMER_VIRTUAL, _PATIENCE * asked["seconds"])

    def report(outcome: dict[str, Any]) -> None:
        output.write(json.dumps(outcome) + "\n")
        output.flush()

    try:
        module = load(asked["source"], place)
    except BaseException as error:
        report(_describe(error, file) | {"lines": [], "at_load": True})
        output.write(f"{_END}\n")
        return
    for check in checks:
        printed.take()
        names = {"nodes": nodes} | vars(module) | {"__name__": "check"}
        began = time.process_time()
        with tracer.watch() if tracer else contextlib.nullcontext():
            outcome = _check(check, names, printed, file)
        outcome["seconds"] = time.process_time() - began
        report(outcome | {"lines": tracer.take() if tracer else []})
        if outcome["status"] == "timeout" or (asked["stop"] and outcome["status"] != "passed"):
            break
    output.write(f"{_END}\n")


def _check(
    check: dict[str, Any], names: dict[str, Any], printed: BoundedText, file: str
) -> dict[str, Any]:
    outcome: dict[str, Any] = {"status": "passed", "message": "", "places": [], "value": None}
    try:
        return outcome | _perform(check, names, printed)
    except AssertionError as error:
        # How far the check came is all that its failure tells.
        reached = f"line {_lines_in(CHECK_FILE, error)[-1:]}"
        return outcome | _describe(error, file) | {"value": reached}
    except BaseException as error:
        return outcome | _describe(error, file)


def _perform(check: dict[str, Any], names: dict[str, Any], printed: BoundedText) -> dict[str, Any]:
    source, expected = check["source"], check["expected"]
    if check["any_value"]:
        value, _ = evaluate(source, names)
        return {"value": repr(value)[:_MAX_VALUE]}
    if expected is None:
        exec(compile(source, CHECK_FILE, "exec"), names)  # noqa: S102 - it is confined
        return {}
    with redirect_stdout(printed):
        value, shown = evaluate(source, names)
    try:
        wanted = eval(expected, dict(names))  # noqa: S307 - it is confined
    except Exception:
        shown += printed.take() + ("" if value is None else repr(value))
        matches = shown.split() == expected.split()
    else:
        matches = same(value, wanted) or (shown != "" and shown.split() == expected.split())
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
    if isinstance(error, _TooSlowError):
        status, message = "timeout", ""
    return {"status": status, "message": message[:_MAX_MESSAGE], "places": places}


def _lines_in(file: str, error: BaseException) -> list[int]:
    frames = traceback.extract_tb(error.__traceback__, limit=-_MAX_FRAMES)
    return [frame.lineno for frame in frames if frame.filename == file and frame.lineno]


class _TooSlowError(BaseException):
    """The program's time is over; raised within it, so that one sees where it was."""


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise _TooSlowError


class _Tracer:
    """Collects the lines of the program that are executed."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: set[int] = set()

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)

    def take(self) -> list[int]:
        taken = sorted(self._lines)
        self._lines.clear()
        return taken

    def _enter(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        return self._step if frame.f_code.co_filename == self._file else None

    def _step(self, frame: FrameType, event: str, argument: object) -> Any:  # noqa: ARG002
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self._step
