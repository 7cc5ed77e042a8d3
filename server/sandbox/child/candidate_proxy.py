"""The candidate as its examiner sees it: names and objects whose every use happens over there.

What is returned as plain data is compared here, so the candidate cannot sway the comparison. An
object stays there, and the candidate itself answers what `==` says of two of them: a check that
rests on such an answer is marked `vouched`. Comparing an object with plain data is refused, as it
would tell the candidate what is expected.
"""

import builtins
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child.cpu_clock import Clock, Stopwatch
from stepcheck.server.sandbox.child.transport import (
    Channel,
    PeerLostError,
    Reference,
    UntransportableError,
    builtin_type,
    decode,
    encode,
)

ENDED = "ended"
"""The status of a check during which the candidate's process ended, in whatever way."""

_SECONDS_BETWEEN_LOOKS = 0.05


class CandidateSeconds(NamedTuple):
    """How long the candidate may take to begin, by the wall clock; to load and for each call.

    The latter two are processor time, and much longer by the clock on the wall.
    """

    to_begin: float
    to_load: float
    per_call: float


class CandidateError(Exception):
    """The candidate raised something that is not a built-in exception."""


class StoppedError(BaseException):
    """Ends a check, past any `except Exception` of its own."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_NOTE = "raised by the candidate"


def is_candidates_own(error: BaseException) -> bool:
    """Tell whether the candidate raised it."""
    return _NOTE in getattr(error, "__notes__", ())


class Handle(Reference):
    """A name of the candidate's module, or an object in its process; every use happens there."""

    __slots__ = ("__candidate", "__kind", "__said")
    __hash__: Callable[..., int]

    def __init__(self, candidate: "Candidate", said: dict[str, Any], kind: str) -> None:
        object.__setattr__(self, "_Handle__candidate", candidate)
        object.__setattr__(self, "_Handle__said", said)
        object.__setattr__(self, "_Handle__kind", kind)

    def __getattr__(self, name: str) -> Any:
        return _ask(self, "getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask(self, "setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delattr", self, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it over there; see `Candidate.ask`."""
        return _owner(self).ask("call", (self, *arguments), keywords)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Handle) and bool(_ask(self, "isinstance", value, self))

    def __subclasscheck__(self, value: Any) -> bool:
        return isinstance(value, Handle) and bool(_ask(self, "issubclass", value, self))

    def __exit__(self, *_: object) -> Any:
        return _ask(self, "exit", self)

    def __bool__(self) -> bool:
        return bool(_ask(self, "bool", self))

    def __contains__(self, item: Any) -> bool:
        _owner(self).vouched = True
        return bool(_ask(self, "contains", self, item))

    def __format__(self, specification: str) -> str:
        return str(_ask(self, "format", self, specification))

    def __eq__(self, other: object) -> bool:
        return bool(_compare(self, "eq", other))

    def __ne__(self, other: object) -> bool:
        return bool(_compare(self, "ne", other))


def _owner(handle: Handle) -> "Candidate":
    owner: Candidate = object.__getattribute__(handle, "_Handle__candidate")
    return owner


def reference(handle: Handle) -> dict[str, Any]:
    """Return what names the handle's object on the channel."""
    said: dict[str, Any] = object.__getattribute__(handle, "_Handle__said")
    return said


def kind_of(handle: Handle) -> str:
    """Return the name of the type of the handle's object, as the candidate says."""
    return str(object.__getattribute__(handle, "_Handle__kind"))


def _ask(handle: Handle, operation: str, *arguments: Any) -> Any:
    return _owner(handle).ask(operation, arguments, {})


def _compare(handle: Handle, operation: str, other: object) -> Any:
    if not isinstance(other, Handle):
        if other is None:
            return operation == "ne"
        message = "an object of the candidate is compared with plain data"
        raise _owner(handle).stop("inconclusive", message)
    if reference(handle) == reference(other):
        _owner(handle).vouched = True
        return operation in ("eq", "le", "ge")
    _owner(handle).vouched = True
    return _ask(handle, operation, handle, other)


