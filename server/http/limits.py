"""How many requests of a kind are worked on at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from stepcheck.server.http.errors import ApiError

_RETRY_SECONDS = 5


class ConcurrencyLimit:
    """Admits requests up to a number, which a `setting` holds, and refuses those beyond it.

    `work` names in the plural what they ask for.
    """

    def __init__(self, requests: int, work: str, setting: str) -> None:
        self._free = threading.BoundedSemaphore(requests)
        self._message = f"{requests} {work} are being made."
        self._remedy = f"Try again soon, or raise {setting}."

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Do what follows within the limit. Raises `ApiError` with status 429 beyond it."""
        if not self._free.acquire(blocking=False):
            raise ApiError(429, "queue_full", self._message, self._remedy, _RETRY_SECONDS)
        try:
            yield
        finally:
            self._free.release()
