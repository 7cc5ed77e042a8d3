"""Asynchronous tasks of open documents, which are cancelled when the document's text changes."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class ContentModifiedError(Exception):
    """The task was cancelled because the document's text has changed since."""


class DocumentTasks:
    """Runs tasks, each for a document by its URI."""

    def __init__(self) -> None:
        self._tasks: defaultdict[str, set[asyncio.Task[Any]]] = defaultdict(set)

    async def run(self, uri: str, work: Coroutine[Any, Any, Result], timeout: float) -> Result:
        """Return the result of `work`, or raise what it raises.

        After `timeout` seconds the caller gets `TimeoutError`, and the work goes on. Cancelling
        the caller cancels the work. Raises `ContentModifiedError` if the work is cancelled for its
        document.
        """
        task = asyncio.create_task(work)
        tasks = self._tasks[uri]
        tasks.add(task)
        task.add_done_callback(lambda done: self._forget(uri, done))
        try:
            await asyncio.wait({task}, timeout=timeout)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            raise TimeoutError
        if task.cancelled():
            raise ContentModifiedError
        return task.result()

    def is_running(self, uri: str) -> bool:
        """Whether a task of a document is running."""
        return bool(self._tasks.get(uri))

    def cancel(self, uri: str) -> None:
        """Cancel all tasks of a document."""
        for task in tuple(self._tasks.pop(uri, ())):
            task.cancel()

    def cancel_all(self) -> None:
        """Cancel all tasks."""
        for uri in tuple(self._tasks):
            self.cancel(uri)

    def _forget(self, uri: str, task: asyncio.Task[Any]) -> None:
        tasks = self._tasks.get(uri)
        if tasks is not None:
            tasks.discard(task)
            if not tasks:
                del self._tasks[uri]
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it
