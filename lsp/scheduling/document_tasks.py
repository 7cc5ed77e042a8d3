"""Work that is done for open documents, and given up when their text is no longer what it was."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class AbandonedError(Exception):
    """The work was given up: the text has changed since."""


class DocumentWork:
    """Runs work for documents, and remembers for which."""

    def __init__(self) -> None:
        self._tasks: defaultdict[str, set[asyncio.Task[Any]]] = defaultdict(set)

    async def run(self, uri: str, work: Coroutine[Any, Any, Result], patience: float) -> Result:
        """Return the result of `work`, or raise what it raises.

        After `patience` seconds the caller gets `TimeoutError`, and the work goes on. Cancelling
        the caller cancels it. Raises `AbandonedError` if the work was.
        """
        task = asyncio.create_task(work)
        tasks = self._tasks[uri]
        tasks.add(task)
        task.add_done_callback(lambda done: self._forget(uri, done))
        try:
            await asyncio.wait({task}, timeout=patience)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise TimeoutError
        if task.cancelled():
            raise AbandonedError
        return task.result()

    def is_under_way(self, uri: str) -> bool:
        """Whether something is done for a document."""
        return bool(self._tasks.get(uri))

    def abandon(self, uri: str) -> None:
        """Stop all work for a document."""
        for task in tuple(self._tasks.pop(uri, ())):
            task.cancel()

    def abandon_all(self) -> None:
        """Stop all work."""
        for uri in tuple(self._tasks):
            self.abandon(uri)

    def _forget(self, uri: str, task: asyncio.Task[Any]) -> None:
        tasks = self._tasks.get(uri)
        if tasks is not None:
            tasks.discard(task)
            if not tasks:
                del self._tasks[uri]
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as lost
