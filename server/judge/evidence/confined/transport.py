"""Plain values between the candidate and its examiner, as JSON lines over a socket.

Only the built-in types of plain data cross: what arrives is rebuilt from them, so that no object
of the candidate, with an `__eq__` of its own, ever reaches the examiner.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MAX_FRAME_BYTES = 8_000_000
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
    """The other side closed the connection or spoke another language."""


def encode(value: object) -> Any:
    """Return what JSON can say of `value`; raises `UntransportableError`."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, range):
        return {"range": [value.start, value.stop, value.step]}
    if isinstance(value, Mapping):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    for name in ("list", "tuple", "set", "frozenset"):
        if isinstance(value, _SEQUENCES[name]):
            return {name: [encode(item) for item in value]}
    if isinstance(value, Iterator):
        items = [encode(item) for item in islice(value, _MAX_ITERATED + 1)]
        if len(items) > _MAX_ITERATED:
            raise UntransportableError("an iterator without a near end")
        return {"iterator": items}
    raise UntransportableError(f"a {type(value).__name__} is not plain data")


def decode(said: Any) -> Any:
    """Return the value that `encode` described; raises `PeerLostError` for anything else."""
    if not isinstance(said, dict):
        if isinstance(said, list):
            raise PeerLostError("not a value")
        return said
    try:
        [(name, content)] = said.items()
        if name == "bytes":
            return bytes.fromhex(content)
        if name == "complex":
            return complex(*content)
        if name == "range":
            return range(*content)
        if name == "dict":
            return {decode(key): decode(item) for key, item in content}
        return _SEQUENCES[name]([decode(item) for item in content])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise PeerLostError("not a value") from error


class Channel:
    """JSON lines over one end of a socket pair."""

    def __init__(self, file_descriptor: int) -> None:
        self._socket = socket.socket(fileno=file_descriptor)
        self._received = bytearray()

    def send(self, frame: dict[str, Any]) -> None:
        """Send one frame; raises `UntransportableError` or `PeerLostError`."""
        try:
            line = json.dumps(frame).encode() + b"\n"
        except (ValueError, RecursionError) as error:
            raise UntransportableError(str(error)) from error
        if len(line) > MAX_FRAME_BYTES:
            raise UntransportableError("the value is too large")
        try:
            self._socket.sendall(line)
        except OSError as error:
            raise PeerLostError("the connection is closed") from error

    def receive(self, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Return the next frame; raises `PeerLostError`, or `TimeoutError` when none comes."""
        self._socket.settimeout(timeout_seconds)
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > MAX_FRAME_BYTES:
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
