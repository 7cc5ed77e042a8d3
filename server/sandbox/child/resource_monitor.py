"""Monitor what a process and all its descendants use together; proc(5)."""

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from typing import NamedTuple

from stepcheck.server.sandbox.child.cpu_clock import answer_query

_POLL_SECONDS = 0.1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, counted behind the name: user and system time, then those of reaped children.
_TIMES = slice(11, 15)


class GroupLimits(NamedTuple):
    """What a process and its descendants may use together; `cpu_seconds` None: any time."""

    memory_bytes: int
    cpu_seconds: float | None


class Usage(NamedTuple):
    """What is in use: memory in bytes, processor time in seconds.

    Memory that processes share counts for each of them.
    """

    memory_bytes: int
    cpu_seconds: float


def monitor(
    process: int, proc_folder: int, limits: GroupLimits, clock_socket: int | None = None
) -> str:
    """Wait for the child `process`, killing it if it exceeds the limits.

    Returns what it exceeded, `memory` or `processor_time`, or nothing. `proc_folder` is a
    descriptor of /proc, `clock_socket` one over which the processor time used is asked for.
    """
    handle = os.pidfd_open(process)
    queried = [clock_socket] if clock_socket is not None else []
    try:
        while True:
            ready = select.select([handle, *queried], [], [], _POLL_SECONDS)[0]
            if handle in ready:
                break
            if ready and not answer_query(
                ready[0], lambda: measure_usage(process, proc_folder).cpu_seconds
            ):
                queried = []
            if exceeded := _exceeded(measure_usage(process, proc_folder), limits):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return exceeded
        os.waitpid(process, 0)
        return ""
    finally:
        os.close(handle)


def measure_usage(process: int, proc_folder: int) -> Usage:
    """Return what `process` and its descendants use now."""
    memory, ticks = 0, 0
    for number in _process_tree(process, proc_folder):
        for line in _read(proc_folder, f"{number}/status").splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                memory += int(line.split()[1]) << 10
        fields = _read(proc_folder, f"{number}/stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[_TIMES]))
    return Usage(memory, ticks / _TICKS_PER_SECOND)


def _exceeded(used: Usage, limits: GroupLimits) -> str:
    if used.memory_bytes > limits.memory_bytes:
        return "memory"
    if limits.cpu_seconds is not None and used.cpu_seconds > limits.cpu_seconds:
        return "processor_time"
    return ""


def _process_tree(process: int, proc_folder: int) -> Iterator[str]:
    """Yield the numbers of the process and of its descendants."""
    waiting = [str(process)]
    while waiting:
        number = waiting.pop()
        yield number
        threads: list[str] = []
        with contextlib.suppress(OSError):
            threads = _list(proc_folder, f"{number}/task")
        for thread in threads:
            waiting += _read(proc_folder, f"{number}/task/{thread}/children").split()


def _list(proc_folder: int, name: str) -> list[str]:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=proc_folder)
    try:
        return os.listdir(folder)  # noqa: PTH208 - of a descriptor
    finally:
        os.close(folder)


def _read(proc_folder: int, name: str) -> str:
    """Return the content of a file of /proc, or nothing once the process is gone."""
    try:
        file = os.open(name, os.O_RDONLY, dir_fd=proc_folder)
    except OSError:
        return ""
    try:
        return os.read(file, 1 << 16).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(file)
