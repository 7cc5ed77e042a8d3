"""Run work in a fork of this process, within its own processor time, and collect its reports.

Runs on Python 3.9 and later.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, NamedTuple

Report = Callable[[dict[str, Any]], None]
"""Reports one thing."""

_END = {"end": True}
_HARD_LIMIT_FACTOR = 1.5
_WALL_TIME_FACTOR = 10.0
_GRACE_SECONDS = 10.0
_MAX_MESSAGE = 400
_MAX_REPORT_BYTES = 8_000_000


class TimeLimitError(BaseException):
    """The processor time is over; raised where the code is, so that a traceback shows that."""


class ForkResult(NamedTuple):
    """What a fork reported, and how it ended.

    `ending` is empty where it came to its end, else `timeout` (processor time), `wall` (the clock
    on the wall), or its exit status, negative for a signal.
    """

    reports: list[dict[str, Any]]
    ending: str


def limit_processor_time(seconds: float) -> None:
    """Have this process raise `TimeLimitError` after as much processor time; 0: no more.

    A second timer kills what computes on without handling the first.
    """
    signal.signal(signal.SIGPROF, _raise_time_limit)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HARD_LIMIT_FACTOR * seconds)


def run_in_fork(
    work: Callable[[Report], None], mark: str, seconds: float, wall_seconds: float = 0.0
) -> ForkResult:
    """Do the work in a fork, and kill what it leaves behind.

    Lines of the report open with the secret `mark`; those of others, such as a process that the
    work started, are not read. It may take `wall_seconds` by the clock, at least ten times the
    `seconds` of processor time that each part of it may take.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, mark, writing)
    os.close(writing)
    longest = max(wall_seconds, _WALL_TIME_FACTOR * seconds + _GRACE_SECONDS)
    received, closed = _receive(reading, time.monotonic() + longest, f"{mark}end".encode())
    os.close(reading)
    reports, is_orderly = _read(received, mark)
    status = _end(child, killed=is_orderly or not closed)
    if is_orderly:
        return ForkResult(reports, "")
    if status == -signal.SIGVTALRM:
        return ForkResult(reports, "timeout")
    return ForkResult(reports, str(status) if closed else "wall")


def _work(work: Callable[[Report], None], mark: str, writing: int) -> None:
    process = os.getpid()
    try:
        os.setpgid(0, 0)
        with os.fdopen(writing, "w", encoding="utf-8") as output:

            def report(line: dict[str, Any], tag: str = "") -> None:
                # A process that the work forked may come here as well.
                if os.getpid() == process:
                    output.write(f"\n{mark}{tag}{json.dumps(line)}\n")
                    output.flush()

            try:
                work(report)
            except BaseException as error:
                message = f"the check could not be run: {error!r}"[:_MAX_MESSAGE]
                report({"status": "inconclusive", "message": message})
            report(_END, "end")
    finally:
        os._exit(0)


def _receive(descriptor: int, deadline: float, end: bytes) -> tuple[bytes, bool]:
    """Return what is reported until the end, and whether no more can come."""
    received = bytearray()
    while len(received) < _MAX_REPORT_BYTES:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            return bytes(received), False
        part = os.read(descriptor, 1 << 16)
        if not part:
            return bytes(received), True
        received += part
        if end in received[-len(part) - len(end) :]:
            return bytes(received), True
    return bytes(received), False


def _read(received: bytes, mark: str) -> tuple[list[dict[str, Any]], bool]:
    reports: list[dict[str, Any]] = []
    for line in received.decode(errors="replace").split("\n"):
        if line.startswith(f"{mark}end"):
            return reports, True
        if line.startswith(mark):
            with contextlib.suppress(ValueError):
                reports.append(json.loads(line[len(mark) :]))
    return reports, False


def _end(child: int, *, killed: bool) -> int:
    """Wait for the child, and kill its process group; return its exit status."""
    if killed:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


def _raise_time_limit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise TimeLimitError
