"""A cache of asynchronously computed values, which concurrent callers share."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Running(Generic[Value]):
    task: asyncio.Task[Value]
    waiters: int = 0


class AsyncCache(Generic[Key, Value]):
    """Computes the value of a key once for all callers, and keeps the `capacity` last used values.

    A computation is cancelled when its last waiting caller is. A failure is not cached.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._running: dict[Key, _Running[Value]] = {}

    def find(self, key: Key) -> Value | None:
        """Return the cached value of `key`, if any; does not count as a use."""
        return self._values.get(key)

    def invalidate(self, key: Key) -> None:
        """Compute `key` again when it is next asked for; callers that wait get the old value."""
        self._values.pop(key, None)
        self._running.pop(key, None)

    def clear(self) -> None:
        """Invalidate every key."""
        self._values.clear()
        self._running.clear()

    async def get_or_compute(
        self,
        key: Key,
        compute: Callable[[], Awaitable[Value]],
        should_cache: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """Return the value of `key`: cached, being computed already, or computed now.

        Only a value for which `should_cache` holds is kept. Raises what `compute` raises.
        """
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        running = self._running.get(key)
        if running is None:
            running = _Running(asyncio.ensure_future(self._compute(key, compute, should_cache)))
            self._running[key] = running
        running.waiters += 1
        try:
            return await asyncio.shield(running.task)
        finally:
            running.waiters -= 1
            if not running.waiters:
                running.task.cancel()
                if self._running.get(key) is running:
                    del self._running[key]

    async def _compute(
        self,
        key: Key,
        compute: Callable[[], Awaitable[Value]],
        should_cache: Callable[[Value], bool],
    ) -> Value:
        value = await compute()
        running = self._running.get(key)
        is_current = running is not None and running.task is asyncio.current_task()
        if is_current and should_cache(value):
            self._values[key] = value
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
        return value
