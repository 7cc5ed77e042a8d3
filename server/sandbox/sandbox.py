"""Check a candidate, with its code and the checks each in a confined process of its own."""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stepcheck.server.sandbox import child
from stepcheck.server.sandbox import command as commands
from stepcheck.server.sandbox.child.candidate_proxy import ENDED, Candidate, CandidateSeconds
from stepcheck.server.sandbox.child.cpu_clock import Clock
from stepcheck.server.sandbox.child.transport import Channel
from stepcheck.server.sandbox.command import Completed, Stop
from stepcheck.server.sandbox.processes import (
    CancelledError,
    Limits,
    SandboxUnavailableError,
    environment,
    read_lines,
    start,
    to_order,
    unavailable_reason,
)
from stepcheck.server.sandbox.project import Place

__all__ = [
    "CancelledError",
    "Check",
    "CheckResult",
    "Completed",
    "Examination",
    "Limits",
    "Sandbox",
    "SandboxUnavailableError",
    "Status",
    "Stop",
    "unavailable_reason",
]

_START_SECONDS = 10.0
_MAX_REPORT_BYTES = 4_000_000
_SECONDS_TO_END = 2.0
_PROCESSES_IN_PROJECT = 64
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_CONFINED_FOLDER = Path(child.__file__).parent
_OWN_SIGNALS = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
"""What code dies of by its own doing; other signals, SIGKILL above all, may come from outside."""
_MAX_ANSWER_BYTES = 1_000_000
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def _ignore(_: bytes) -> None:
    """Do nothing."""


class Status(StrEnum):
    """How a check went.

    `VOUCHED` is passed, but by what the candidate says of its own objects.
    """

    PASSED = "passed"
    VOUCHED = "vouched"
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
    """The outcome of a check; lines count from 1.

    `value` is a `repr`, where it was asked for. `lines` are those of the candidate that ran for
    the check, where it was traced: the candidate's process says so, so they locate but prove
    nothing.
    """

    status: Status
    message: str = ""
    candidate_line: int | None = None
    value: str | None = None
    lines: tuple[int, ...] = ()


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
    they could then read and write what the current user can, and forge results. In a `place`,
    they run as that module of a project, by its interpreter.
    """

    limits: Limits = field(default_factory=Limits)
    allow_unconfined: bool = False
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
        order = self._order(confined=self._is_confined())
        said = self._converse(
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
        return _read_examination(said, len(checks), self.place)

    def _converse(
        self,
        candidate_order: dict[str, Any],
        examiner_order: dict[str, Any],
        is_cancelled: Callable[[], bool],
    ) -> list[dict[str, Any]]:
        """Return what candidate and examiner reported."""
        with contextlib.ExitStack() as stack:
            with contextlib.ExitStack() as until_started:
                pairs = (socket.socketpair(), socket.socketpair())
                for end in (*pairs[0], *pairs[1]):
                    until_started.enter_context(end)
                ours, theirs = ([end.fileno() for end in ends] for ends in zip(*pairs, strict=True))
                candidate = stack.enter_context(start("", candidate_order, theirs))
                examiner = stack.enter_context(start("", examiner_order, ours))
            deadline = time.monotonic() + self.limits.seconds
            said = list(
                read_lines(
                    [candidate, examiner], examiner, deadline, is_cancelled, _MAX_REPORT_BYTES
                )
            )
            if any(_is_end(line) for line in said) and _ending(said) is None:
                deadline = time.monotonic() + _SECONDS_TO_END
                said += read_lines([candidate], candidate, deadline, is_cancelled, 1 << 16)
            return said

    @contextlib.contextmanager
    def converse(self, source: str, seconds_per_call: float) -> Iterator[Candidate]:
        """Start a candidate, and yield what asks it from this process; then end it.

        What it answers is plain data, at most a megabyte a time. Raises `SandboxUnavailableError`.
        """
        order = self._order(confined=self._is_confined())
        seconds = CandidateSeconds(**order["seconds"] | {"per_call": seconds_per_call})
        order |= {"role": "candidate", "source": source, "traced": False}
        with contextlib.ExitStack() as stack:
            talk, clock = socket.socketpair(), socket.socketpair()
            for ours, _ in (talk, clock):
                stack.enter_context(ours)
            with talk[1], clock[1]:
                descriptors = [talk[1].fileno(), clock[1].fileno()]
                stack.enter_context(start("", order, descriptors))
            # The candidate alone holds the other ends now: we see it end.
            channel, watch = Channel(talk[0].detach(), _MAX_ANSWER_BYTES), Clock(clock[0].detach())
            stack.callback(channel.close)
            stack.callback(watch.close)
            yield Candidate(channel, watch, seconds)

    def run(
        self,
        command: Sequence[str],
        *,
        files: Mapping[str, bytes] = _NOTHING,
        readable: Sequence[Path] = (),
        hidden: Sequence[Path] = (),
        replaced: Mapping[Path, bytes] = _NOTHING,
        environment: Mapping[str, str] = _NOTHING,
        stdin: bytes = b"",
        folder: Path | None = None,
        collect: Sequence[str] = (),
        limits: Limits | None = None,
        on_output: Callable[[bytes], None] = _ignore,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Completed:
        """Run a command, until it or its time ends; nothing that it started outlives it.

        It sees the system's folders and the `readable` ones, at their places and read-only, with
        what is `hidden` in them empty and files `replaced` by other content (in a sandbox only),
        and the environment that is asked for. It runs in `folder`,
        one of these, or else in the only one that it can write: `/tmp`, its own, with the `files`
        in it by relative name. Those named in `collect` (relative to it as well) come back. A
        program that is not there ends with status 127. `limits` take the place of the sandbox's
        own; `on_output` is told what arrives on standard output, up to their cap.

        Raises `SandboxUnavailableError` and `CancelledError`.
        """
        return commands.run(
            command,
            files=files,
            readable=readable,
            hidden=hidden,
            replaced=replaced,
            environment=environment,
            stdin=stdin,
            folder=folder,
            collect=collect,
            limits=limits or self.limits,
            confined=self._is_confined(),
            on_output=on_output,
            is_cancelled=is_cancelled,
        )

    @contextlib.contextmanager
    def open_channel(self, role: str) -> Iterator[Channel]:
        """Start one confined process in a `role` and speak with it until the end of the block.

        Raises `SandboxUnavailableError`.
        """
        order = self._order(confined=self._is_confined()) | {"role": role}
        ours, theirs = socket.socketpair()
        channel = Channel(ours.detach())
        clocks = socket.socketpair()
        with contextlib.closing(channel), theirs, clocks[0], clocks[1]:
            descriptors = [theirs.fileno(), clocks[1].fileno()]
            with start("", order, descriptors) as process:
                # Left with one other end, the channel closes when the process ends.
                theirs.close()
                deadline = time.monotonic() + _START_SECONDS
                said = read_lines([process], process, deadline, lambda: False, _MAX_REPORT_BYTES)
                begun = next(said, {"unavailable": "the sandbox did not start in time"})
                if "unavailable" in begun:
                    raise SandboxUnavailableError(begun["unavailable"])
                yield channel

    def _is_confined(self) -> bool:
        refusal = unavailable_reason()
        if refusal and not self.allow_unconfined:
            raise SandboxUnavailableError(refusal)
        return not refusal

    def _order(self, *, confined: bool) -> dict[str, Any]:
        limits, place = self.limits, self.place
        if place:
            # Libraries reserve memory that they never use, and start threads.
            processes = max(limits.processes, _PROCESSES_IN_PROJECT)
            limits = replace(limits, memory_bytes=None, processes=processes)
        return to_order(
            limits,
            confined=confined,
            cpu_seconds=limits.seconds * (os.cpu_count() or 1),
            readable=(*place.readable, _CONFINED_FOLDER) if place else (),
            hidden=place.hidden if place else (),
        ) | {
            "seconds": {
                "to_begin": limits.seconds,
                "to_load": limits.seconds if place else limits.seconds_per_call,
                "per_call": limits.seconds_per_call,
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
        "environment": environment(PYTHONHASHSEED="0", **_ONE_THREAD),
    }


def _is_end(line: Mapping[str, Any]) -> bool:
    """Tell whether the examiner says that the candidate's process ended."""
    return ENDED in (line.get("status"), line.get("load", {}).get("status"))


