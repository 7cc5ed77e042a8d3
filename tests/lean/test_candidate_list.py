"""One list of candidates, through the lives and deaths of a Lean that tries several at once."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stepcheck.lean.candidate_list import CandidateList, CheckPlace
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.checker_process import WorkerLostError
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.errors import DocumentError, LeanUnavailableError
from stepcheck.lean.limits import CheckLimits, WorkerSettings
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, ProcessEnd
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.protocol import CandidateAnswer
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.worker import LeanWorker

from .cases import STALLING, TRUE, WAITING

PROVED, TIMEOUT, UNKNOWN = StepVerdict.PROVED, StepVerdict.TIMEOUT, StepVerdict.UNKNOWN
PATIENT = CheckLimits(heartbeats=10**9, milliseconds=60_000)
QUICK = CheckLimits(milliseconds=1500)
HERE = ProofPosition("example : p := by\n  ")


@dataclass
class ScriptedWorker(LeanWorker):
    """A worker without a process. It dies of what is deadly as soon as that is begun with."""

    deadly: dict[str, EndCause] = field(default_factory=dict)
    number: int = 2
    asked: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(LeanCommand(("lean",), {}, Path.cwd()))

    @property
    def threads(self) -> int:
        return self.number

    def restart_in_background(self) -> None: ...

    async def check(
        self, candidates: Sequence[str], limits: CheckLimits, threads: int
    ) -> AsyncGenerator[CandidateAnswer]:
        self.asked.append((threads, tuple(candidates)))
        for index in range(len(candidates)):
            for begun in candidates[index : index + threads]:
                cause = self.deadly.get(begun)
                is_overdue_later = cause is EndCause.KILLED and begun != candidates[index]
                if cause is not None and not is_overdue_later:
                    raise WorkerLostError(ProcessEnd(cause, f"Of {begun}."))
            yield CandidateAnswer(index=index, verdict=PROVED)


async def open_anywhere(worker: LeanWorker) -> ProofState:
    return ProofState(HERE, ("⊢ p",))


async def check(
    worker: LeanWorker, candidates: Sequence[str], open_on=open_anywhere
) -> list[CheckedStep]:
    steps = CandidateList(CheckPlace(QUICK, open_on, lambda: None), candidates).check_on(worker)
    async with contextlib.aclosing(steps):
        return [step async for step in steps]


def names(count: int) -> list[str]:
    return [f"step {number}" for number in range(count)]


@pytest.mark.parametrize("cause", [EndCause.EXITED, EndCause.MEMORY, EndCause.KILLED])
@pytest.mark.parametrize("threads", [1, 2, 4])
async def test_only_the_candidate_of_which_lean_dies_is_lost(cause: EndCause, threads: int) -> None:
    worker = ScriptedWorker(deadly={"step 3": cause}, number=threads)
    steps = await check(worker, names(8))
    lost = TIMEOUT if cause is EndCause.KILLED else UNKNOWN
    assert [step.verdict for step in steps] == [PROVED] * 3 + [lost] + [PROVED] * 4
    assert steps[3].message == "Of step 3."


async def test_who_is_to_blame_is_found_by_one_more_death_and_then_several_are_tried_again() -> (
    None
):
    worker = ScriptedWorker(deadly={"step 3": EndCause.MEMORY})
    await check(worker, names(8))
    assert [threads for threads, _ in worker.asked] == [2, 1, 2]
    assert worker.asked[-1] == (2, tuple(names(8)[4:]))


async def test_a_lean_that_dies_over_everything_is_given_up() -> None:
    worker = ScriptedWorker(deadly=dict.fromkeys(names(40), EndCause.KILLED))
    steps = await check(worker, names(40))
    assert [step.verdict for step in steps] == [TIMEOUT] * 3 + [UNKNOWN] * 37
    assert "too often" in steps[-1].message


async def test_what_cannot_be_opened_is_an_error_at_first_and_a_reason_later() -> None:
    async def refuse(worker: LeanWorker) -> ProofState:
        raise DocumentError("It is broken.", "Repair it.")

    async def open_once(worker: LeanWorker) -> ProofState:
        if isinstance(worker, ScriptedWorker) and worker.asked:
            raise LeanUnavailableError("It does not start.", "Repair it.")
        return await open_anywhere(worker)

    with pytest.raises(DocumentError, match="broken"):
        await check(ScriptedWorker(), names(3), refuse)
    worker = ScriptedWorker(deadly={"step 1": EndCause.EXITED}, number=1)
    steps = await check(worker, names(3), open_once)
    assert [step.verdict for step in steps] == [PROVED, UNKNOWN, UNKNOWN]
    assert steps[2].message == "It does not start."


@pytest.fixture(scope="module")
async def checker(toolchain: Toolchain):
    """A checker whose worker tries two candidates at once."""
    async with StepChecker(toolchain, settings=WorkerSettings(threads=2)) as running:
        await running.start()
        yield running


async def test_two_threads_try_a_list_and_answer_in_its_order(checker: StepChecker) -> None:
    candidates = ["omega", "wait", *["skip", "omega"] * 6]
    steps = await checker.check(WAITING, candidates, QUICK)
    assert [step.step for step in steps] == candidates
    assert steps[1].verdict is TIMEOUT
    assert [step.verdict for step in steps[3::2]] == [PROVED] * 6


async def test_two_that_wait_are_stopped_in_the_time_of_one(checker: StepChecker) -> None:
    loop = asyncio.get_running_loop()
    await checker.open(WAITING)
    start = loop.time()
    [one] = await checker.check(WAITING, ["wait"], QUICK)
    alone = loop.time() - start
    start = loop.time()
    both = await checker.check(WAITING, ["wait", "wait"], QUICK)
    assert [step.verdict for step in (one, *both)] == [TIMEOUT] * 3
    assert loop.time() - start < 1.8 * alone


async def test_a_cancelled_list_stops_all_that_run(checker: StepChecker) -> None:
    processes = checker.statistics.process_ids
    task = asyncio.create_task(checker.check(WAITING, ["wait"] * 8, PATIENT))
    await asyncio.sleep(3.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(20):
        [checked] = await checker.check(TRUE, ["omega"])
    assert checked.verdict is PROVED
    assert checker.statistics.process_ids == processes


async def test_a_step_that_hangs_takes_lean_with_it_and_the_list_goes_on(
    checker: StepChecker,
) -> None:
    candidates = ["omega", "stall", *["omega"] * 6]
    async with asyncio.timeout(90):
        steps = await checker.check(STALLING, candidates, QUICK)
    assert [step.verdict for step in steps] == [PROVED, TIMEOUT, *[PROVED] * 6]
