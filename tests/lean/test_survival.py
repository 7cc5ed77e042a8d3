"""What Lean, the machine or a person can do to a check, and what is left standing."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import psutil
import pytest

from stepcheck.lean.checker import EMBEDDED_MEMORY_LIMIT, StepChecker
from stepcheck.lean.errors import LeanError, LeanUnavailableError
from stepcheck.lean.limits import CheckLimits, WorkerSettings
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import StepVerdict

from .cases import CONJUNCTION, EATING, STALLING, TRUE, WAITING

PROVED, TIMEOUT, UNKNOWN = StepVerdict.PROVED, StepVerdict.TIMEOUT, StepVerdict.UNKNOWN

ACKERMANN = (
    "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, 0 => ack m 1\n"
    "  | m + 1, n + 1 => ack m (ack (m + 1) n)\n\n"
)
KERNEL = ProofPosition("theorem k : (List.range 500000).foldl (· + ·) 0 = 1 := by\n  ")
KERNEL_RUNAWAY = "decide +kernel"
QUICK = CheckLimits(milliseconds=1500)
IMPATIENT = WorkerSettings(
    memory_limit=EMBEDDED_MEMORY_LIMIT, grace_seconds=1.0, cancel_seconds=1.0
)

HANGS = [
    (TRUE, "repeat skip"),
    (TRUE, "iterate 100000000 skip"),
    (WAITING, "wait"),
    (STALLING, "stall"),
    (
        ProofPosition("theorem d (f : Nat → Nat) (h : ∀ x, f x = f (x + 1)) : f 0 = 1 := by\n  "),
        "simp [h]",
    ),
    (ProofPosition(ACKERMANN + "theorem a : ack 4 3 = 7 := by\n  "), "rfl"),
    (ProofPosition(ACKERMANN + "theorem a : ack 4 3 = 7 := by\n  "), "decide"),
    (ProofPosition("theorem p : 2 ^ 1000000000 = 0 := by\n  "), "decide"),
    (ProofPosition("theorem p : 2 ^ 10000000 % 7 = 9 := by\n  "), "decide"),
    (KERNEL, KERNEL_RUNAWAY),
    (TRUE, "exact " + "(" * 390 + "Nat.add_comm a c" + ")" * 390),
    (TRUE, "exact " + "id (" * 150 + "Nat.add_comm a c" + ")" * 150),
    (TRUE, "\n".join("have : True := trivial" for _ in range(700)) + "\nexact nothing"),
]


@pytest.mark.parametrize(("position", "step"), HANGS, ids=[step[:20] for _, step in HANGS])
async def test_a_step_that_runs_away_is_stopped_and_hurts_no_other(
    checker: StepChecker, position: ProofPosition, step: str
) -> None:
    async with asyncio.timeout(60):
        runaway, after = await checker.check(position, [step, "skip"], QUICK)
    assert not runaway.verdict.is_shown
    assert runaway.message
    assert after.verdict is StepVerdict.NO_PROGRESS
    [other] = await checker.check(TRUE, ["omega"])
    assert other.verdict is PROVED


PATIENT = CheckLimits(heartbeats=10**9, milliseconds=60_000)


async def test_a_cancelled_check_stops_within_lean(checker: StepChecker) -> None:
    await checker.open(WAITING)
    processes = checker.statistics.process_ids
    task = asyncio.create_task(checker.check(WAITING, ["skip", "wait", "omega"], PATIENT))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        [checked] = await checker.check(WAITING, ["omega"])
    assert checked.verdict is PROVED
    assert checker.statistics.process_ids == processes


async def test_a_cancelled_check_that_does_not_stop_costs_lean_its_life(
    checker: StepChecker,
) -> None:
    await checker.open(STALLING)
    processes = checker.statistics.process_ids
    task = asyncio.create_task(checker.check(STALLING, ["stall"], PATIENT))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(50):
        [checked] = await checker.check(STALLING, ["omega"])
    assert checked.verdict is PROVED
    assert checker.statistics.process_ids != processes


async def test_leaving_the_stream_early_stops_the_rest(checker: StepChecker) -> None:
    steps = checker.check_each(WAITING, ["omega", "wait"], PATIENT)
    async with contextlib.aclosing(steps):
        async for checked in steps:
            assert checked.verdict is PROVED
            break
    async with asyncio.timeout(20):
        [after] = await checker.check(WAITING, ["omega"])
    assert after.verdict is PROVED


async def test_steps_arrive_one_by_one(checker: StepChecker) -> None:
    steps = checker.check_each(WAITING, ["omega", "wait"], QUICK)
    async with contextlib.aclosing(steps):
        arrivals = [time.monotonic() async for _ in steps]
    assert arrivals[1] - arrivals[0] > QUICK.milliseconds / 2000


async def test_a_lean_killed_in_the_middle_starts_again_and_nothing_is_lost(
    checker: StepChecker,
) -> None:
    await checker.open(WAITING)
    task = asyncio.create_task(checker.check(WAITING, ["omega", "wait", "omega"], QUICK))
    await asyncio.sleep(0.5)
    [pid] = checker.statistics.process_ids
    os.kill(pid, signal.SIGKILL)
    checked = await task
    assert [step.verdict for step in checked] == [PROVED, TIMEOUT, PROVED]
    assert checker.statistics.process_ids != (pid,)


async def test_a_lean_killed_between_two_requests_is_not_noticed(checker: StepChecker) -> None:
    await checker.open(TRUE)
    [pid] = checker.statistics.process_ids
    os.kill(pid, signal.SIGKILL)
    [checked] = await checker.check(TRUE, ["omega"])
    assert checked.verdict is PROVED


async def test_a_step_on_which_lean_dies_twice_is_unknown_and_the_others_are_checked(
    checker: StepChecker,
) -> None:
    await checker.open(TRUE)
    assert checker._pool is not None
    [worker] = checker._pool.workers
    task = asyncio.create_task(checker.check(STALLING, ["stall", "omega"], PATIENT))
    killed: list[int | None] = []
    async with asyncio.timeout(100):
        while len(killed) < 2:
            await asyncio.sleep(0.1)
            if worker.document == STALLING and worker.pid not in killed:
                await asyncio.sleep(0.5)
                killed.append(worker.pid)
                os.kill(worker.pid or 0, signal.SIGKILL)
    died, after = await task
    assert died.verdict is UNKNOWN
    assert "SIGKILL" in died.message
    assert after.verdict is PROVED


async def test_two_documents_share_one_worker(checker: StepChecker) -> None:
    answers = await asyncio.gather(
        *(
            checker.check(position, [step])
            for _ in range(5)
            for position, step in ((TRUE, "omega"), (CONJUNCTION, "exact ⟨hp, hq⟩"))
        )
    )
    assert {checked.verdict for [checked] in answers} == {PROVED}


async def test_with_two_workers_a_slow_document_does_not_hold_up_another(
    toolchain: Toolchain,
) -> None:
    async with StepChecker(toolchain, workers=2) as checker:
        slow = asyncio.create_task(checker.check(WAITING, ["wait"], PATIENT))
        async with asyncio.timeout(55):
            [checked] = await checker.check(TRUE, ["omega"])
        assert checked.verdict is PROVED
        assert not slow.done()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        assert len(checker.statistics.process_ids) == 2


async def test_who_gives_up_waiting_does_not_disturb_who_is_served(checker: StepChecker) -> None:
    served = asyncio.create_task(checker.check(TRUE, ["skip"] * 50 + ["omega"]))
    waiting = [asyncio.create_task(checker.check(CONJUNCTION, ["skip"])) for _ in range(5)]
    await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
    assert (await served)[-1].verdict is PROVED


async def test_a_step_that_eats_the_memory_is_unknown_and_says_why(toolchain: Toolchain) -> None:
    settings = replace(IMPATIENT, memory_limit=1500 << 20, threads=1)
    async with StepChecker(toolchain, settings=settings) as checker:
        eaten, after = await checker.check(EATING, ["eat", "omega"], PATIENT)
        assert eaten.verdict is UNKNOWN
        assert "memory" in eaten.message
        assert after.verdict is PROVED
        assert checker.statistics.restarts == 1


async def test_who_gives_up_during_the_start_does_not_stop_it(toolchain: Toolchain) -> None:
    async with StepChecker(toolchain) as checker:
        impatient = asyncio.create_task(checker.open(TRUE))
        while checker._pool is None:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.5)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        [checked] = await checker.check(TRUE, ["omega"])
        assert checked.verdict is PROVED
        assert checker.statistics.restarts == 0


async def test_a_checker_that_is_closed_says_so(toolchain: Toolchain) -> None:
    checker = StepChecker(toolchain)
    await checker.close()
    with pytest.raises(LeanUnavailableError, match="closed"):
        await checker.open(TRUE)


async def test_a_lean_that_cannot_start_is_an_error_with_a_remedy_and_soon(
    toolchain: Toolchain,
) -> None:
    settings = replace(IMPATIENT, memory_limit=50 << 20)
    async with StepChecker(toolchain, settings=settings) as checker:
        with pytest.raises(LeanUnavailableError, match="memory") as error:
            await checker.open(TRUE)
        assert "stepcheck lean" in error.value.remedy
        start = time.monotonic()
        with pytest.raises(LeanError):
            await checker.check(TRUE, ["omega"])
        assert time.monotonic() - start < 1


ORPHAN = """
import asyncio
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import find_lean
from stepcheck.lean.limits import CheckLimits

async def main():
    checker = StepChecker(find_lean(setting="embedded"))
    position = ProofPosition({before!r})
    await checker.open(position)
    print(*checker.statistics.process_ids, flush=True)
    await checker.check(position, [{step!r}], CheckLimits(10**9, 600_000))
    await asyncio.sleep(600)

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def parent_of_lean(position: ProofPosition, step: str) -> AsyncIterator[tuple[int, int]]:
    """A Python that checks a step, and the process ids of both."""
    script = ORPHAN.format(before=position.before, step=step)
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(120):
        lean = int(await parent.stdout.readline())
    try:
        yield parent.pid, lean
    finally:
        with contextlib.suppress(ProcessLookupError):
            parent.kill()
        await parent.wait()
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(lean).kill()


async def test_lean_ends_when_python_is_killed_even_in_the_middle_of_a_step(
    toolchain: Toolchain,
) -> None:
    async with parent_of_lean(STALLING, "stall") as (parent, lean):
        await asyncio.sleep(1.0)
        os.kill(parent, signal.SIGKILL)
        async with asyncio.timeout(15):
            while psutil.pid_exists(lean) and psutil.Process(lean).status() != "zombie":
                await asyncio.sleep(0.1)
