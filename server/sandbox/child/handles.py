"""Handles: references to names and objects of the candidate, whose every use happens over there.

Two objects of the candidate are compared by the candidate itself: a check that rests on such an
answer is marked self-reported. Comparing an object with plain data is refused, as it would tell
the candidate what is expected.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from stepcheck.server.sandbox.child.transport import Reference


class CandidateError(Exception):
    """The candidate raised something that is not a built-in exception."""


class CheckStoppedError(BaseException):
    """Ends a check, past any `except Exception` of its own."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


_NOTE = "raised by the candidate"


def mark_raised_by_candidate(error: BaseException) -> None:
    """Note that the candidate raised it."""
    error.add_note(_NOTE)


def is_raised_by_candidate(error: BaseException) -> bool:
    """Tell whether the candidate raised it."""
    return _NOTE in getattr(error, "__notes__", ())


class Remote(Protocol):
    """The other process, as handles need it; see `candidate_proxy.CandidateProxy`."""

    is_self_reported: bool

    def request(self, operation: str, arguments: Iterable[Any], keywords: dict[str, Any]) -> Any:
        """Return the result of an operation over there."""

    def stop(self, status: str, message: str) -> CheckStoppedError:
        """Return the error that ends the check."""


class Handle(Reference):
    """A name of the candidate's module, or an object in its process; every use happens there."""

    __slots__ = ("__reference", "__remote", "__type_name")
    __hash__: Callable[..., int]

    def __init__(self, remote: Remote, reference: dict[str, Any], type_name: str) -> None:
        object.__setattr__(self, "_Handle__remote", remote)
        object.__setattr__(self, "_Handle__reference", reference)
        object.__setattr__(self, "_Handle__type_name", type_name)

    def __getattr__(self, name: str) -> Any:
        return _request(self, "getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _request(self, "setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _request(self, "delattr", self, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it over there; see `CandidateProxy.request`."""
        return _remote(self).request("call", (self, *arguments), keywords)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, Handle) and bool(_request(self, "isinstance", value, self))

    def __subclasscheck__(self, value: Any) -> bool:
        return isinstance(value, Handle) and bool(_request(self, "issubclass", value, self))

    def __exit__(self, kind: object, *_: object) -> Any:
        is_swallowed = _request(self, "exit", self)
        # An assertion of the check may have been in there.
        _remote(self).is_self_reported |= bool(kind is not None and is_swallowed)
        return is_swallowed

    def __bool__(self) -> bool:
        return bool(_request(self, "bool", self))

    def __contains__(self, item: Any) -> bool:
        _remote(self).is_self_reported = True
        return bool(_request(self, "contains", self, item))

    def __format__(self, specification: str) -> str:
        return str(_request(self, "format", self, specification))

    def __eq__(self, other: object) -> bool:
        return bool(_compare(self, "eq", other))

    def __ne__(self, other: object) -> bool:
        return bool(_compare(self, "ne", other))


def reference_of(handle: Handle) -> dict[str, Any]:
    """Return what names the handle's object on the channel."""
    reference: dict[str, Any] = object.__getattribute__(handle, "_Handle__reference")
    return reference


def type_name(handle: Handle) -> str:
    """Return the name of the type of the handle's object, as the candidate says."""
    return str(object.__getattribute__(handle, "_Handle__type_name"))


def _remote(handle: Handle) -> Remote:
    remote: Remote = object.__getattribute__(handle, "_Handle__remote")
    return remote


def _request(handle: Handle, operation: str, *arguments: Any) -> Any:
    return _remote(handle).request(operation, arguments, {})


def _compare(handle: Handle, operation: str, other: object) -> Any:
    if not isinstance(other, Handle):
        if other is None:
            return operation == "ne"
        message = "an object of the candidate is compared with plain data"
        raise _remote(handle).stop("inconclusive", message)
    if reference_of(handle) == reference_of(other):
        _remote(handle).is_self_reported = True
        return operation in ("eq", "le", "ge")
    _remote(handle).is_self_reported = True
    return _request(handle, operation, handle, other)


def _unary(operation: str) -> Callable[..., Any]:
    def method(self: Handle, *arguments: Any) -> Any:
        return _request(self, operation, self, *arguments)

    return method


def _binary(operation: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        _remote(self).is_self_reported |= not isinstance(other, Handle)
        return _request(self, operation, self, other)

    return method


def _reflected(operation: str) -> Callable[[Handle, Any], Any]:
    def method(self: Handle, other: Any) -> Any:
        _remote(self).is_self_reported = True
        return _request(self, operation, other, self)

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
