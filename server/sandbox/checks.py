"""Checks of a candidate, their results, and how these are read from the processes' reports."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from stepcheck.server.sandbox.child.candidate_proxy import ENDED
from stepcheck.server.sandbox.processes import SandboxUnavailableError

_OWN_SIGNALS = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
"""What code dies of by its own doing; other signals, SIGKILL above all, may come from outside."""


class Status(StrEnum):
    """How a check went.

    `SELF_REPORTED` is passed, but by what the candidate says of its own objects.
    """

    PASSED = "passed"
    SELF_REPORTED = "self_reported"
    FAILED = "failed"
    RAISED = "raised"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class SessionExample:
    """An example of an interactive session, and what the interpreter printed for it.

    Its `text` is the last of the `sources`, which run one after another; those from `first` on,
    before it, prepare it and print nothing. `want` is what it prints, `exception` the last line of
    a traceback, `options` doctest's flags. A claim is an equation without an answer. `shows_output`
    says whether the session shows output anywhere. `stands_alone` says that `source` and `expected`
    of its check mean the same without the session.
    """

    text: str
    sources: tuple[str, ...]
    first: int
    want: str
    exception: str | None = None
    options: tuple[tuple[int, bool], ...] = ()
    is_claim: bool = False
    shows_output: bool = True
    stands_alone: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """Python code that calls the candidate.

    Without `expected` it passes by running to its end; with it, the value of its last expression
    must be what the expression `expected` says, or its output that text. With `any_value`, the
    value is reported whatever it is. `session` is set where the check is an example of one.
    """

    source: str
    expected: str | None = None
    any_value: bool = False
    session: SessionExample | None = None

    @property
    def stands_alone(self) -> bool:
        """Whether `source` and `expected` say all that the check does."""
        return self.session is None or self.session.stands_alone


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


def is_end_of_candidate(report: Mapping[str, Any]) -> bool:
    """Tell whether the examiner reports that the candidate's process ended."""
    return ENDED in (report.get("status"), report.get("load", {}).get("status"))


def read_ending(reports: Sequence[Mapping[str, Any]]) -> CheckResult | None:
    """Return what the end of the candidate's process means; None if that was not reported."""
    for report in reports:
        if report.get("stopped") == "memory":
            return CheckResult(Status.CRASHED, "the candidate used more memory than it may")
        if "ended" in report:
            status = report["ended"]
            if status >= 0:
                return CheckResult(Status.CRASHED, f"the candidate exits with status {status}")
            name = next((each.name for each in signal.Signals if each == -status), "")
            if name in _OWN_SIGNALS:
                return CheckResult(Status.CRASHED, f"the candidate's process died of {name}")
            break
    return None


def read_examination(
    reports: Sequence[dict[str, Any]], count: int, *, in_project: bool
) -> Examination:
    """Return the results of `count` checks from what candidate and examiner reported.

    Raises `SandboxUnavailableError`.
    """
    for report in reports:
        if "unavailable" in report:
            raise SandboxUnavailableError(report["unavailable"])
    ending = read_ending(reports) or _KILLED
    load = next((report["load"] for report in reports if "load" in report), None)
    failure = None
    if load is None:
        failure = CheckResult(Status.INCONCLUSIVE, "the examination did not begin in time")
    elif "raised" in load:
        message = f"{load['raised'][0]}: {load['message']}"
        failure = _to_result(Status.RAISED, message, load.get("line"))
        if in_project and load.get("raised_outside"):
            # What the project lacks here, such as a network, need not be the code's fault.
            failure = replace(failure, status=Status.INCONCLUSIVE)
    elif "status" in load:
        is_ended = is_end_of_candidate({"load": load})
        failure = ending if is_ended else _to_result(load["status"], load["message"])
    if failure:
        return Examination((failure,) * count, failure)
    results = [_read_check(report, ending) for report in reports if "status" in report]
    unfinished = CheckResult(Status.INCONCLUSIVE, "the time for all checks was over")
    return Examination((*results, *[unfinished] * (count - len(results))))


def _read_check(report: Mapping[str, Any], ending: CheckResult) -> CheckResult:
    result = ending
    if not is_end_of_candidate(report):
        result = _to_result(
            report["status"], report["message"], report["candidate_line"], report["value"]
        )
    return replace(result, lines=tuple(report["lines"]))


def _to_result(
    status: str, message: str, line: object = None, value: str | None = None
) -> CheckResult:
    if status == Status.RAISED and message.startswith("ModuleNotFoundError"):
        # What is not installed here says nothing about the candidate.
        status = Status.INCONCLUSIVE
    # The candidate's process named the line, so it may be anything.
    candidate_line = line if isinstance(line, int) and line > 0 else None
    return CheckResult(Status(status), message, candidate_line, value)


_KILLED = CheckResult(Status.INCONCLUSIVE, "the candidate's process was killed; by whom is unknown")
