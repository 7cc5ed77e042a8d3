"""The sandbox: where candidates are checked, each in a process apart from what examines it."""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox import child
from stepcheck.server.sandbox.beside import World
from stepcheck.server.sandbox.checks import (
    Check,
    CheckResult,
    Examination,
    Status,
    is_end_of_candidate,
    read_ending,
    read_examination,
)
from stepcheck.server.sandbox.child.candidate_proxy import CandidateProxy, CandidateTimeouts
from stepcheck.server.sandbox.child.cpu_clock import CpuClock
from stepcheck.server.sandbox.child.transport import Channel
from stepcheck.server.sandbox.command import (
    CommandRequest,
    CompletedCommand,
    StopReason,
    run_command,
)
from stepcheck.server.sandbox.launcher import ChildProcess
from stepcheck.server.sandbox.processes import (
    CancelledError,
    Limits,
    SandboxUnavailableError,
    make_environment,
    read_lines,
    start_child,
    to_order,
    unavailable_reason,
)
from stepcheck.server.sandbox.project import Place

__all__ = [
    "CancelledError",
    "Check",
    "CheckResult",
    "CommandRequest",
    "CompletedCommand",
    "Examination",
    "Limits",
    "Sandbox",
    "SandboxUnavailableError",
    "Status",
    "StopReason",
    "unavailable_reason",
]

_START_SECONDS = 10.0
_MAX_REPORT_BYTES = 4_000_000
_MAX_ENDING_BYTES = 1 << 16
_MAX_REPLY_BYTES = 1_000_000
_SECONDS_TO_END = 2.0
_BESIDE_FACTOR = 2
_PROCESSES_IN_PROJECT = 64
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_CHILD_FOLDER = Path(child.__file__).parent


