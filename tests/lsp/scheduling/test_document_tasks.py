import asyncio

import pytest

from stepcheck.lsp.scheduling.debounce import Debounce
from stepcheck.lsp.scheduling.document_tasks import ContentModifiedError, DocumentTasks


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_waits_gets_the_result_or_is_told_that_it_takes_longer():
    work = DocumentTasks()
    may_end = asyncio.Event()

    async def long():
        await may_end.wait()
        return 7

    with pytest.raises(TimeoutError):
        await work.run("a", long(), 0)
    assert work.is_running("a")
    may_end.set()
    await settle()
    assert not work.is_running("a")
    assert await work.run("a", long(), 1) == 7


async def test_abandoned_work_is_cancelled_for_its_document_alone():
    work = DocumentTasks()
    waiting = {
        name: asyncio.create_task(work.run(name, asyncio.sleep(60), 60)) for name in ("a", "b")
    }
    await settle()
    work.cancel("a")
    with pytest.raises(ContentModifiedError):
        await waiting["a"]
    assert work.is_running("b")
    waiting["b"].cancel()
    await settle()
    assert not work.is_running("b")


async def test_only_the_last_of_many_changes_is_followed_by_work():
    debounce = Debounce()
    done = []
    ran = asyncio.Event()

    def work(number):
        async def run():
            done.append(number)
            ran.set()

        return run

    for number in range(100):
        debounce.run_after("a", 0.01, work(number))
    await asyncio.wait_for(ran.wait(), 30)
    await settle()
    debounce.run_after("a", 0.01, work(-1))
    debounce.cancel_all()
    await asyncio.sleep(0.03)
    assert done == [99]
