"""Runs a whole program on many inputs: a warm interpreter, a forked process for each run.

Started as a script of its own (Python 3.9 and later), with the program beside it. Standard input
holds the order, as JSON; each line of standard output that opens with the order's mark is a run's
report, as JSON. Programs can reach neither: what they read and print are files of their own. They
know no expected output, so there is nothing that they could forge but their end.
"""

from __future__ import annotations

import base64
import contextlib
import gc
import json
import os
import resource
import select
import signal
import sys
import time
from types import ModuleType
from typing import Any

_PROGRAM = "program.py"
_MAX_DESCRIPTORS = 256
_MAX_ERRORS = 1 << 16
_SHOWN_ERRORS = 4_000
_POLL_SECONDS = 0.02
_IDLE_SHARE = 0.02
_STACK_BYTES = 256 << 20
_STOPPED = ("processor_time", "wall_time")


def main() -> None:
    """Run the order on standard input; in a process forked for a run, return when it has ended."""
    order = json.loads(_read_everything(0))
    report = os.dup(1)
    path = os.path.abspath(_PROGRAM)  # noqa: PTH100 - pathlib need not be loaded
    with open(path, "rb") as file:  # noqa: PTH123
        source = file.read()
    code = None
    # The run itself will say what is wrong.
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        code = compile(source, path, "exec", dont_inherit=True)
    # Objects of the warm interpreter need not be looked through, nor copied, in each run.
    gc.freeze()
    late = 0
    for number, given in enumerate(order["inputs"]):
        streams = [_anonymous_file() for _ in range(3)]
        _fill(streams[0], given.encode("utf-8", "surrogatepass"))
        child = os.fork()
        if not child:
            _become_program(streams, order)
            run = code or compile(source, path, "exec", dont_inherit=True)
            exec(run, _make_main_module(path).__dict__)  # noqa: S102 - in a sandbox
            return
        outcome = _wait_for(child, order)
        outcome["stdout"], outcome["truncated"] = _printed(streams[1], order["output_bytes"])
        outcome["stderr"] = _tail(streams[2])
        for stream in streams:
            os.close(stream)
        line = json.dumps({"number": number, **outcome})
        _write_everything(report, f"\n{order['mark']} {line}\n".encode())
        late += outcome.get("stopped") in _STOPPED
        if late >= order["most_late"]:
            break
    os._exit(0)


def _become_program(streams: list[int], order: dict[str, Any]) -> None:
    os.setpgid(0, 0)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
    os.closerange(3, _MAX_DESCRIPTORS)
    _limit(resource.RLIMIT_FSIZE, max(order["output_bytes"], _MAX_ERRORS) + 1)
    _limit(resource.RLIMIT_CPU, int(order["seconds"]) + 2)
    _limit(resource.RLIMIT_STACK, _STACK_BYTES)


def _limit(which: int, most: int) -> None:
    _, allowed = resource.getrlimit(which)
    limited = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
    resource.setrlimit(which, (limited, allowed))


def _make_main_module(path: str) -> ModuleType:
    """Return an empty main module, as the interpreter makes for a script."""
    module = ModuleType("__main__")
    module.__dict__.update(__file__=path, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv = [path]
    return module


def _wait_for(child: int, order: dict[str, Any]) -> dict[str, Any]:
    """Return how a run ended; it is killed when its time is over, by either clock."""
    stopped = None
    began = time.monotonic()
    handle = os.pidfd_open(child)
    try:
        while not select.select([handle], [], [], _POLL_SECONDS)[0]:
            stopped = _overrun(child, time.monotonic() - began, order)
            if stopped:
                break
    finally:
        os.close(handle)
    # What it has started may run on.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    outcome: dict[str, Any] = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": used.ru_utime + used.ru_stime,
    }
    if outcome["status"] == -signal.SIGXCPU:
        stopped = "processor_time"
    if stopped:
        outcome["stopped"] = stopped
    return outcome


def _overrun(child: int, waited: float, order: dict[str, Any]) -> str | None:
    used = None
    # The clock of another process: clock_getcpuclockid(3).
    with contextlib.suppress(OSError):
        used = time.clock_gettime((~child << 3) | 2)
    if used is not None and used > order["seconds"]:
        return "processor_time"
    # A busy machine leaves a program that computes more than this of the time.
    is_idle = used is not None and waited > 2 * order["seconds"] and used < _IDLE_SHARE * waited
    return "wall_time" if is_idle or waited > order["wall_seconds"] else None


def _anonymous_file() -> int:
    name = ".stream"
    file = os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.unlink(name)  # noqa: PTH108
    return file


def _fill(file: int, content: bytes) -> None:
    _write_everything(file, content)
    os.lseek(file, 0, os.SEEK_SET)


def _printed(file: int, most: int) -> tuple[str, bool]:
    """Return the beginning of what a run printed, in base 64, and whether that is not all."""
    size = os.fstat(file).st_size
    return base64.b64encode(os.pread(file, min(size, most), 0)).decode(), size > most


def _tail(file: int) -> str:
    size = os.fstat(file).st_size
    return os.pread(file, _SHOWN_ERRORS, max(0, size - _SHOWN_ERRORS)).decode(errors="replace")


def _read_everything(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_everything(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


if __name__ == "__main__":
    main()
