import asyncio

import pytest

from stepcheck.lsp.scheduling.async_cache import AsyncCache


class Work:
    """A computation that a test can hold and let go."""

    def __init__(self) -> None:
        self.started = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.started += 1
        number = self.started
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_two_who_ask_share_one_computation():
    shared: AsyncCache[str, int] = AsyncCache(4)
    work = Work()
    asking = [asyncio.create_task(shared.get_or_compute("a", work)) for _ in range(2)]
    await settle()
    work.may_end.set()
    assert await asyncio.gather(*asking) == [1, 1]
    assert await shared.get_or_compute("a", work) == 1
    assert shared.find("a") == 1


async def test_the_computation_goes_on_while_somebody_waits_and_ends_with_the_last():
    shared: AsyncCache[str, int] = AsyncCache(4)
    work = Work()
    first, second = (asyncio.create_task(shared.get_or_compute("a", work)) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    assert work.cancelled == 0
    second.cancel()
    await settle()
    assert (work.started, work.cancelled) == (1, 1)
    work.may_end.set()
    assert await shared.get_or_compute("a", work) == 2


async def test_a_failure_reaches_all_who_wait_and_is_not_remembered():
    shared: AsyncCache[str, int] = AsyncCache(4)
    failures = 0

    async def fail() -> int:
        nonlocal failures
        failures += 1
        await asyncio.sleep(0)
        raise RuntimeError(str(failures))

    results = await asyncio.gather(
        shared.get_or_compute("a", fail), shared.get_or_compute("a", fail), return_exceptions=True
    )
    assert [str(result) for result in results] == ["1", "1"]
    with pytest.raises(RuntimeError, match="2"):
        await shared.get_or_compute("a", fail)


async def test_a_forgotten_key_is_computed_anew_even_while_it_is_being_computed():
    shared: AsyncCache[str, int] = AsyncCache(4)
    work = Work()
    early = asyncio.create_task(shared.get_or_compute("a", work))
    await settle()
    shared.invalidate("a")
    late = asyncio.create_task(shared.get_or_compute("a", work))
    await settle()
    work.may_end.set()
    assert await early == 1
    assert await late == 2
    assert shared.find("a") == 2


async def test_what_is_not_worth_keeping_is_computed_again():
    shared: AsyncCache[str, int] = AsyncCache(4)
    work = Work()
    work.may_end.set()
    assert await shared.get_or_compute("a", work, lambda value: value > 1) == 1
    assert await shared.get_or_compute("a", work, lambda value: value > 1) == 2
    assert await shared.get_or_compute("a", work) == 2


async def test_the_least_recently_used_value_is_dropped():
    shared: AsyncCache[str, int] = AsyncCache(2)
    work = Work()
    work.may_end.set()
    for key in ("a", "b", "a", "c"):
        await shared.get_or_compute(key, work)
    assert (shared.find("a"), shared.find("b"), shared.find("c")) == (1, None, 3)
