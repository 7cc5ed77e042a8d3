"""Values between the candidate and its examiner, as JSON lines over a socket.

Only the built-in types of plain data cross: what arrives is rebuilt from them, so that no object
of the candidate, with an `__eq__` of its own, ever reaches the examiner. Other objects stay where
they are, and a reference crosses: a JSON object of one entry, named in `REFERENCES`.
"""

from __future__ import annotations

import builtins
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

REFERENCES = ("object", "global", "builtin", "callback")
"""An object of the candidate, a name of its module, a built-in, a function of the examiner."""

MAX_FRAME_BYTES = 8_000_000
_SEND_TIMEOUT_SECONDS = 60.0
_MAX_ITERATED = 10_000
_SEQUENCES: dict[str, Any] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "iterator": iter,
}


class UntransportableError(Exception):
    """A value that is not plain data, or too large."""


class PeerLostError(Exception):
    """The other side closed the connection, or sent what is not of the protocol."""


def builtin_type(value: object) -> str:
    """Return the name of a built-in type, or nothing for what is none."""
    found = (name for name, known in vars(builtins).items() if known is value)
    return next(found, "") if isinstance(value, type) else ""


class Reference:
    """Stands for an object on the other side; never encoded as plain data."""

    __slots__ = ()


def _refuse(value: object) -> Any:
    raise UntransportableError(f"a {type(value).__name__} is not plain data")


def encode(value: object, to_reference: Callable[[object], Any] = _refuse) -> Any:
    """Return what JSON can say of `value`; raises `UntransportableError`.

    `to_reference` returns the reference to what is not plain data, or raises that error.
    """
    if isinstance(value, Reference):
        return to_reference(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Mapping):
        return {
            "dict": [
                [encode(key, to_reference), encode(item, to_reference)]
                for key, item in value.items()
            ]
        }
    for name in ("list", "tuple", "set", "frozenset"):
        if isinstance(value, _SEQUENCES[name]):
            return {name: [encode(item, to_reference) for item in value]}
    if isinstance(value, Iterator):
        items = [encode(item, to_reference) for item in islice(value, _MAX_ITERATED + 1)]
        if len(items) > _MAX_ITERATED:
            raise UntransportableError("an iterator without a near end")
        return {"iterator": items}
    return to_reference(value)


def _reject_reference(name: str, content: Any) -> Any:
    raise PeerLostError(f"a reference to {name} {content!r:.80}")


def decode(encoded: Any, resolve: Callable[[str, Any], Any] = _reject_reference) -> Any:
    """Return the value that `encode` described; raises `PeerLostError` for anything else.

    `resolve` returns what a reference stands for, from its name and its content.
    """
    if not isinstance(encoded, dict):
        if isinstance(encoded, list):
            raise PeerLostError("not a value")
        return encoded
    try:
        [(name, content)] = encoded.items()
        if name in REFERENCES:
            return resolve(name, content)
        if name == "bytes":
            return bytes.fromhex(content)
        if name == "complex":
            return complex(*content)
        if name == "range":
            return range(*content)
        if name == "dict":
            return {decode(key, resolve): decode(item, resolve) for key, item in content}
        return _SEQUENCES[name]([decode(item, resolve) for item in content])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PeerLostError("not a value") from error


class Channel:
    """JSON lines over one end of a socket pair, each of at most so many bytes."""

    def __init__(self, file_descriptor: int, most_bytes: int = MAX_FRAME_BYTES) -> None:
        self._most_bytes = most_bytes
        self._socket = socket.socket(fileno=file_descriptor)
        self._received = bytearray()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def send(self, frame: dict[str, Any]) -> None:
        """Send one frame; raises `UntransportableError` or `PeerLostError`."""
        self.send_packed(self.pack(frame))

    def pack(self, frame: dict[str, Any]) -> bytes:
        """Return a frame as the line that is sent; raises `UntransportableError`."""
        try:
            line = json.dumps(frame).encode() + b"\n"
        except (ValueError, RecursionError) as error:
            raise UntransportableError(str(error)) from error
        if len(line) > self._most_bytes:
            raise UntransportableError("the value is too large")
        return line

    def send_packed(self, lines: bytes) -> None:
        """Send packed frames, one or several; raises `PeerLostError`."""
        self._socket.settimeout(_SEND_TIMEOUT_SECONDS)
        try:
            self._socket.sendall(lines)
        except OSError as error:
            raise PeerLostError("the connection is closed") from error

    def receive(self, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Return the next frame; raises `PeerLostError`, or `TimeoutError` when none comes."""
        self._socket.settimeout(timeout_seconds)
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > self._most_bytes:
                raise PeerLostError("a frame is too large")
            try:
                part = self._socket.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError as error:
                raise PeerLostError("the connection broke") from error
            if not part:
                raise PeerLostError("the connection is closed")
            self._received += part
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        try:
            frame = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise PeerLostError("not JSON") from error
        if not isinstance(frame, dict):
            raise PeerLostError("not a frame")
        return frame
