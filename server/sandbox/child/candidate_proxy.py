"""The candidate as its examiner sees it: handles of its names and objects, and its process.

What is returned as plain data is compared here, so the candidate cannot influence the comparison.
An object stays there: see `handles`.
"""

import builtins
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child.cpu_clock import CallTimer, CpuClock
from stepcheck.server.sandbox.child.handles import (
    CandidateError,
    CheckStoppedError,
    Handle,
    mark_raised_by_candidate,
    reference_of,
)
from stepcheck.server.sandbox.child.transport import (
    Channel,
    PeerLostError,
    UntransportableError,
    builtin_type,
    decode,
    encode,
)

ENDED = "ended"
"""The status of a check during which the candidate's process ended, in whatever way."""

_POLL_SECONDS = 0.05
_AHEAD_BYTES = 1 << 15
"""How much is sent before its answers are read: a socket holds more, so that sending never waits
for the candidate, which may itself be waiting until its answers are read."""
_NONE = encode({})


class CandidateTimeouts(NamedTuple):
    """How many seconds the candidate may take: to start, to load its module, for each call.

    The first is by the wall clock; the others are processor time, and much longer by the wall
    clock.
    """

    start: float
    load: float
    call: float


class CandidateProxy:
    """The candidate's process: requests are answered one after another, each within its time.

    `exceptions` are stand-ins for those its module defines, to be caught by checks.
    `calls`, `printed`, `line` (of the last exception), `lines` (that ran, if it was traced) and
    `is_self_reported` (whether the candidate compared objects of its own) tell what happened
    since `begin_check`; whatever the candidate reports may be forged.
    """

    def __init__(
        self, channel: Channel, clock: CpuClock | None, timeouts: CandidateTimeouts
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._timeouts = timeouts
        self._lost: CheckStoppedError | None = None
        self._callbacks: list[Callable[..., Any]] = []
        self.exceptions: dict[str, type[Exception]] = {}
        self.begin_check()

    def load(self) -> dict[str, Any]:
        """Return what the candidate reported of running its module; raises `CheckStoppedError`."""
        try:
            reason = self._channel.receive(self._timeouts.start).get("broken")
        except (TimeoutError, PeerLostError):
            reason = "no answer"
        if reason:
            raise self._mark_lost("inconclusive", f"the interpreter did not start: {reason}")
        reply = self._receive(CallTimer(self._clock, self._timeouts.load))
        bases = reply.get("exceptions")
        if isinstance(bases, dict):
            for name, ancestors in bases.items():
                self.exceptions[name] = type(name, (self._nearest_known(ancestors[1:]),), {})
        return reply

    def begin_check(self) -> None:
        """Reset what is recorded for a check."""
        self.calls = 0
        self.printed = ""
        self.line: int | None = None
        self.lines: set[int] = set()
        self.is_self_reported = False
        self.stopped: CheckStoppedError | None = None

    @property
    def is_lost(self) -> bool:
        """Whether no request can be made any more."""
        return self._lost is not None

    def global_name(self, name: str) -> Handle:
        """Return a handle of what the candidate's module calls `name`, looked up at each use."""
        return Handle(self, {"global": name}, name)

    def request(self, operation: str, arguments: Iterable[Any], keywords: dict[str, Any]) -> Any:
        """Return the result of an operation over there.

        Raises what it raised, or `CheckStoppedError` where no result can be had.
        """
        given = list(arguments)
        if self._lost:
            self.stopped = self._lost
            raise self._lost
        try:
            sent = [encode(argument, self._to_reference) for argument in given]
            frame = {
                "operation": operation,
                "arguments": {"list": sent},
                "keywords": encode(keywords, self._to_reference),
            }
            self._channel.send(frame)
        except UntransportableError as error:
            raise self.stop("inconclusive", f"an argument is not plain data: {error}") from None
        except PeerLostError:
            raise self._mark_lost(ENDED, "the candidate's process ended") from None
        self.calls += 1
        reply = self._await_reply()
        value = self._read_result(reply)
        try:
            self._replay_mutations(given, sent, reply["arguments"])
        except (PeerLostError, KeyError, TypeError):
            raise self._mark_lost("crashed", "the candidate broke the connection") from None
        return value

    def post(self, operation: str, requests: Sequence[Sequence[Any]]) -> int:
        """Send requests of plain data ahead, and return how many of the first were sent.

        Each has to be answered by `answer`, in this order. Raises `CheckStoppedError` where none
        can be sent.
        """
        if self._lost:
            raise self._lost
        lines: list[bytes] = []
        for arguments in requests:
            try:
                sent = [encode(argument) for argument in arguments]
                frame = {"operation": operation, "arguments": {"list": sent}, "keywords": _NONE}
                line = self._channel.pack(frame)
            except UntransportableError as error:
                if lines:
                    break
                raise self.stop("inconclusive", f"an argument is not plain data: {error}") from None
            if lines and sum(map(len, lines)) + len(line) > _AHEAD_BYTES:
                break
            lines.append(line)
        try:
            self._channel.send_packed(b"".join(lines))
        except PeerLostError:
            raise self._mark_lost(ENDED, "the candidate's process ended") from None
        return len(lines)

    def answer(self) -> Any:
        """Return the result of the first request posted that has none; raises as `request` does."""
        if self._lost:
            raise self._lost
        self.calls += 1
        return self._read_result(self._await_reply())

    def stop(self, status: str, message: str) -> CheckStoppedError:
        """Return the error that ends the check, which it is then too late to swallow."""
        self.stopped = CheckStoppedError(status, message)
        return self.stopped

    def _read_result(self, reply: dict[str, Any]) -> Any:
        self._record(reply)
        if "raised" in reply:
            raise self._make_exception(reply)
        if "untransportable" in reply:
            raise self.stop("inconclusive", f"the result: {reply['untransportable']}")
        try:
            return decode(reply["value"], self._resolve)
        except (PeerLostError, KeyError, TypeError):
            raise self._mark_lost("crashed", "the candidate broke the connection") from None

    def _await_reply(self) -> dict[str, Any]:
        """Return the reply to a request, serving the callbacks that come before it."""
        timer = CallTimer(self._clock, self._timeouts.call)
        while True:
            reply = self._receive(timer)
            if "callback" not in reply:
                return reply
            try:
                self._channel.send(self._call_back(reply))
            except (PeerLostError, UntransportableError):
                raise self._mark_lost(ENDED, "the candidate's process ended") from None

    def _call_back(self, call: dict[str, Any]) -> dict[str, Any]:
        try:
            function = self._resolve("callback", call["callback"])
            arguments = decode(call["arguments"], self._resolve)
            keywords = decode(call["keywords"], self._resolve)
        except (PeerLostError, KeyError, TypeError):
            raise self._mark_lost("crashed", "the candidate broke the connection") from None
        try:
            return {"value": encode(function(*arguments, **keywords), self._to_reference)}
        except Exception as error:
            return {"raised": type(error).__name__, "message": str(error)[:300]}

    def _record(self, reply: dict[str, Any]) -> None:
        printed, lines, line = reply.get("printed"), reply.get("lines"), reply.get("line")
        self.printed += printed if isinstance(printed, str) else ""
        if isinstance(lines, list):
            self.lines.update(number for number in lines if type(number) is int)
        if "raised" in reply:
            self.line = line if type(line) is int else None

    def _receive(self, timer: CallTimer) -> dict[str, Any]:
        while True:
            try:
                return self._channel.receive(_POLL_SECONDS)
            except TimeoutError:
                if overrun := timer.overrun():
                    raise self._mark_lost(*overrun) from None
            except PeerLostError:
                raise self._mark_lost(ENDED, "the candidate's process ended") from None

    def _mark_lost(self, status: str, message: str) -> CheckStoppedError:
        self._lost = self.stop(status, message)
        return self._lost

    def _to_reference(self, value: object) -> Any:
        if isinstance(value, Handle):
            return reference_of(value)
        if name := builtin_type(value):
            return {"builtin": name}
        if callable(value):
            for number, known in enumerate(self._callbacks):
                if known is value:
                    return {"callback": number}
            self._callbacks.append(value)
            return {"callback": len(self._callbacks) - 1}
        raise UntransportableError(f"a {type(value).__name__}")

    def _resolve(self, name: str, content: Any) -> Any:
        match name, content:
            case "object", [int(), str(kind)]:
                return Handle(self, {"object": content}, kind)
            case "builtin", str() if isinstance(getattr(builtins, content, None), type):
                return getattr(builtins, content)
            case "callback", int() if 0 <= content < len(self._callbacks):
                return self._callbacks[content]
        raise PeerLostError("not a reference")

    def _replay_mutations(
        self, arguments: list[Any], sent: list[Any], returned: dict[str, Any]
    ) -> None:
        """Repeat on the arguments how the candidate mutated its copies of them."""
        changed = returned["list"]
        if not isinstance(changed, list) or len(changed) != len(arguments):
            return
        for own, before, after in zip(arguments, sent, changed, strict=True):
            if before == after or not isinstance(own, list | dict | set):
                continue
            value = decode(after, self._resolve)
            if type(value) is not type(own):
                continue
            if isinstance(own, list):
                own[:] = value
            else:
                own.clear()
                own.update(value)

    def _make_exception(self, reply: dict[str, Any]) -> Exception:
        ancestors, message = reply.get("raised"), str(reply.get("message", ""))
        ancestors = ancestors if isinstance(ancestors, list) else [str(ancestors)]
        kind = self._nearest_known(ancestors)
        try:
            error = kind(f"{ancestors[0]}: {message}" if kind is CandidateError else message)
        except TypeError:
            error = CandidateError(f"{ancestors[0]}: {message}")
        mark_raised_by_candidate(error)
        return error

    def _nearest_known(self, ancestors: list[Any]) -> type[Exception]:
        """Return the first of a class's ancestors that is an exception known here.

        An `AssertionError` of the candidate is not one of the check.
        """
        for name in map(str, ancestors):
            kind = self.exceptions.get(name) or getattr(builtins, name, None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                if kind in (AssertionError, Exception):
                    break
                return kind
        return CandidateError
