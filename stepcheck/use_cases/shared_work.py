"""Work shared out: each worker takes one item after another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

Worker = TypeVar("Worker")
Item = TypeVar("Item")


async def share_work(
    items: Iterable[Item],
    workers: Sequence[Worker],
    work: Callable[[Worker, Item], Awaitable[None]],
) -> None:
    """Do the work on every item once. What it raises ends it, and what others are doing."""
    waiting = iter(items)

    async def take(worker: Worker) -> None:
        for item in waiting:
            await work(worker, item)

    tasks = [asyncio.create_task(take(worker)) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
