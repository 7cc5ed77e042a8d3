"""Watch what a process and all its descendants use together; proc(5)."""

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from typing import NamedTuple

from stepcheck.server.sandbox.child.cpu_clock import tell

_SECONDS_BETWEEN_LOOKS = 0.1
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat, counted behind the name: user and system time, then those of reaped children.
_TIMES = slice(11, 15)


class Bounds(NamedTuple):
    """What all may use together: memory in bytes, processor time in seconds (None: any)."""

    memory_bytes: int
    cpu_seconds: float | None


class Usage(NamedTuple):
    """What is in use: memory in bytes, processor time in seconds.

    Memory that processes share counts for each of them.
    """

    memory_bytes: int
    cpu_seconds: float


def watch(process: int, processes: int, bounds: Bounds, clock: int | None = None) -> str:
    """Wait for the child `process`; return why it was killed, if it was for what it used.

    `processes` is a descriptor of the folder /proc, `clock` one that is asked for the time used.
    """
    handle = os.pidfd_open(process)
    asking = [clock] if clock is not None else []
    try:
        while True:
            ready = select.select([handle, *asking], [], [], _SECONDS_BETWEEN_LOOKS)[0]
            if handle in ready:
                break
            if ready and not tell(ready[0], lambda: usage(process, processes).cpu_seconds):
                asking = []
            if reason := _excess(usage(process, processes), bounds):
                os.kill(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return reason
        os.waitpid(process, 0)
        return ""
    finally:
        os.close(handle)


def usage(process: int, processes: int) -> Usage:
    """Return what `process` and its descendants use now."""
    memory, ticks = 0, 0
    for number in _tree(process, processes):
        for line in _read(processes, f"{number}/status").splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                memory += int(line.split()[1]) << 10
        fields = _read(processes, f"{number}/stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[_TIMES]))
    return Usage(memory, ticks / _TICKS_PER_SECOND)


def _excess(used: Usage, bounds: Bounds) -> str:
    if used.memory_bytes > bounds.memory_bytes:
        return "memory"
    if bounds.cpu_seconds is not None and used.cpu_seconds > bounds.cpu_seconds:
        return "processor_time"
    return ""


def _tree(process: int, processes: int) -> Iterator[str]:
    waiting = [str(process)]
    while waiting:
        number = waiting.pop()
        yield number
        threads: list[str] = []
        with contextlib.suppress(OSError):
            threads = _list(processes, f"{number}/task")
        for thread in threads:
            waiting += _read(processes, f"{number}/task/{thread}/children").split()


def _list(processes: int, name: str) -> list[str]:
    folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=processes)
    try:
        return os.listdir(folder)  # noqa: PTH208 - of a descriptor
    finally:
        os.close(folder)


def _read(processes: int, name: str) -> str:
    """Return the content of a file of /proc, or nothing once the process is gone."""
    try:
        file = os.open(name, os.O_RDONLY, dir_fd=processes)
    except OSError:
        return ""
    try:
        return os.read(file, 1 << 16).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(file)
