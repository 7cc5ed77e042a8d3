"""Run checks beside a candidate, in its own module: what is seen there, and how it ended.

Objects, streams, patches and identity are the real ones. What is reported comes from the process
of the candidate, which could forge it: `Observation` says what that leaves to rest on.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from stepcheck.server.sandbox.checks import Status, read_ending
from stepcheck.server.sandbox.child.transport import Channel, PeerLostError, decode
from stepcheck.server.sandbox.launcher import ChildProcess
from stepcheck.server.sandbox.processes import CancelledError, SandboxUnavailableError, read_lines

_POLL_SECONDS = 0.05
_SECONDS_TO_END = 2.0
_SECONDS_FOR_SUITE = 600.0
_MAX_REPORT_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of tests. Those that `share` the candidate's globals stand below it in one file.

    With `has_items` it has tests to call, by pytest if it `needs_pytest`; else it is one as a
    whole.
    """

    source: str
    shares: bool
    has_items: bool
    needs_pytest: bool


@dataclass(frozen=True, slots=True)
class Job:
    """What to run in a fork: `source`, the `examples` of a session in turn, or a `suite`.

    With `is_value`, the value of the last expression is reported; with `expected`, so is whether it
    equals that expression. Each may take `seconds` of processor time.
    """

    source: str = ""
    examples: tuple[str, ...] = ()
    suite: Suite | None = None
    is_value: bool = False
    expected: str | None = None
    seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a job, or of an example of it; lines count from 1.

    `PASSED` says that it came to its end. `shown` is the text of the value, `value` the plain data
    that it is made of (`has_value`), rebuilt here; `exception` is the last line of a traceback.
    `matches` is whether it equals what is wanted, by its own `==`. Code can make up all of that,
    but not without knowing what to say: it was told nothing that is not in the job. A test of a
    suite is an `item`, whose `owner` is the function or class at the top of the file.
    """

    status: Status
    message: str = ""
    line: int | None = None
    check_line: int | None = None
    printed: str = ""
    shown: str = ""
    value: Any = None
    has_value: bool = False
    is_none: bool = False
    matches: bool | None = None
    exception: str | None = None
    lines: tuple[int, ...] = ()
    item: str | None = None
    owner: str | None = None
    skipped: bool = False


class _NotStartedError(PeerLostError):
    """The interpreter that was to run the candidate could not be started."""


class World:
    """A loaded candidate; `failure` is set where it could not be loaded."""

    def __init__(
        self,
        channel: Channel,
        process: ChildProcess,
        deadline: float,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._channel = channel
        self._process = process
        self._deadline = deadline
        self._is_cancelled = is_cancelled
        self._mark = secrets.token_hex(16)
        self._lost: Observation | None = None
        self.failure: Observation | None = None

    def load(self, source: str, seconds: float) -> None:
        """Load the candidate within `seconds` of processor time; raises `CancelledError`."""
        order = {"mark": self._mark, "source": source, "load_seconds": seconds}
        try:
            self._channel.send(order)
            self._receive("begun")
        except (PeerLostError, TimeoutError) as error:
            reason = str(error) if isinstance(error, _NotStartedError) else "no answer"
            message = f"the interpreter did not start: {reason}"
            self.failure = Observation(Status.INCONCLUSIVE, message)
            return
        try:
            seen = self._receive("load")["load"]
        except (PeerLostError, TimeoutError) as error:
            self.failure = self._explain(error)
            return
        if seen:
            self.failure = _observe(seen, Job(seconds=seconds))

    def run(self, jobs: Sequence[Job], *, traced: bool = False) -> list[list[Observation]]:
        """Return what was seen of each job: one observation, or one for each example or test.

        Raises `CancelledError`.
        """
        done: list[list[Observation]] = []
        if self.failure is None and self._lost is None and jobs:
            try:
                self._channel.send({"jobs": [_describe(job, traced=traced) for job in jobs]})
                for job in jobs:
                    seen = self._receive("seen")
                    done.append(_read(seen, job))
            except (PeerLostError, TimeoutError) as error:
                self._lost = self._explain(error)
        rest = self.failure or self._lost
        for job in jobs[len(done) :]:
            assert rest is not None  # noqa: S101 - else all are done
            done.append([rest] * max(1, len(job.examples)))
        return done

    def _receive(self, key: str) -> dict[str, Any]:
        while True:
            if self._is_cancelled():
                raise CancelledError
            try:
                frame = self._channel.receive(_POLL_SECONDS)
            except TimeoutError:
                if time.monotonic() > self._deadline:
                    raise
                continue
            if key == "begun" and "broken" in frame:
                raise _NotStartedError(frame["broken"])
            # Whatever lacks the mark was written by somebody else.
            if frame.get("mark") == self._mark and key in frame:
                return frame

    def _explain(self, error: Exception) -> Observation:
        if isinstance(error, TimeoutError):
            return Observation(Status.INCONCLUSIVE, "the time for all checks was over")
        deadline = time.monotonic() + _SECONDS_TO_END
        reports = list(
            read_lines(
                [self._process], self._process, deadline, self._is_cancelled, _MAX_REPORT_BYTES
            )
        )
        for report in reports:
            if "unavailable" in report:
                raise SandboxUnavailableError(report["unavailable"])
        if (ending := read_ending(reports)) is not None:
            return Observation(ending.status, ending.message)
        return _KILLED


def _describe(job: Job, *, traced: bool) -> dict[str, Any]:
    told: dict[str, Any] = {"seconds": job.seconds, "traced": traced, "wall_seconds": 0.0}
    if job.suite is not None:
        # How many tests there are is not known, but the time for all.
        return {**told, "suite": asdict(job.suite), "wall_seconds": _SECONDS_FOR_SUITE}
    if job.examples:
        return {**told, "examples": list(job.examples)}
    told |= {"source": job.source, "is_value": job.is_value}
    return told if job.expected is None else {**told, "expected": job.expected}


def _read(frame: dict[str, Any], job: Job) -> list[Observation]:
    count = max(1, len(job.examples))
    try:
        seen = [_observe(each, job) for each in frame["seen"]]
        ending = str(frame["ending"])
    except (KeyError, TypeError, ValueError, AttributeError, PeerLostError):
        return [Observation(Status.CRASHED, "the candidate broke the connection")] * count
    if job.suite is not None:
        return [*seen, _read_job_ending(ending, job)] if ending or not seen else seen
    seen = seen[:count]
    if ending and len(seen) < count:
        seen.append(_read_job_ending(ending, job))
    unfinished = Observation(Status.INCONCLUSIVE, "what came before did not end")
    return seen + [unfinished] * (count - len(seen))


def _read_job_ending(ending: str, job: Job) -> Observation:
    if not ending:
        return Observation(Status.INCONCLUSIVE, "there is no test")
    if ending == "timeout":
        return Observation(Status.TIMEOUT, _timeout_message(job.seconds))
    if ending == "wall":
        return Observation(Status.INCONCLUSIVE, "no answer in time by the clock on the wall")
    if ending == "large":
        return Observation(Status.INCONCLUSIVE, "the result is too large")
    result = read_ending([{"ended": int(ending)}])
    return Observation(result.status, result.message) if result else _KILLED


def _observe(seen: dict[str, Any], job: Job) -> Observation:
    """Return an observation; raises what says that the report is none."""
    item, owner = seen.get("item"), seen.get("owner")
    if "ending" in seen:
        return replace(_read_job_ending(str(seen["ending"]), job), item=item, owner=owner)
    status = Status(seen["status"])
    message = str(seen.get("message", ""))
    if status is Status.TIMEOUT:
        message = _timeout_message(job.seconds)
    exception = seen.get("exception")
    if isinstance(error := seen.get("error"), dict):
        status, message = Status(error["status"]), str(error["message"])
        seen = {**error, **seen}
    matches = seen.get("matches")
    return Observation(
        status,
        message,
        _line(seen.get("line")),
        _line(seen.get("check_line")),
        str(seen.get("printed", "")),
        str(seen.get("shown", "")),
        decode(seen["value"]) if "value" in seen else None,
        "value" in seen,
        seen.get("is_none") is True,
        matches if isinstance(matches, bool) else None,
        str(exception) if exception is not None else None,
        tuple(line for line in seen.get("lines", ()) if type(line) is int),
        item,
        owner,
        seen.get("skipped") is True,
    )


def _line(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None


def _timeout_message(seconds: float) -> str:
    return f"no answer within {seconds:g} s of processor time"


_KILLED = Observation(Status.INCONCLUSIVE, "the candidate's process was killed; by whom is unknown")