def _unary(operation: str) -> Callable[..., Any]:
    def method(self: Handle, *arguments: Any) -> Any:
        return _ask(self, operation, self, *arguments)

    return method


def _binary(operation: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        _owner(self).vouched |= not isinstance(other, Handle)
        return _ask(self, operation, self, other)

    return method


def _reflected(operation: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        _owner(self).vouched = True
        return _ask(self, operation, other, self)

    return method


def _ordering(operation: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        return _compare(self, operation, other)

    return method


for _name in ("lt", "le", "gt", "ge"):
    setattr(Handle, f"__{_name}__", _ordering(_name))
for _name in ("len", "iter", "next", "hash", "repr", "str", "int", "float", "abs", "reversed"):
    setattr(Handle, f"__{_name}__", _unary(_name))
for _name in ("round", "getitem", "setitem", "delitem", "enter", "neg", "pos", "invert"):
    setattr(Handle, f"__{_name}__", _unary(_name))
for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Handle, f"__{_name}__", _binary(_name))
    setattr(Handle, f"__r{_name}__", _reflected(_name))
for _name in ("and_", "or_", "xor", "lshift", "rshift"):
    setattr(Handle, f"__{_name.rstrip('_')}__", _binary(_name))
    setattr(Handle, f"__r{_name.rstrip('_')}__", _reflected(_name))


class Candidate:
    """The candidate's process: asked one thing at a time, each within its time.

    `exceptions` are stand-ins for those its module defines, to be caught by checks.
    `calls`, `printed`, `line` (of the last exception), `lines` (that ran, if it was told to say)
    and `vouched` tell what happened since `begin`; whatever it says of itself may be forged.
    """

    def __init__(self, channel: Channel, clock: Clock | None, seconds: CandidateSeconds) -> None:
        self._channel = channel
        self._clock = clock
        self._seconds = seconds
        self._lost: StoppedError | None = None
        self._callbacks: list[Callable[..., Any]] = []
        self.exceptions: dict[str, type[Exception]] = {}
        self.begin()

    def load(self) -> dict[str, Any]:
        """Return what the candidate said about running its module; raises `StoppedError`."""
        try:
            reason = self._channel.receive(self._seconds.to_begin).get("broken")
        except (TimeoutError, PeerLostError):
            reason = "no answer"
        if reason:
            raise self._lose("inconclusive", f"the interpreter did not start: {reason}")
        said = self._receive(Stopwatch(self._clock, self._seconds.to_load))
        bases = said.get("exceptions")
        if isinstance(bases, dict):
            for name, lineage in bases.items():
                self.exceptions[name] = type(name, (self._nearest(lineage[1:]),), {})
        return said

    def begin(self) -> None:
        """Forget what the last check saw."""
        self.calls = 0
        self.printed = ""
        self.line: int | None = None
        self.lines: set[int] = set()
        self.vouched = False
        self.stopped: StoppedError | None = None

    @property
    def is_lost(self) -> bool:
        """Whether nothing more can be asked."""
        return self._lost is not None

    def name(self, name: str) -> Handle:
        """Return what the candidate's module calls `name`, looked up at each use."""
        return Handle(self, {"global": name}, name)

    def ask(self, operation: str, arguments: Iterable[Any], keywords: dict[str, Any]) -> Any:
        """Return the result of an operation over there.

        Raises what it raised, or `StoppedError` where no result can be had.
        """
        given = list(arguments)
        if self._lost:
            self.stopped = self._lost
            raise self._lost
        try:
            sent = [encode(argument, self._refer) for argument in given]
            frame = {
                "operation": operation,
                "arguments": {"list": sent},
                "keywords": encode(keywords, self._refer),
            }
            self._channel.send(frame)
        except UntransportableError as error:
            raise self.stop("inconclusive", f"an argument is not plain data: {error}") from None
        except PeerLostError:
            raise self._lose(ENDED, "the candidate's process ended") from None
        self.calls += 1
        said = self._await_answer()
        self._note(said)
        if "raised" in said:
            raise self._exception(said)
        if "untransportable" in said:
            raise self.stop("inconclusive", f"the result: {said['untransportable']}")
        try:
            value = decode(said["value"], self._resolve)
            self._mutate_alike(given, sent, said["arguments"])
        except (PeerLostError, KeyError, TypeError):
            raise self._lose("crashed", "the candidate broke the connection") from None
        return value

    def stop(self, status: str, message: str) -> StoppedError:
        """Return the error that ends the check, which it is then too late to swallow."""
        self.stopped = StoppedError(status, message)
        return self.stopped

    def _await_answer(self) -> dict[str, Any]:
        """Return the answer to what was asked, and call what it calls meanwhile."""
        stopwatch = Stopwatch(self._clock, self._seconds.per_call)
        while True:
            said = self._receive(stopwatch)
            if "callback" not in said:
                return said
            try:
                self._channel.send(self._call_back(said))
            except (PeerLostError, UntransportableError):
                raise self._lose(ENDED, "the candidate's process ended") from None

    def _call_back(self, said: dict[str, Any]) -> dict[str, Any]:
        try:
            function = self._resolve("callback", said["callback"])
            arguments = decode(said["arguments"], self._resolve)
            keywords = decode(said["keywords"], self._resolve)
        except (PeerLostError, KeyError, TypeError):
            raise self._lose("crashed", "the candidate broke the connection") from None
        try:
            return {"value": encode(function(*arguments, **keywords), self._refer)}
        except Exception as error:
            return {"raised": type(error).__name__, "message": str(error)[:300]}

    def _note(self, said: dict[str, Any]) -> None:
        printed, lines, line = said.get("printed"), said.get("lines"), said.get("line")
        self.printed += printed if isinstance(printed, str) else ""
        if isinstance(lines, list):
            self.lines.update(number for number in lines if type(number) is int)
        if "raised" in said:
            self.line = line if type(line) is int else None

    def _receive(self, stopwatch: Stopwatch) -> dict[str, Any]:
        while True:
            try:
                return self._channel.receive(_SECONDS_BETWEEN_LOOKS)
            except TimeoutError:
                if excess := stopwatch.excess():
                    raise self._lose(*excess) from None
            except PeerLostError:
                raise self._lose(ENDED, "the candidate's process ended") from None

    def _lose(self, status: str, message: str) -> StoppedError:
        self._lost = self.stop(status, message)
        return self._lost

    def _refer(self, value: object) -> Any:
        if isinstance(value, Handle):
            return reference(value)
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

    def _mutate_alike(self, mine: list[Any], sent: list[Any], theirs: dict[str, Any]) -> None:
        """Repeat on the arguments what the candidate did to its copies of them."""
        changed = theirs["list"]
        if not isinstance(changed, list) or len(changed) != len(mine):
            return
        for kept, before, after in zip(mine, sent, changed, strict=True):
            if before == after or not isinstance(kept, list | dict | set):
                continue
            value = decode(after, self._resolve)
            if type(value) is not type(kept):
                continue
            if isinstance(kept, list):
                kept[:] = value
            else:
                kept.clear()
                kept.update(value)

    def _exception(self, said: dict[str, Any]) -> Exception:
        lineage, message = said.get("raised"), str(said.get("message", ""))
        lineage = lineage if isinstance(lineage, list) else [str(lineage)]
        kind = self._nearest(lineage)
        try:
            error = kind(f"{lineage[0]}: {message}" if kind is CandidateError else message)
        except TypeError:
            error = CandidateError(f"{lineage[0]}: {message}")
        error.add_note(_NOTE)
        return error

    def _nearest(self, lineage: list[Any]) -> type[Exception]:
        """Return the first exception of a class's lineage that is known here.

        An `AssertionError` of the candidate is none of the check's.
        """
        for name in map(str, lineage):
            kind = self.exceptions.get(name) or getattr(builtins, name, None)
            if isinstance(kind, type) and issubclass(kind, Exception):
                if kind in (AssertionError, Exception):
                    break
                return kind
        return CandidateError
