"""Results that are computed once for everybody who asks."""

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


class SharedComputations(Generic[Key, Value]):
    """Computes the value of a key once, for all who wait for it, and remembers the last few.

    A computation is cancelled when the last one who waits for it is. A failure is not remembered.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._running: dict[Key, _Running[Value]] = {}

    def peek(self, key: Key) -> Value | None:
        """Return the remembered value of `key`, if any."""
        return self._values.get(key)

    def forget(self, key: Key) -> None:
        """Compute `key` anew when it is next asked for; who waits already gets the old answer."""
        self._values.pop(key, None)
        self._running.pop(key, None)

    def clear(self) -> None:
        """Forget every key."""
        self._values.clear()
        self._running.clear()

    async def get(
        self,
        key: Key,
        compute: Callable[[], Awaitable[Value]],
        is_worth_keeping: Callable[[Value], bool] = lambda _: True,
    ) -> Value:
        """Return the value of `key`: remembered, being computed already, or computed now.

        Raises what `compute` raises.
        """
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        running = self._running.get(key)
        if running is None:
            running = _Running(asyncio.ensure_future(self._compute(key, compute, is_worth_keeping)))
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
        is_worth_keeping: Callable[[Value], bool],
    ) -> Value:
        value = await compute()
        running = self._running.get(key)
        is_current = running is not None and running.task is asyncio.current_task()
        if is_current and is_worth_keeping(value):
            self._values[key] = value
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)
        return value
