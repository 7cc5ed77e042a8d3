"""Check a candidate, with its code and the checks each in a confined process of its own."""

import contextlib
import json
import os
import platform
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_CHILD = "stepcheck.server.judge.evidence.confined"
_SYSTEM_FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
_POLL_SECONDS = 0.05
_MAX_REPORT_BYTES = 4_000_000
_START_SECONDS = 10.0


class SandboxUnavailableError(Exception):
    """Nothing was run: this machine cannot confine it, and running unconfined was not allowed."""


class CancelledError(Exception):
    """Whoever wanted the answer has left."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the candidate may use; the examiner gets the same.

    `seconds` bounds an examination. Memory is limited per process: the product with `processes`
    is what a hostile candidate can take.
    """

    seconds: float = 10.0
    seconds_per_call: float = 3.0
    memory_bytes: int = 1 << 29
    file_bytes: int = 16 << 20
    processes: int = 8
    open_files: int = 64


class Status(StrEnum):
    """How a check went."""

    PASSED = "passed"
    FAILED = "failed"
    RAISED = "raised"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Check:
    """Python code that calls the candidate.

    Without `expected` it passes by running to its end; with it, the value of its last expression
    must be what the expression `expected` says, or its output that text. With `any_value`, the
    value is reported whatever it is.
    """

    source: str
    expected: str | None = None
    any_value: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of a check; lines count from 1. `value` is a `repr`, where it was asked for."""

    status: Status
    message: str = ""
    candidate_line: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """The outcomes, in the order of the checks.

    `failure` is set where the candidate's module itself could not be run, and then speaks for
    every check.
    """

    results: tuple[CheckResult, ...]
    failure: CheckResult | None = None


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where candidates run.

    `allow_unconfined` runs them under resource limits alone where the machine lacks namespaces:
    they could then read and write what the current user can, and forge results.
    """

    limits: Limits = field(default_factory=Limits)
    allow_unconfined: bool = False

    def examine(
        self,
        source: str,
        functions: Sequence[str],
        checks: Sequence[Check],
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Examination:
        """Run `checks` against the `functions` that the candidate `source` defines.

        Raises `SandboxUnavailableError` and `CancelledError`.
        """
        refusal = unavailable_reason()
        if refusal and not self.allow_unconfined:
            raise SandboxUnavailableError(refusal)
        order = self._order(confined=not refusal)
        with contextlib.ExitStack() as stack:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                candidate = stack.enter_context(
                    _child(order | {"role": "candidate", "source": source}, theirs)
                )
                examiner = stack.enter_context(
                    _child(
                        order
                        | {
                            "role": "examiner",
                            "functions": list(functions),
                            "checks": [
                                {
                                    "source": check.source,
                                    "expected": "" if check.any_value else check.expected,
                                    "any_value": check.any_value,
                                }
                                for check in checks
                            ],
                        },
                        ours,
                    )
                )
            deadline = time.monotonic() + self.limits.seconds
            lines = list(_read_lines([candidate, examiner], deadline, is_cancelled))
        return _read_examination(lines, len(checks))

    def _order(self, *, confined: bool) -> dict[str, Any]:
        limits = self.limits
        return {
            "confined": confined,
            "readable": _readable_folders(),
            "writable_bytes": limits.file_bytes,
            "seconds_per_call": limits.seconds_per_call,
            "limits": {
                "memory_bytes": limits.memory_bytes,
                "cpu_seconds": int(limits.seconds) + 1,
                "file_bytes": limits.file_bytes,
                "processes": limits.processes,
                "open_files": limits.open_files,
            },
        }


@cache
def unavailable_reason() -> str:
    """Return why this machine cannot confine, or nothing; tried once, by doing it.

    Raises `SandboxUnavailableError` if that took too long, which another time it may not.
    """
    if platform.system() != "Linux":
        return f"{platform.system()} has no namespaces"
    order = Sandbox()._order(confined=True) | {"role": "candidate", "source": ""}
    ours, theirs = socket.socketpair()
    with ours, theirs, _child(order, theirs) as child:
        lines = list(_read_lines([child], time.monotonic() + _START_SECONDS, lambda: False))
    if any("ready" in line for line in lines):
        return ""
    if lines:
        return str(lines[0]["unavailable"])
    raise SandboxUnavailableError("the sandbox did not start in time")


def _readable_folders() -> list[str]:
    # The interpreter's own folder, unless the system's folders hold it.
    return [*_SYSTEM_FOLDERS, sys.base_prefix]


@contextlib.contextmanager
def _child(order: dict[str, Any], channel: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """Start a confined process; at the end, kill it and all it has started."""
    with tempfile.TemporaryDirectory(prefix="stepcheck-judge-") as root:
        Path(root).chmod(0o755)
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", _CHILD, str(channel.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[channel.fileno()],
            cwd=root,
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        try:
            assert process.stdin is not None  # noqa: S101 - asked for above
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps(order | {"root": root}).encode())
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None  # noqa: S101 - asked for above
            process.stdout.close()


def _read_lines(
    processes: Sequence[subprocess.Popen[bytes]],
    deadline: float,
    is_cancelled: Callable[[], bool],
) -> Iterator[dict[str, Any]]:
    """Yield what the processes report, until both are silent or the deadline has passed."""
    received = {process: bytearray() for process in processes}
    with selectors.DefaultSelector() as selector:
        for process in processes:
            assert process.stdout is not None  # noqa: S101 - asked for by `_child`
            selector.register(process.stdout, selectors.EVENT_READ, process)
        while selector.get_map() and time.monotonic() < deadline:
            if is_cancelled():
                raise CancelledError
            for key, _ in selector.select(_POLL_SECONDS):
                part = os.read(key.fd, 1 << 16)
                buffer = received[key.data]
                buffer += part
                if not part or len(buffer) > _MAX_REPORT_BYTES:
                    selector.unregister(key.fileobj)
                while (end := buffer.find(b"\n")) >= 0:
                    yield json.loads(buffer[:end])
                    del buffer[: end + 1]


def _read_examination(lines: Sequence[dict[str, Any]], count: int) -> Examination:
    for line in lines:
        if "unavailable" in line:
            raise SandboxUnavailableError(line["unavailable"])
    load = next((line["load"] for line in lines if "load" in line), None)
    failure = None
    if load is None:
        failure = CheckResult(Status.INCONCLUSIVE, "the examination did not begin in time")
    elif "raised" in load:
        message = f"{load['raised']}: {load['message']}"
        failure = _result(Status.RAISED, message, load.get("line"))
    elif "status" in load:
        failure = CheckResult(Status(load["status"]), load["message"])
    if failure:
        return Examination((failure,) * count, failure)
    results = [
        _result(Status(line["status"]), line["message"], line["candidate_line"], line["value"])
        for line in lines
        if "status" in line
    ]
    unfinished = CheckResult(Status.INCONCLUSIVE, "the time for all checks was over")
    return Examination((*results, *[unfinished] * (count - len(results))))


def _result(status: Status, message: str, line: object, value: str | None = None) -> CheckResult:
    if status is Status.RAISED and message.startswith("ModuleNotFoundError"):
        # The sandbox has the standard library alone: that says nothing about the candidate.
        status = Status.INCONCLUSIVE
    # The candidate's process named the line.
    where = line if isinstance(line, int) and line > 0 else None
    return CheckResult(status, message, where, value)
