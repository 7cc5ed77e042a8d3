"""A candidate that stays alive between calls; what comes of each is described there, in plain data.

Neither the right results nor the other version are known to its process: what it says of its own
values can be false, but only by luck the same as what the other says.
"""

import ast
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Protocol

from stepcheck.server.sandbox.child.candidate_proxy import ENDED, CandidateProxy
from stepcheck.server.sandbox.child.handles import CheckStoppedError, is_raised_by_candidate
from stepcheck.server.sandbox.sandbox import Status

_MAX_STARTS = 3
_MISSING = "ModuleNotFoundError"
_MAX_MESSAGE = 200

Starter = Callable[[], contextlib.AbstractContextManager[CandidateProxy]]


class Call(Protocol):
    """A call as text: statements that prepare it, and an expression; see `Template`."""

    @property
    def setup(self) -> str:
        """The statements."""

    @property
    def call(self) -> str:
        """The expression."""


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What became of a call, as descriptions (see `sandbox.child.description`).

    `status` is passed, raised (`value` names the exception), or says why there is none, as does
    `reason`. `arguments` are those afterwards, the object of a method last; `files` and `figures`
    are those that there were in the end, `checksums` how these are written to the byte; `lines`
    those that ran, of code that is traced.
    """

    status: Status
    value: Any = None
    line: int | None = None
    printed: str = ""
    arguments: tuple[Any, ...] = ()
    figures: tuple[Any, ...] = ()
    files: tuple[Any, ...] = ()
    checksums: tuple[int, ...] = ()
    reason: str = ""
    lines: frozenset[int] = frozenset()


class Session:
    """Makes calls of a candidate; a context manager.

    A candidate whose process ends is started again, a few times; then every outcome is
    inconclusive. `failure` is why it could not be started.
    """

    def __init__(self, starter: Starter) -> None:
        self._starter = starter
        self._stack = contextlib.ExitStack()
        self._candidate: CandidateProxy | None = None
        self._launched: CandidateProxy | None = None
        self._starts = 0
        self.failure = ""

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def is_over(self) -> bool:
        """Whether every further outcome will be inconclusive."""
        return self._candidate is None and self._launched is None and self._starts >= _MAX_STARTS

    def evaluate(self, call: Call, values: tuple[Any, ...], seed: int = 0) -> CallOutcome:
        """Return the outcome of a call with copies of these values in its places."""
        return self.evaluate_all([(call, values)], seed)[0]

    def evaluate_all(
        self, calls: Sequence[tuple[Call, tuple[Any, ...]]], seed: int = 0
    ) -> list[CallOutcome]:
        """Return the outcomes of calls, each with copies of its values, made one after another.

        Many are sent at once, so that little time goes by between two. What ends the process ends
        one call; those after it are made by the next process.
        """
        outcomes: list[CallOutcome] = []
        while len(outcomes) < len(calls):
            outcomes += self._evaluate_some(calls[len(outcomes) :], seed)
        return outcomes

    def _evaluate_some(
        self, calls: Sequence[tuple[Call, tuple[Any, ...]]], seed: int
    ) -> list[CallOutcome]:
        """Return the outcomes of the first calls, as far as one process answers them."""
        candidate = self._candidate or self._start()
        if candidate is None:
            return [CallOutcome(Status.INCONCLUSIVE, reason=self.failure)] * len(calls)
        # In a tuple, so that what the call does to them is not done to them here.
        requests = [(call.setup, call.call, tuple(values), seed) for call, values in calls]
        try:
            count = candidate.post("observe", requests)
        except CheckStoppedError as stop:
            return [self._stopped(candidate, stop)]
        outcomes: list[CallOutcome] = []
        while len(outcomes) < count and not candidate.is_lost:
            outcomes.append(self._await_outcome(candidate))
        return outcomes

    def _await_outcome(self, candidate: CandidateProxy) -> CallOutcome:
        candidate.begin_check()
        try:
            outcome = _read(candidate.answer())
        except CheckStoppedError as stop:
            outcome = self._stopped(candidate, stop)
        except Exception as error:
            if is_raised_by_candidate(error):
                outcome = _raised(error, candidate)
            else:
                outcome = CallOutcome(Status.INCONCLUSIVE, reason=str(error))
        return replace(outcome, lines=frozenset(candidate.lines)) if candidate.lines else outcome

    def _stopped(self, candidate: CandidateProxy, stop: CheckStoppedError) -> CallOutcome:
        if candidate.is_lost:
            self._candidate = None
            self._stack.close()
        # It may have been killed from outside: the caller makes sure by calling again.
        status = Status.CRASHED if stop.status == ENDED else Status(stop.status)
        return CallOutcome(status, reason=stop.message)

    def launch(self) -> None:
        """Have the process started, which loads its module while others are launched."""
        if self._launched is None and self._candidate is None and self._starts < _MAX_STARTS:
            self._starts += 1
            self._launched = self._stack.enter_context(self._starter())

    def begin(self) -> None:
        """Wait until the module is loaded, or is known to fail."""
        if self._candidate is None:
            self._start()

    def _start(self) -> CandidateProxy | None:
        self.launch()
        candidate, self._launched = self._launched, None
        if candidate is None:
            return None
        try:
            report = candidate.load()
        except CheckStoppedError as stop:
            self._starts = _MAX_STARTS
            self.failure = stop.message
            return None
        if "raised" in report:
            self._starts = _MAX_STARTS
            kinds = report["raised"] if isinstance(report["raised"], list) else ["Exception"]
            message = str(report.get("message", ""))
            self.failure = message if _MISSING in kinds else f"{kinds[0]}: {message}"
            return None
        self._candidate = candidate
        return candidate


def _read(observed: Any) -> CallOutcome:
    if "unprepared" in observed:
        return CallOutcome(Status.INCONCLUSIVE, reason=str(observed["unprepared"]))
    return CallOutcome(
        Status.PASSED,
        observed["value"],
        printed=str(observed["printed"]),
        arguments=tuple(observed["arguments"]),
        figures=tuple(observed["figures"]),
        files=tuple(observed["files"]),
        checksums=tuple(observed["checksums"]),
    )


def _raised(error: Exception, candidate: CandidateProxy) -> CallOutcome:
    return CallOutcome(
        Status.RAISED, type(error).__name__, candidate.line, reason=str(error)[:_MAX_MESSAGE]
    )


def is_plain(node: ast.expr) -> bool:
    """Tell whether it is a literal."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def is_supported(node: ast.expr) -> bool:
    """Tell whether it is made of calls, attributes and lists of names and plain values."""
    match node:
        case ast.Name():
            return True
        case ast.Attribute(value=value):
            return is_supported(value)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            given = (*arguments, *(keyword.value for keyword in keywords))
            named = all(keyword.arg is not None for keyword in keywords)
            return named and is_supported(function) and all(map(is_supported, given))
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(map(is_supported, values))
    return is_plain(node)