def _ending(said: Sequence[Mapping[str, Any]]) -> CheckResult | None:
    """Return what the end of the candidate's process means, as far as that was reported."""
    for line in said:
        if line.get("stopped") == "memory":
            return CheckResult(Status.CRASHED, "the candidate used more memory than it may")
        if "ended" in line:
            status = line["ended"]
            if status >= 0:
                return CheckResult(Status.CRASHED, f"the candidate exits with status {status}")
            name = next((each.name for each in signal.Signals if each == -status), "")
            if name in _OWN_SIGNALS:
                return CheckResult(Status.CRASHED, f"the candidate's process died of {name}")
            break
    return None


def _read_examination(
    said: Sequence[dict[str, Any]], count: int, place: Place | None
) -> Examination:
    for line in said:
        if "unavailable" in line:
            raise SandboxUnavailableError(line["unavailable"])
    ending = _ending(said) or _KILLED
    load = next((line["load"] for line in said if "load" in line), None)
    failure = None
    if load is None:
        failure = CheckResult(Status.INCONCLUSIVE, "the examination did not begin in time")
    elif "raised" in load:
        message = f"{load['raised'][0]}: {load['message']}"
        failure = _result(Status.RAISED, message, load.get("line"))
        if place and load.get("elsewhere"):
            # What the project lacks here, such as a network, need not be the code's fault.
            failure = replace(failure, status=Status.INCONCLUSIVE)
    elif "status" in load:
        failure = ending if _is_end({"load": load}) else _result(load["status"], load["message"])
    if failure:
        return Examination((failure,) * count, failure)
    results = [
        replace(
            ending
            if _is_end(line)
            else _result(line["status"], line["message"], line["candidate_line"], line["value"]),
            lines=tuple(line["lines"]),
        )
        for line in said
        if "status" in line
    ]
    unfinished = CheckResult(Status.INCONCLUSIVE, "the time for all checks was over")
    return Examination((*results, *[unfinished] * (count - len(results))))


def _result(
    status: str, message: str, line: object = None, value: str | None = None
) -> CheckResult:
    if status == Status.RAISED and message.startswith("ModuleNotFoundError"):
        # What is not installed here says nothing about the candidate.
        status = Status.INCONCLUSIVE
    # The candidate's process named the line.
    where = line if isinstance(line, int) and line > 0 else None
    return CheckResult(Status(status), message, where, value)


_KILLED = CheckResult(Status.INCONCLUSIVE, "the candidate's process was killed; by whom is unknown")
