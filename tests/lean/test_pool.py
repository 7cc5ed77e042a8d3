"""Who gets a worker, and when."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.pool import WorkerPool, common_prefix_length
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.worker import LeanWorker

POSITION = ProofPosition("example : p := by\n  ")


def idle_workers(count: int) -> WorkerPool:
    command = LeanCommand(("lean",), {}, Path.cwd())
    return WorkerPool([LeanWorker(command) for _ in range(count)])


async def test_who_waits_is_served_in_order() -> None:
    pool = idle_workers(1)
    served: list[int] = []

    async def borrow(number: int) -> None:
        async with pool.lend(POSITION):
            served.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(borrow(number) for number in range(10)))
    assert served == list(range(10))


async def test_no_worker_is_lent_twice_at_a_time() -> None:
    pool = idle_workers(2)
    lent: list[LeanWorker] = []

    async def borrow() -> None:
        async with pool.lend(POSITION) as worker:
            assert worker not in lent
            lent.append(worker)
            await asyncio.sleep(0.001)
            lent.remove(worker)

    await asyncio.gather(*(borrow() for _ in range(20)))


async def test_a_turn_that_is_given_up_while_a_worker_comes_back_is_passed_over() -> None:
    pool = idle_workers(1)

    async def borrow() -> None:
        async with pool.lend(POSITION):
            pass

    async with pool.lend(POSITION):
        waiting = asyncio.create_task(borrow())
        await asyncio.sleep(0)
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await borrow()


async def test_who_gives_up_waiting_or_fails_does_not_keep_a_worker() -> None:
    pool = idle_workers(1)

    async def borrow() -> None:
        async with pool.lend(POSITION):
            await asyncio.sleep(0.01)

    async def fail() -> None:
        async with pool.lend(POSITION):
            raise RuntimeError

    impatient = [asyncio.create_task(borrow()) for _ in range(10)]
    await asyncio.sleep(0)
    for task in impatient[::2]:
        task.cancel()
    with pytest.raises(RuntimeError):
        await fail()
    await asyncio.gather(*impatient, return_exceptions=True)
    async with asyncio.timeout(5), pool.lend(POSITION):
        pass


@given(st.text(), st.text(), st.text())
def test_the_common_prefix_is_found(prefix: str, left: str, right: str) -> None:
    length = common_prefix_length(prefix + left, prefix + right)
    assert length >= len(prefix)
    assert (prefix + left)[:length] == (prefix + right)[:length]
    assert (prefix + left)[length : length + 1] != (prefix + right)[length : length + 1] or (
        length == len(prefix + left) == len(prefix + right)
    )