def _ignore(_: bytes) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where candidates and commands run.

    `allow_unsandboxed` runs them under resource limits alone where the machine lacks namespaces:
    they could then read and write what the current user can, and forge results. In a `place`,
    they run as that module of a project, by its interpreter.
    """

    limits: Limits = field(default_factory=Limits)
    allow_unsandboxed: bool = False
    place: Place | None = None

    def examine(
        self,
        source: str,
        names: Sequence[str],
        checks: Sequence[Check],
        is_cancelled: Callable[[], bool] = lambda: False,
        *,
        traced: bool = False,
    ) -> Examination:
        """Run `checks` against the functions and classes that the candidate `source` `names`.

        Checks see these as references, and plain data as copies. `traced` is several times slower.
        Raises `SandboxUnavailableError` and `CancelledError`.
        """
        order = self._make_order(isolated=self._can_isolate())
        reports = self._run_pair(
            order | {"role": "candidate", "source": source, "traced": traced},
            order
            | {
                "role": "examiner",
                "names": list(names),
                "checks": [
                    {
                        "source": check.source,
                        "expected": "" if check.any_value else check.expected,
                        "any_value": check.any_value,
                    }
                    for check in checks
                ],
            },
            is_cancelled,
        )
        return read_examination(reports, len(checks), in_project=self.place is not None)

    def _run_pair(
        self,
        candidate_order: dict[str, Any],
        examiner_order: dict[str, Any],
        is_cancelled: Callable[[], bool],
    ) -> list[dict[str, Any]]:
        """Run a candidate and its examiner, connected; return what both reported."""
        with contextlib.ExitStack() as stack:
            with contextlib.ExitStack() as until_started:
                pairs = (socket.socketpair(), socket.socketpair())
                for end in (*pairs[0], *pairs[1]):
                    until_started.enter_context(end)
                ours, theirs = ([end.fileno() for end in ends] for ends in zip(*pairs, strict=True))
                candidate = stack.enter_context(start_child("", candidate_order, theirs))
                examiner = stack.enter_context(start_child("", examiner_order, ours))
            deadline = time.monotonic() + self.limits.seconds
            reports = list(
                read_lines(
                    [candidate, examiner], examiner, deadline, is_cancelled, _MAX_REPORT_BYTES
                )
            )
            if any(map(is_end_of_candidate, reports)) and read_ending(reports) is None:
                deadline = time.monotonic() + _SECONDS_TO_END
                reports += read_lines(
                    [candidate], candidate, deadline, is_cancelled, _MAX_ENDING_BYTES
                )
            return reports

    @contextlib.contextmanager
    def open_candidate(
        self, source: str, seconds_per_call: float, *, traced: bool = False
    ) -> Iterator[CandidateProxy]:
        """Start a candidate, and yield its proxy in this process; then kill it.

        What it returns is plain data, at most a megabyte a time. Raises `SandboxUnavailableError`.
        """
        order = self._make_order(isolated=self._can_isolate())
        timeouts = CandidateTimeouts(**order["timeouts"] | {"call": seconds_per_call})
        order |= {"role": "candidate", "source": source, "traced": traced}
        with contextlib.ExitStack() as stack:
            requests, clock = socket.socketpair(), socket.socketpair()
            for ours, _ in (requests, clock):
                stack.enter_context(ours)
            with requests[1], clock[1]:
                descriptors = [requests[1].fileno(), clock[1].fileno()]
                stack.enter_context(start_child("", order, descriptors))
            # The candidate alone holds the other ends now: we see it end.
            channel = Channel(requests[0].detach(), _MAX_REPLY_BYTES)
            cpu_clock = CpuClock(clock[0].detach())
            stack.callback(channel.close)
            stack.callback(cpu_clock.close)
            yield CandidateProxy(channel, cpu_clock, timeouts)

    def run(
        self,
        request: CommandRequest,
        *,
        on_output: Callable[[bytes], None] = _ignore,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> CompletedCommand:
        """Run a command, until it or its time ends; nothing that it started outlives it.

        A program that is not there ends with status 127. `on_output` gets what arrives on standard
        output, up to the limit. Raises `SandboxUnavailableError` and `CancelledError`.
        """
        return run_command(
            request,
            request.limits or self.limits,
            isolated=self._can_isolate(),
            on_output=on_output,
            is_cancelled=is_cancelled,
        )

    @contextlib.contextmanager
    def open_world(
        self,
        source: str,
        is_cancelled: Callable[[], bool] = lambda: False,
        *,
        with_pytest: bool = False,
    ) -> Iterator[World]:
        """Load a candidate, and yield its world, where checks run beside it; then kill it.

        Outside a project, there is this interpreter's pytest if asked for. Raises
        `SandboxUnavailableError` and `CancelledError`.
        """
        limits = self.limits
        with self._start("beside", with_pytest=with_pytest) as (channel, process):
            deadline = time.monotonic() + _BESIDE_FACTOR * limits.seconds
            world = World(channel, process, deadline, is_cancelled)
            world.load(source, limits.seconds if self.place else limits.seconds_per_call)
            yield world

    @contextlib.contextmanager
    def open_channel(self, role: str) -> Iterator[Channel]:
        """Start one child process in a `role`, and yield the channel to it; then kill it.

        Raises `SandboxUnavailableError`.
        """
        with self._start(role) as (channel, _):
            yield channel

    @contextlib.contextmanager
    def _start(self, role: str, **more: Any) -> Iterator[tuple[Channel, ChildProcess]]:
        """Start one child process in a `role`; yield the channel to it, and it; then kill it."""
        order = self._make_order(isolated=self._can_isolate()) | {"role": role, **more}
        ours, theirs = socket.socketpair()
        channel = Channel(ours.detach())
        clocks = socket.socketpair()
        with contextlib.closing(channel), theirs, clocks[0], clocks[1]:
            descriptors = [theirs.fileno(), clocks[1].fileno()]
            with start_child("", order, descriptors) as process:
                # Left with one other end, the channel closes when the process ends.
                theirs.close()
                deadline = time.monotonic() + _START_SECONDS
                reports = read_lines([process], process, deadline, lambda: False, _MAX_REPORT_BYTES)
                begun = next(reports, {"unavailable": "the sandbox did not start in time"})
                if "unavailable" in begun:
                    raise SandboxUnavailableError(begun["unavailable"])
                yield channel, process

    def _can_isolate(self) -> bool:
        """Tell whether processes are isolated; raises `SandboxUnavailableError` if they must be."""
        reason = unavailable_reason()
        if reason and not self.allow_unsandboxed:
            raise SandboxUnavailableError(reason)
        return not reason

    def _make_order(self, *, isolated: bool) -> dict[str, Any]:
        limits, place = self.limits, self.place
        if place:
            # Libraries reserve memory that they never use, and start threads.
            processes = max(limits.processes, _PROCESSES_IN_PROJECT)
            limits = replace(limits, memory_bytes=None, processes=processes)
        return to_order(
            limits,
            isolated=isolated,
            cpu_seconds=limits.seconds * (os.cpu_count() or 1),
            readable=(*place.readable, _CHILD_FOLDER) if place else (),
            hidden=place.hidden if place else (),
        ) | {
            "timeouts": {
                "start": limits.seconds,
                "load": limits.seconds if place else limits.seconds_per_call,
                "call": limits.seconds_per_call,
            },
            "place": _describe(place) if place else None,
        }


def _describe(place: Place) -> dict[str, Any]:
    return {
        "root": str(place.root),
        "module": place.module,
        "file": str(place.file),
        "search": list(map(str, place.search)),
        "executable": str(place.interpreter.executable),
        "program": str(place.interpreter.program),
        "environment": make_environment(PYTHONHASHSEED="0", MPLBACKEND="Agg", **_ONE_THREAD),
        "is_own": _is_own(place),
    }


def _is_own(place: Place) -> bool:
    """Whether a project's interpreter is ours, whose environment alone can be changed.

    From Python 3.14 on, an environment is found before `site` is imported.
    """
    program = Path(sys.executable).resolve()
    return place.interpreter.program == program and sys.version_info < (3, 14)
