"""The processor time that the candidate has used, as the process that watches it tells."""

import socket
import time
from collections.abc import Callable

_ANSWER_SECONDS = 2.0
_PATIENCE = 10
"""How much longer by the clock on the wall a call may take than by the processor's."""


class Clock:
    """Asks for the processor time, in seconds, over one end of a socket pair."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(_ANSWER_SECONDS)

    def close(self) -> None:
        """Ask nothing any more."""
        self._socket.close()

    def read(self) -> float | None:
        """Return the time used so far, or None where nothing tells it."""
        try:
            self._socket.send(b"?")
            return float(self._socket.recv(64))
        except (OSError, ValueError):
            return None


def tell(descriptor: int, seconds: Callable[[], float]) -> bool:
    """Answer one question of a `Clock` at the other end; return whether there may be more."""
    with socket.socket(fileno=descriptor) as channel:
        try:
            asked = channel.recv(64)
            if asked:
                channel.send(f"{seconds():.3f}".encode())
        except OSError:
            return False
        finally:
            channel.detach()
        return bool(asked)


class Stopwatch:
    """Tells when a call has taken too long: whose fault it is, and a message."""

    def __init__(self, clock: Clock | None, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._began = time.monotonic()
        self._used_before: float | None = None

    def excess(self) -> tuple[str, str] | None:
        """Return `timeout` where the call used up its processor time, which none else can use.

        If it merely did not come back, for much longer, that is `inconclusive`: it may have slept,
        and the machine may have been busy with something else.
        """
        now = self._clock.read() if self._clock else None
        if now is not None and self._used_before is None:
            self._used_before = now
        used = now - self._used_before if now is not None and self._used_before is not None else 0
        if used >= self._seconds:
            return "timeout", f"no answer within {self._seconds:g} s of processor time"
        if (waited := self._seconds * _PATIENCE) <= time.monotonic() - self._began:
            return (
                "inconclusive",
                f"no answer within {waited:g} s, computing for {used:.1f} of them",
            )
        return None
