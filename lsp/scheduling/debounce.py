"""Work that waits until changes have stopped for a while."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Debounce:
    """Runs the last work that was asked for under a name, after a pause."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def run_after(
        self, name: str, seconds: float, work: Callable[[], Coroutine[Any, Any, object]]
    ) -> None:
        """Run `work` unless something else is asked for under this name in the meantime."""
        self.cancel(name)
        task = asyncio.create_task(self._run(seconds, work))
        self._waiting[name] = task
        task.add_done_callback(lambda done: self._forget(name, done))

    def cancel(self, name: str) -> None:
        """Cancel the work that waits or runs under a name."""
        if (task := self._waiting.pop(name, None)) is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Cancel all work."""
        for name in tuple(self._waiting):
            self.cancel(name)

    async def _run(self, seconds: float, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        await asyncio.sleep(seconds)
        await work()

    def _forget(self, name: str, task: asyncio.Task[None]) -> None:
        if self._waiting.get(name) is task:
            del self._waiting[name]
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it
