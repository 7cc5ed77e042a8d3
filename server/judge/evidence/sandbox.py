"""Check a candidate, with its code and the checks each in a confined process of its own."""

import contextlib
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stepcheck.server.judge.evidence import command as commands
from stepcheck.server.judge.evidence.command import Completed, Stop
from stepcheck.server.judge.evidence.confinement import (
    CancelledError,
    Limits,
    SandboxUnavailableError,
    read_lines,
    start,
    to_order,
    unavailable_reason,
)

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

_MAX_REPORT_BYTES = 4_000_000
_NOTHING: Mapping[str, Any] = MappingProxyType({})


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
    they could then read and write what the current user can, and forge results.
    """

    limits: Limits = field(default_factory=Limits)
    allow_unconfined: bool = False

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
        with contextlib.ExitStack() as stack:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                candidate = stack.enter_context(
                    start(
                        "",
                        order | {"role": "candidate", "source": source, "traced": traced},
                        [theirs.fileno()],
                    )
                )
                examiner = stack.enter_context(
                    start(
                        "",
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
                        [ours.fileno()],
                    )
                )
            deadline = time.monotonic() + self.limits.seconds
            lines = list(
                read_lines(
                    [candidate, examiner], examiner, deadline, is_cancelled, _MAX_REPORT_BYTES
                )
            )
        return _read_examination(lines, len(checks))

    def run(
        self,
        command: Sequence[str],
        *,
        files: Mapping[str, bytes] = _NOTHING,
        readable: Sequence[Path] = (),
        environment: Mapping[str, str] = _NOTHING,
        stdin: bytes = b"",
        folder: Path | None = None,
        collect: Sequence[str] = (),
        limits: Limits | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Completed:
        """Run a command, until it or its time ends; nothing that it started outlives it.

        It sees the system's folders and the `readable` ones, at their places and read-only, and
        the environment that is asked for. It runs in `folder`, one of these, or else in the only
        one that it can write: `/tmp`, its own, with the `files` in it by relative name. Those named
        in `collect` (relative to it as well) come back. A program that is not there ends with
        status 127. `limits` take the place of the sandbox's own.

        Raises `SandboxUnavailableError` and `CancelledError`.
        """
        return commands.run(
            command,
            files=files,
            readable=readable,
            environment=environment,
            stdin=stdin,
            folder=folder,
            collect=collect,
            limits=limits or self.limits,
            confined=self._is_confined(),
            is_cancelled=is_cancelled,
        )

    def _is_confined(self) -> bool:
        refusal = unavailable_reason()
        if refusal and not self.allow_unconfined:
            raise SandboxUnavailableError(refusal)
        return not refusal

    def _order(self, *, confined: bool) -> dict[str, Any]:
        order = to_order(self.limits, confined=confined, cpu_seconds=self.limits.seconds)
        return order | {"seconds_per_call": self.limits.seconds_per_call}


def _read_examination(lines: Sequence[dict[str, Any]], count: int) -> Examination:
    for line in lines:
        if "unavailable" in line:
            raise SandboxUnavailableError(line["unavailable"])
    load = next((line["load"] for line in lines if "load" in line), None)
    failure = None
    if load is None:
        failure = CheckResult(Status.INCONCLUSIVE, "the examination did not begin in time")
    elif "raised" in load:
        message = f"{load['raised'][0]}: {load['message']}"
        failure = _result(Status.RAISED, message, load.get("line"))
    elif "status" in load:
        failure = CheckResult(Status(load["status"]), load["message"])
    if failure:
        return Examination((failure,) * count, failure)
    results = [
        replace(
            _result(Status(line["status"]), line["message"], line["candidate_line"], line["value"]),
            lines=tuple(line["lines"]),
        )
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
