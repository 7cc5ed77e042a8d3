"""Confined processes from the outside: whether there can be any, starting, hearing, ending them."""

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

_PACKAGE = "stepcheck.server.sandbox.child"
_SYSTEM_FOLDERS = ("/usr", "/bin", "/lib", "/lib64")
_POLL_SECONDS = 0.05
_START_SECONDS = 10.0
_PART_BYTES = 1 << 16
_SEARCHED = "/usr/local/bin:/usr/bin:/bin"


class SandboxUnavailableError(Exception):
    """Nothing was run: this machine cannot confine it, and running unconfined was not allowed."""


class CancelledError(Exception):
    """Whoever wanted the answer has left."""


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
    memory_bytes: int | None = 1 << 29
    resident_bytes: int = 1 << 30
    file_bytes: int = 16 << 20
    writable_bytes: int = 16 << 20
    output_bytes: int = 1 << 20
    processes: int = 8
    open_files: int = 64


def environment(**asked: str) -> dict[str, str]:
    """Return the environment of a program in the sandbox: what is asked for, and little else."""
    return {"PATH": _SEARCHED, "LANG": "C.UTF-8", "HOME": "/tmp", **asked}  # noqa: S108 - its own


def to_order(
    limits: Limits,
    *,
    confined: bool,
    cpu_seconds: float,
    readable: Sequence[Path] = (),
    hidden: Sequence[Path] = (),
) -> dict[str, Any]:
    """Return what every confined process is told: what it sees, and may use."""
    return {
        "confined": confined,
        "readable": [*_SYSTEM_FOLDERS, sys.base_prefix, *map(str, readable)],
        "hidden": list(map(str, hidden)),
        "writable_bytes": limits.writable_bytes,
        "resident_bytes": limits.resident_bytes,
        "limits": {
            "memory_bytes": limits.memory_bytes,
            # The kernel counts ticks, which may be off by much, of each process apart: a last
            # resort, where nobody watches.
            "cpu_seconds": int(2 * cpu_seconds) + 2,
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
    order = to_order(Limits(), confined=True, cpu_seconds=_START_SECONDS) | {
        "role": "candidate",
        "source": "",
        "traced": False,
        "place": None,
    }
    one, other = socket.socketpair()
    with one, other, start("", order, [one.fileno(), other.fileno()]) as child:
        deadline = time.monotonic() + _START_SECONDS
        said = next(read_lines([child], child, deadline, lambda: False, _PART_BYTES), None)
    if said is None:
        raise SandboxUnavailableError("the sandbox did not start in time")
    return str(said.get("unavailable", ""))


@contextlib.contextmanager
def start(
    module: str, order: Mapping[str, Any], descriptors: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a confined process; at the end, kill it and all it has started.

    `module` of the package `confined` runs (if empty, the package), with `descriptors` handed on
    and named in its arguments.
    """
    with tempfile.TemporaryDirectory(prefix="stepcheck-judge-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-B", "-m"),
                f"{_PACKAGE}.{module}" if module else _PACKAGE,
                *map(str, descriptors),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=descriptors,
            cwd=root,
            env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        try:
            assert process.stdin is not None  # noqa: S101 - asked for above
            with contextlib.suppress(BrokenPipeError), process.stdin:
                process.stdin.write(json.dumps({**order, "root": root}).encode())
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            assert process.stdout is not None  # noqa: S101 - asked for above
            process.stdout.close()


def read_lines(
    processes: Sequence[subprocess.Popen[bytes]],
    last: subprocess.Popen[bytes],
    deadline: float,
    is_cancelled: Callable[[], bool],
    most_bytes: int,
) -> Iterator[dict[str, Any]]:
    """Yield what the processes report, until the `last` falls silent or the deadline has passed.

    Raises `CancelledError`.
    """
    received = {process.stdout.fileno(): bytearray() for process in processes if process.stdout}
    for descriptor, part in read_parts(list(received), deadline, is_cancelled):
        buffer = received[descriptor]
        if not part and last.stdout and descriptor == last.stdout.fileno():
            return
        buffer += part
        if len(buffer) > most_bytes:
            return
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            # It is empty, or was torn off when what wrote it was ended.
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def read_parts(
    descriptors: Sequence[int], deadline: float, is_cancelled: Callable[[], bool]
) -> Iterator[tuple[int, bytes]]:
    """Yield what arrives, and where, until all are closed or the deadline has passed.

    Nothing arrives where one is closed. Raises `CancelledError`.
    """
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < deadline:
            if is_cancelled():
                raise CancelledError
            for key, _ in selector.select(_POLL_SECONDS):
                part = os.read(key.fd, _PART_BYTES)
                if not part:
                    selector.unregister(key.fd)
                yield key.fd, part
