"""One list of candidates, checked by several workers."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.errors import DocumentError, LeanUnavailableError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.pool import WorkerPool
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, ProcessEnd
from stepcheck.lean.protocol import CandidateAnswer
from stepcheck.lean.shared_check import CandidateList, CheckPlace
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.worker import LeanWorker, ProofState, WorkerLostError

from .cases import CONJUNCTION, STALLING, TRUE, WAITING

PROVED, TIMEOUT, UNKNOWN = StepVerdict.PROVED, StepVerdict.TIMEOUT, StepVerdict.UNKNOWN
PATIENT = CheckLimits(heartbeats=10**9, milliseconds=60_000)
QUICK = CheckLimits(milliseconds=1500)
HERE = ProofPosition("example : p := by\n  ")


@pytest.fixture(autouse=True)
def idle_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else the machine does is not the matter here, and help comes at once."""
    monkeypatch.setattr("stepcheck.lean.shared_check.HELP_AFTER_SECONDS", 0.0)
    monkeypatch.setattr("stepcheck.lean.shared_check.load_factor", lambda: 1.0)


@dataclass
class Script:
    """What the workers of a test do with a candidate, and what they were asked."""

    pauses: dict[str, float] = field(default_factory=dict)
    deadly: frozenset[str] = frozenset()
    hanging: frozenset[str] = frozenset()
    checked: list[tuple[str, str]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)


class ScriptedWorker(LeanWorker):
    """A worker without a process, whose Lean runs unless it is dead."""

    def __init__(self, name: str, script: Script, *, is_running: bool = True) -> None:
        super().__init__(LeanCommand(("lean",), {}, Path.cwd()))
        self.name = name
        self._script = script
        self._runs = is_running

    @property
    def is_running(self) -> bool:
        return self._runs

    def restart_in_background(self) -> None: ...

    async def check(
        self, candidates: Sequence[str], limits: CheckLimits
    ) -> AsyncGenerator[CandidateAnswer]:
        for candidate in candidates:
            self._script.checked.append((self.name, candidate))
            try:
                await asyncio.sleep(self._script.pauses.get(candidate, 0.001))
            except asyncio.CancelledError:
                self._script.stopped.append(candidate)
                raise
            if candidate in self._script.deadly:
                raise WorkerLostError(ProcessEnd(EndCause.EXITED, "It died."))
            if candidate in self._script.hanging:
                raise WorkerLostError(ProcessEnd(EndCause.KILLED, "It hung."))
            yield CandidateAnswer(index=0, verdict=PROVED)


def pool_of(script: Script, count: int = 2) -> WorkerPool:
    return WorkerPool([ScriptedWorker(f"worker {number}", script) for number in range(count)])


async def open_anywhere(worker: LeanWorker) -> ProofState:
    return ProofState(HERE, ("⊢ p",))


def listed(candidates: Sequence[str], open_on=open_anywhere) -> CandidateList:
    return CandidateList(CheckPlace(HERE, QUICK, open_on, lambda: None), candidates)


async def share(pool: WorkerPool, candidates: Sequence[str]) -> list[CheckedStep]:
    async with pool.lend(HERE) as leader:
        steps = listed(candidates).share(pool, leader)
        async with contextlib.aclosing(steps):
            return [step async for step in steps]


def names(count: int) -> list[str]:
    return [f"step {number}" for number in range(count)]


async def test_the_order_is_that_of_the_list_whoever_answers() -> None:
    candidates = names(20)
    script = Script(pauses={"step 0": 0.1, "step 7": 0.05})
    steps = await share(pool_of(script), candidates)
    assert [step.step for step in steps] == candidates
    assert {step.verdict for step in steps} == {PROVED}
    assert len(script.checked) == 20
    assert {worker for worker, _ in script.checked} == {"worker 0", "worker 1"}
    slow = next(worker for worker, step in script.checked if step == "step 0")
    assert sum(worker == slow for worker, _ in script.checked) < 10


async def test_a_worker_that_does_not_run_is_not_started_to_help() -> None:
    script = Script()
    workers = [ScriptedWorker("runs", script), ScriptedWorker("rests", script, is_running=False)]
    await share(WorkerPool(workers), names(10))
    assert {worker for worker, _ in script.checked} == {"runs"}


async def test_where_the_processors_are_busy_nobody_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stepcheck.lean.shared_check.load_factor", lambda: 3.0)
    script = Script()
    await share(pool_of(script), names(10))
    assert len({worker for worker, _ in script.checked}) == 1


async def test_a_quick_list_needs_no_help_and_a_slow_one_gets_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stepcheck.lean.shared_check.HELP_AFTER_SECONDS", 0.2)
    quick, slow = Script(), Script(pauses={"step 0": 0.5})
    await share(pool_of(quick), names(10))
    await share(pool_of(slow), names(10))
    assert len({worker for worker, _ in quick.checked}) == 1
    assert len({worker for worker, _ in slow.checked}) == 2


async def test_a_helper_that_somebody_needs_stops_and_its_candidate_is_checked_all_the_same() -> (
    None
):
    script = Script(pauses={"step 0": 0.2, **dict.fromkeys(names(10)[1:], 0.2)})
    pool = pool_of(script)
    sharing = asyncio.create_task(share(pool, names(10)))
    await asyncio.sleep(0.1)
    start = time.monotonic()
    async with pool.lend(HERE):
        assert time.monotonic() - start < 0.1
        assert len(script.stopped) == 1
        await asyncio.sleep(0.5)
    steps = await sharing
    assert [step.step for step in steps] == names(10)
    assert {step.verdict for step in steps} == {PROVED}
    last_workers = [worker for worker, _ in script.checked[-4:]]
    assert len(set(last_workers)) == 2  # it came back to help


