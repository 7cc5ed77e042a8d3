"""Try many programs in one isolated process: in forks of it, the checks beside the code.

Checks share the interpreter with the code they try, which could therefore forge their
results. A trial can rule a program out; it never shows that one is right.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child.steps import LimitError
from stepcheck.server.sandbox.child.transport import Channel, PeerLostError
from stepcheck.server.sandbox.child.trial_check import TrialCheck
from stepcheck.server.sandbox.child.trial_program import (
    SharingRefusedError,
    TrialOrder,
    TrialProgram,
)

_MAX_REPORT_BYTES = 1_000_000
_WALL_TIME_FACTOR = 10.0
_GRACE_SECONDS = 0.1
_MAX_LANES = 2
_END, _ALONE = "end", "alone"


def serve_trials(channel: Channel, place: dict[str, Any] | None) -> None:
    """Receive the checks, then try the programs of one request after another until the end.

    `place` is the programs' place in a project, see `load_candidate`.
    """
    try:
        order = channel.receive()
        for name in order["imports"]:
            # Imported once here, a module costs the forks nothing.
            with contextlib.suppress(Exception):
                importlib.import_module(name)
        checks = list(map(TrialCheck, order["checks"]))
        # What the forks never collect, they need not copy.
        gc.freeze()
        while True:
            request = channel.receive()
            checks.extend(map(TrialCheck, request["more_checks"]))
            chosen = [checks[number] for number in request["checks"]]
            how = TrialOrder(
                request["seconds"],
                request["steps"],
                request["stop"],
                request["trace"],
                shared=place is None,
            )
            batch = _Batch(channel, request["programs"], chosen, how, place)
            channel.send({"outcomes": batch.run()})
    except PeerLostError:
        return


class _Lane(NamedTuple):
    """A fork that tries programs: the numbers of those left, the first of which runs."""

    process: int
    descriptor: int
    numbers: deque[int]
    received: bytearray
    is_shared: bool


class _Batch:
    """Tries some programs, in as many forks at once as there are processors to use."""

    def __init__(
        self,
        channel: Channel,
        programs: Sequence[str],
        checks: Sequence[TrialCheck],
        order: TrialOrder,
        place: dict[str, Any] | None,
    ) -> None:
        self._channel = channel
        self._programs = programs
        self._checks = checks
        self._order = order
        self._place = place
        self._outcomes: list[list[dict[str, Any]]] = [[] for _ in programs]
        self._lanes: list[_Lane] = []
        self._deadlines: dict[int, float] = {}
        # A program that may not share a process has a fork of its own.
        self._alone: deque[int] = deque()

    def run(self) -> list[list[dict[str, Any]]]:
        """Return the outcomes of each program; where it ended early, the last one says how."""
        lanes = max(1, min(_MAX_LANES, len(os.sched_getaffinity(0))))
        numbers = range(len(self._programs))
        if self._order.shared:
            shares = [numbers[first::lanes] for first in range(lanes)]
        else:
            self._alone.extend(numbers)
            shares = []
        for share in filter(None, shares):
            self._start(share, is_shared=True)
        while self._lanes or self._alone:
            while self._alone and len(self._lanes) < lanes:
                self._start([self._alone.popleft()], is_shared=False)
            self._wait()
        return self._outcomes

    def _start(self, numbers: Sequence[int], *, is_shared: bool) -> None:
        reading, writing = os.pipe()
        process = os.fork()
        if process == 0:
            try:
                os.setpgid(0, 0)
                self._channel.close()
                for descriptor in (reading, *(lane.descriptor for lane in self._lanes)):
                    os.close(descriptor)
                self._try_programs(numbers, writing, is_shared=is_shared)
            finally:
                os._exit(0)
        os.close(writing)
        self._lanes.append(_Lane(process, reading, deque(numbers), bytearray(), is_shared))
        self._allow_time(reading)

    def _allow_time(self, descriptor: int) -> None:
        wall_seconds = _WALL_TIME_FACTOR * self._order.seconds + _GRACE_SECONDS
        self._deadlines[descriptor] = time.monotonic() + wall_seconds

    def _wait(self) -> None:
        """Wait until a fork reports something, or is late."""
        first = min(self._deadlines.values())
        descriptors = [lane.descriptor for lane in self._lanes]
        ready, _, _ = select.select(descriptors, [], [], max(0.0, first - time.monotonic()))
        now = time.monotonic()
        for lane in list(self._lanes):
            if lane.descriptor in ready:
                self._read(lane)
            elif now >= self._deadlines[lane.descriptor]:
                self._end(lane, hung=True)

    def _read(self, lane: _Lane) -> None:
        part = os.read(lane.descriptor, 1 << 16)
        *lines, rest = bytes(lane.received + part).split(b"\n")
        lane.received[:] = rest
        for line in filter(None, lines):
            self._take(lane, line)
        if not part or not lane.numbers or len(rest) > _MAX_REPORT_BYTES:
            self._end(lane, hung=False)

    def _take(self, lane: _Lane, line: bytes) -> None:
        # The forks of a program report as well: the first end counts.
        with contextlib.suppress(ValueError):
            report = json.loads(line)
            if not lane.numbers:
                return
            if report in (_END, _ALONE):
                number = lane.numbers.popleft()
                self._allow_time(lane.descriptor)
                if report == _ALONE and lane.is_shared:
                    self._alone.append(number)
            elif len(self._outcomes[lane.numbers[0]]) < len(self._checks):
                self._outcomes[lane.numbers[0]].append(report)

    def _end(self, lane: _Lane, *, hung: bool) -> None:
        """Kill a fork; the program that it was trying, if any, has ended or hung."""
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(lane.process, signal.SIGKILL)
        _, status = os.waitpid(lane.process, 0)
        os.close(lane.descriptor)
        self._lanes.remove(lane)
        del self._deadlines[lane.descriptor]
        if lane.numbers:
            hung = hung or os.WTERMSIG(status) == signal.SIGVTALRM
            ending = "timeout" if hung else "crashed"
            number, *others = lane.numbers
            self._outcomes[number].append(_describe_end(ending))
            if others:
                self._start(others, is_shared=True)

    def _try_programs(self, numbers: Sequence[int], writing: int, *, is_shared: bool) -> None:
        """Try the programs in this process, a fork, and report each outcome at once."""
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - it lasts as long as the process
        runner = TrialProgram(self._place)
        order = self._order._replace(shared=is_shared)
        with os.fdopen(writing, "w") as output:
            for number in numbers:
                end = _END
                try:
                    for outcome in runner.run(self._programs[number], self._checks, order):
                        output.write(json.dumps(outcome) + "\n")
                        output.flush()
                except SharingRefusedError:
                    end = _ALONE
                except LimitError:
                    output.write(json.dumps(_describe_end("timeout")) + "\n")
                output.write(json.dumps(end) + "\n")
                output.flush()


def _describe_end(status: str) -> dict[str, Any]:
    return {"status": status, "message": "", "places": [], "lines": []}
