"""Isolated processes from the outside: availability, starting, reading reports, killing."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox.launcher import ChildProcess, launchers

_PACKAGE = "stepcheck.server.sandbox.child"
_SYSTEM_FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
_POLL_SECONDS = 0.05
_START_SECONDS = 10.0
_CHUNK_BYTES = 1 << 16
_SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"


class SandboxUnavailableError(Exception):
    """Nothing was run: this machine cannot isolate it, and running unsandboxed was not allowed."""


class CancelledError(Exception):
    """The caller no longer wants the result."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What untrusted code may use.

    `seconds` bounds an examination or a command by the clock on the wall, `cpu_seconds` a command
    by the processor time of all its processes (None: `seconds` too). `memory_bytes` bounds the
    address space of each process (None: does not, for a JVM, V8 or Go reserve what they never
    use), `resident_bytes` the memory in use by all together. Threads count as processes.
    """

    seconds: float = 10.0
    seconds_per_call: float = 3.0
    cpu_seconds: float | None = None
    memory_bytes: int | None = 2 << 30
    resident_bytes: int = 1 << 30
    file_bytes: int = 96 << 20
    writable_bytes: int = 96 << 20
    output_bytes: int = 1 << 20
    processes: int = 80
    open_files: int = 256


def make_environment(**variables: str) -> dict[str, str]:
    """Return the environment of a program in the sandbox: these variables, and little else."""
    return {"PATH": _SEARCH_PATH, "LANG": "C.UTF-8", "HOME": "/tmp", **variables}  # noqa: S108 - its own


def to_order(
    limits: Limits,
    *,
    isolated: bool,
    cpu_seconds: float,
    readable: Sequence[Path] = (),
    hidden: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return the order common to all child processes: what they see, and may use."""
    return {
        "isolated": isolated,
        "readable": [*_SYSTEM_FOLDERS, sys.base_prefix, *map(str, readable)],
        "hidden": list(map(str, hidden)),
        "writable_bytes": limits.writable_bytes,
        "resident_bytes": limits.resident_bytes,
        "limits": {
            "memory_bytes": limits.memory_bytes,
            # The kernel counts coarse ticks of each process apart: a last resort, where there is
            # no monitor.
            "cpu_seconds": int(2 * cpu_seconds) + 2,
            "file_bytes": limits.file_bytes,
            "processes": limits.processes,
            "open_files": limits.open_files,
        },
    }


@cache
def unavailable_reason() -> str:
    """Return why this machine cannot isolate a process, or nothing; found out once, by trying.

    Raises `SandboxUnavailableError` if that took too long, which another time it may not.
    """
    if platform.system() != "Linux":
        return f"{platform.system()} has no namespaces"
    order = to_order(Limits(), isolated=True, cpu_seconds=_START_SECONDS) | {
        "role": "candidate",
        "source": "",
        "traced": False,
        "place": None,
    }
    one, other = socket.socketpair()
    with one, other, start_child("", order, [one.fileno(), other.fileno()]) as child:
        deadline = time.monotonic() + _START_SECONDS
        report = next(read_lines([child], child, deadline, lambda: False, _CHUNK_BYTES), None)
    if report is None:
        raise SandboxUnavailableError("the sandbox did not start in time")
    return str(report.get("unavailable", ""))


@contextlib.contextmanager
def start_child(
    module: str, order: Mapping[str, Any], descriptors: Sequence[int]
) -> Iterator[ChildProcess]:
    """Start a child process; at the end, kill it and all it has started.

    `module` of the package `child` runs (if empty, the package itself), with `descriptors` passed
    on and named in its arguments.
    """
    module = f"{_PACKAGE}.{module or '__main__'}"
    if order["isolated"]:
        with launchers().for_order(order).launch(module, order, descriptors) as process:
            yield process
        return
    with _start_apart(module, order, descriptors) as process:
        yield process


@contextlib.contextmanager
def _start_apart(
    module: str, order: Mapping[str, Any], descriptors: Sequence[int]
) -> Iterator[ChildProcess]:
    """Start a process that is not forked, in a folder of its own: nothing will isolate it."""
    with tempfile.TemporaryDirectory(prefix="stepcheck-judge-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", module, *map(str, descriptors)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=descriptors,
            cwd=root,
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps({**order, "root": root}).encode())
            yield ChildProcess(process.stdout)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()


def read_lines(
    processes: Sequence[ChildProcess],
    last: ChildProcess,
    deadline: float,
    is_cancelled: Callable[[], bool],
    max_bytes: int,
) -> Iterator[dict[str, Any]]:
    """Yield what the processes report, until the `last` closes its output or the deadline passes.

    A process that reports more than `max_bytes` without an end of line ends it. Raises
    `CancelledError`.
    """
    received = {process.stdout.fileno(): bytearray() for process in processes}
    for descriptor, chunk in read_chunks(list(received), deadline, is_cancelled):
        buffer = received[descriptor]
        if not chunk and descriptor == last.stdout.fileno():
            return
        buffer += chunk
        if len(buffer) > max_bytes:
            return
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            # It is empty, or was torn off when what wrote it was ended.
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def read_chunks(
    descriptors: Sequence[int], deadline: float, is_cancelled: Callable[[], bool]
) -> Iterator[tuple[int, bytes]]:
    """Yield each descriptor with what arrives on it, until all are closed or the deadline passes.

    An empty chunk says that one is closed. Raises `CancelledError`.
    """
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            if is_cancelled():
                raise CancelledError
            for key, _ in selector.select(_POLL_SECONDS):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                if not chunk:
                    selector.unregister(key.fd)
                yield key.fd, chunk
