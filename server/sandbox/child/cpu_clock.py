"""The processor time that the candidate has used, asked of the process that monitors it."""

import socket
import time
from collections.abc import Callable

_REPLY_SECONDS = 2.0
_WALL_TIME_FACTOR = 10
"""How much longer by the wall clock a call may take than by the processor's."""


class CpuClock:
    """Reads the candidate's processor time over one end of a socket pair."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(_REPLY_SECONDS)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def read(self) -> float | None:
        """Return the seconds used so far, or None where no monitor answers."""
        try:
            self._socket.send(b"?")
            return float(self._socket.recv(64))
        except (OSError, ValueError):
            return None


def answer_query(descriptor: int, cpu_seconds: Callable[[], float]) -> bool:
    """Answer one query of a `CpuClock` at the other end; return whether there may be more."""
    with socket.socket(fileno=descriptor) as channel:
        try:
            query = channel.recv(64)
            if query:
                channel.send(f"{cpu_seconds():.3f}".encode())
        except OSError:
            return False
        finally:
            channel.detach()
        return bool(query)


class CallTimer:
    """Tells when a call has taken longer than its `seconds` of processor time."""

    def __init__(self, clock: CpuClock | None, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._began = time.monotonic()
        self._used_before: float | None = None

    def overrun(self) -> tuple[str, str] | None:
        """Return the status and message of a call that took too long, or None while it may go on.

        The status is `timeout` where the call used up its processor time, which nothing else can
        use. If it merely did not come back, for much longer, it is `inconclusive`: it may have
        slept, and the machine may have been busy with something else.
        """
        now = self._clock.read() if self._clock else None
        if now is not None and self._used_before is None:
            self._used_before = now
        used = now - self._used_before if now is not None and self._used_before is not None else 0
        if used >= self._seconds:
            return "timeout", f"no answer within {self._seconds:g} s of processor time"
        if (waited := self._seconds * _WALL_TIME_FACTOR) <= time.monotonic() - self._began:
            return (
                "inconclusive",
                f"no answer within {waited:g} s, computing for {used:.1f} of them",
            )
        return None