async def test_only_a_candidate_that_kills_lean_twice_and_one_that_hangs_are_lost() -> None:
    script = Script(deadly=frozenset({"step 2"}), hanging=frozenset({"step 5"}))
    steps = await share(pool_of(script), names(10))
    expected = {"step 2": UNKNOWN, "step 5": TIMEOUT}
    assert {step.step: step.verdict for step in steps} == {
        name: expected.get(name, PROVED) for name in names(10)
    }
    assert [step for _, step in script.checked].count("step 2") == 2


async def test_workers_that_die_over_everything_give_up_together() -> None:
    script = Script(hanging=frozenset(names(40)))
    steps = await share(pool_of(script), names(40))
    assert len(script.checked) <= 4
    assert [step.verdict for step in steps].count(TIMEOUT) == len(script.checked)
    assert steps[-1].verdict is UNKNOWN
    assert "too often" in steps[-1].message


async def test_leaving_early_or_cancelling_leaves_no_task_and_no_borrowed_worker() -> None:
    before = asyncio.all_tasks()
    script = Script(pauses=dict.fromkeys(names(20)[1:], 60.0))
    pool = pool_of(script)
    async with pool.lend(HERE) as leader:
        steps = listed(names(20)).share(pool, leader)
        async with contextlib.aclosing(steps):
            async for _ in steps:
                break
    task = asyncio.create_task(share(pool, names(20)))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(script.stopped) == 4
    assert asyncio.all_tasks() == before
    async with asyncio.timeout(1), pool.lend(HERE), pool.lend(HERE):
        pass


async def test_what_the_leader_cannot_open_is_an_error_and_nobody_else_tries() -> None:
    tried: list[LeanWorker] = []

    async def refuse(worker: LeanWorker) -> ProofState:
        tried.append(worker)
        raise DocumentError("It is broken.", "Repair it.")

    pool = pool_of(Script())
    async with pool.lend(HERE) as leader:
        with pytest.raises(DocumentError, match="broken"):
            await anext(listed(names(10), refuse).share(pool, leader))
    assert len(tried) == 1


async def test_a_helper_that_cannot_open_the_position_leaves_the_list_to_the_leader() -> None:
    script = Script()
    pool = pool_of(script)
    async with pool.lend(HERE) as leader:

        async def open_on_leader(worker: LeanWorker) -> ProofState:
            if worker is not leader:
                raise LeanUnavailableError("It does not start.", "Repair it.")
            return ProofState(HERE, ("⊢ p",))

        steps = listed(names(10), open_on_leader).share(pool, leader)
        async with contextlib.aclosing(steps):
            assert [step.verdict async for step in steps] == [PROVED] * 10


@pytest.fixture(scope="module")
async def two_workers(toolchain: Toolchain):
    """A checker with two workers that run."""
    async with StepChecker(toolchain, workers=2) as checker:
        await checker.start()
        assert checker._starting is not None
        await checker._starting
        async with asyncio.timeout(60):
            while len(checker.statistics.process_ids) < 2:  # one died of the load, and comes back
                await asyncio.sleep(0.1)
        yield checker


async def test_two_leans_share_a_list_with_a_slow_step(
    two_workers: StepChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[LeanWorker] = []
    check = LeanWorker.check

    def noting_check(worker: LeanWorker, candidates: Sequence[str], limits: CheckLimits):
        asked.append(worker)
        return check(worker, candidates, limits)

    monkeypatch.setattr(LeanWorker, "check", noting_check)
    await asyncio.gather(two_workers.open(WAITING), two_workers.open(WAITING))
    candidates = ["omega", "wait", *["skip", "omega"] * 6]
    steps = await two_workers.check(WAITING, candidates, QUICK)
    assert [step.step for step in steps] == candidates
    assert steps[1].verdict is TIMEOUT
    assert [step.verdict for step in steps[3::2]] == [PROVED] * 6
    assert len(set(asked)) == 2


async def test_a_cancelled_list_stops_on_both_leans(two_workers: StepChecker) -> None:
    processes = two_workers.statistics.process_ids
    task = asyncio.create_task(two_workers.check(WAITING, ["wait"] * 8, PATIENT))
    await asyncio.sleep(3.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        first, second = await asyncio.gather(
            two_workers.check(WAITING, ["omega"]), two_workers.check(TRUE, ["omega"])
        )
    assert first[0].verdict is second[0].verdict is PROVED
    assert two_workers.statistics.process_ids == processes


async def test_another_document_is_served_while_a_list_has_both_leans(
    two_workers: StepChecker,
) -> None:
    long = asyncio.create_task(two_workers.check(WAITING, ["wait"] * 8, PATIENT))
    await asyncio.sleep(3.0)
    async with asyncio.timeout(20):
        [checked] = await two_workers.check(CONJUNCTION, ["exact ⟨hp, hq⟩"])
    assert checked.verdict is PROVED
    assert not long.done()
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long


async def test_a_step_that_hangs_takes_one_lean_and_the_list_goes_on(
    two_workers: StepChecker,
) -> None:
    candidates = ["stall", *["omega"] * 7]
    async with asyncio.timeout(60):
        steps = await two_workers.check(STALLING, candidates, QUICK)
    assert [step.verdict for step in steps] == [TIMEOUT, *[PROVED] * 7]


async def test_a_short_list_needs_one_lean_and_starts_no_other(toolchain: Toolchain) -> None:
    async with StepChecker(toolchain, workers=2) as checker:
        await checker.start(helpers=False)
        await checker.check(TRUE, ["skip"] * 10)
        assert len(checker.statistics.process_ids) == 1
