"""What comes of asynchronous code, for whoever calls it as if it were not; Python 3.9 and later."""

from __future__ import annotations

import types
from typing import Any

MAX_ITERATED = 200
"""Of an iterator, which may have no end, so many items are looked at."""


def settle(value: Any) -> Any:
    """Return what a coroutine comes to, the items of an asynchronous generator, or the value."""
    if not isinstance(value, (types.CoroutineType, types.AsyncGeneratorType)):
        return value
    import asyncio  # It takes long to load.

    if isinstance(value, types.CoroutineType):
        return asyncio.run(value)
    return asyncio.run(_collect(value))


async def _collect(generator: Any) -> list[Any]:
    items: list[Any] = []
    async for item in generator:
        items.append(item)
        if len(items) == MAX_ITERATED:
            break
    return items
