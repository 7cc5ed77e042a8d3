"""Processes that start at once, because a warm one forks them; see `child.launcher`.

Strings have the same hashes in all forks of one process. Code that gives other results at each run,
for the order of its sets, would go unnoticed: so there are some of them, taken in turn.
"""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from stepcheck.server.sandbox.child.launcher import MESSAGE_BYTES

_PACKAGE = "stepcheck.server.sandbox.child"
_MODULES = (f"{_PACKAGE}.__main__", f"{_PACKAGE}.command")
_SECONDS_TO_END = 10.0
_IN_TURN = 3
_ENVIRONMENT = {"LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}


@dataclass(frozen=True, slots=True)
class ChildProcess:
    """A process that runs an order; what it reports is read from `stdout`."""

    stdout: IO[bytes]


class Launcher:
    """Forks processes from a warm one, which it starts when it is needed, and again if it is lost.

    One serves many threads. `options` are those of its interpreter, `modules` those whose `main`
    a fork can run.
    """

    def __init__(self, options: Sequence[str], modules: Sequence[str] = _MODULES) -> None:
        self._options = options
        self._modules = modules
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._root = tempfile.TemporaryDirectory(prefix="stepcheck-judge-")
        Path(self._root.name).chmod(0o755)

    def start(self) -> None:
        """Start the warm process, unless there is one."""
        with self._lock:
            if self._control is None:
                self._start()

    def close(self) -> None:
        """End the warm process, and all that it has forked."""
        with self._lock:
            self._end()
        self._root.cleanup()

    @contextlib.contextmanager
    def launch(
        self, module: str, order: Mapping[str, Any], descriptors: Sequence[int]
    ) -> Iterator[ChildProcess]:
        """Have a module run an order; at the end, kill all that it started.

        The `descriptors` are passed on, and named in its arguments.
        """
        with contextlib.ExitStack() as stack:
            lifeline, theirs = socket.socketpair()
            stack.enter_context(lifeline)
            reading, to_report = os.pipe()
            report = stack.enter_context(os.fdopen(reading, "rb", buffering=0))
            to_read, writing = os.pipe()
            with os.fdopen(writing, "wb") as order_file:
                try:
                    passed = [theirs.fileno(), to_read, to_report, *descriptors]
                    self._send(module.encode().ljust(MESSAGE_BYTES), passed)
                finally:
                    theirs.close()
                    os.close(to_report)
                    os.close(to_read)
                with contextlib.suppress(BrokenPipeError):
                    order_file.write(json.dumps({**order, "root": self._root.name}).encode())
                    order_file.flush()
            stack.callback(_wait_for_end, lifeline)
            yield ChildProcess(report)

    def _send(self, message: bytes, descriptors: Sequence[int]) -> None:
        with self._lock:
            if self._control is not None:
                with contextlib.suppress(OSError):
                    socket.send_fds(self._control, [message], descriptors)
                    return
                self._end()
            socket.send_fds(self._start(), [message], descriptors)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, *self._options, "-m", f"{_PACKAGE}.launcher"),
                    *(str(theirs.fileno()), *self._modules),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd=self._root.name,
                env=_ENVIRONMENT,
                start_new_session=True,
            )
        self._control = ours
        return ours

    def _end(self) -> None:
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.wait()
        self._control = self._process = None


def _wait_for_end(lifeline: socket.socket) -> None:
    """Have a process killed, and wait until it is."""
    with contextlib.suppress(OSError):
        lifeline.settimeout(_SECONDS_TO_END)
        lifeline.shutdown(socket.SHUT_WR)
        lifeline.recv(1)


class _Turn(threading.local):
    """Whose turn it is, in each thread."""

    number = -1


class Launchers:
    """The launchers of this process, each started when it is first needed."""

    def __init__(self) -> None:
        self._launchers = [Launcher(("-I", "-B")) for _ in range(_IN_TURN)]
        self._of_projects = Launcher(("-s", "-B"))
        self._turn = _Turn()

    def for_order(self, order: Mapping[str, Any]) -> Launcher:
        """Return the launcher for an order: for a candidate, another one than the last times.

        Code that runs on our own interpreter in a project has one started with the options of a
        project's interpreter.
        """
        place = order.get("place")
        if place and place["is_own"] and order.get("role") != "examiner":
            return self._of_projects
        if place or order.get("role") not in ("candidate", "beside"):
            return self._launchers[0]
        self._turn.number = (self._turn.number + 1) % _IN_TURN
        return self._launchers[self._turn.number]

    def close(self) -> None:
        """End them all."""
        for launcher in (*self._launchers, self._of_projects):
            launcher.close()


@cache
def launchers() -> Launchers:
    """Return the launchers of this process, which end with it."""
    made = Launchers()
    atexit.register(made.close)
    return made
