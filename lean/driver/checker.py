"""Candidates in, verdicts out: what everything that shows or uses proof steps asks.

async with StepChecker(find_lean()) as checker:
    position = ProofPosition.from_line_column(text, line)
    state = await checker.open(position)
    for step in await checker.check(position, ["simp", "omega"]): ...
    verified = await checker.verify(position, "omega")
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from stepcheck.lean.candidate_list import CandidateList, CheckPlace
from stepcheck.lean.checker_process import WorkerLostError
from stepcheck.lean.errors import DocumentError, LeanUnavailableError
from stepcheck.lean.limits import CheckLimits, WorkerSettings
from stepcheck.lean.pool import WorkerPool
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.proposal import LeanProposals
from stepcheck.lean.recheck import FileLean, VerifiedStep, verify_step
from stepcheck.lean.toolchain import Toolchain, ToolchainKind
from stepcheck.lean.validation import find_problem, require_valid_document
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.worker import LeanWorker

NATIVE_MEMORY_LIMIT = 8 << 30
EMBEDDED_MEMORY_LIMIT = 2560 << 20

FIRST_PROOF = ProofPosition("example (a b : Nat) : a + b = b + a := by\n  ", "\n")
FIRST_STEPS = ("simp", "omega", "rw [Nat.add_comm]", "grind")


def memory_limit_of(toolchain: Toolchain) -> int:
    """Return how much memory, in bytes, a process of this Lean may use unless told otherwise."""
    is_embedded = toolchain.kind is ToolchainKind.EMBEDDED
    return EMBEDDED_MEMORY_LIMIT if is_embedded else NATIVE_MEMORY_LIMIT


@dataclass(frozen=True, slots=True)
class CheckerStatistics:
    """What the workers have cost so far; memory in bytes."""

    peak_memory: int
    restarts: int
    process_ids: tuple[int, ...]


class StepChecker:
    """Checks proof steps with the workers of one Lean. An async context manager.

    Whatever needs Lean raises `LeanSetupError` or `LeanUnavailableError` if there is none; every
    error is a `LeanError` and carries its remedy.
    """

    def __init__(
        self,
        toolchain: Toolchain,
        *,
        workers: int = 1,
        limits: CheckLimits | None = None,
        settings: WorkerSettings | None = None,
    ) -> None:
        """Prepare `workers` processes, each started when it is needed.

        `limits` are those of requests that name none. Without `settings`, the memory of a worker is
        limited to 2.5 GiB for the embedded Lean, 8 GiB for a native one.
        """
        if workers < 1:
            raise ValueError("at least one worker is needed")
        self._toolchain = toolchain
        self._workers = workers
        self._limits = limits or CheckLimits()
        self._settings = settings or WorkerSettings(memory_limit=memory_limit_of(toolchain))
        self._pool: WorkerPool | None = None
        self._preparing = asyncio.Lock()
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def limits(self) -> CheckLimits:
        """The limits of requests that name none."""
        return self._limits

    @property
    def statistics(self) -> CheckerStatistics:
        """The cost of the workers so far."""
        workers = self._pool.workers if self._pool else ()
        return CheckerStatistics(
            peak_memory=max((worker.peak_memory for worker in workers), default=0),
            restarts=sum(worker.restarts for worker in workers),
            process_ids=tuple(worker.pid for worker in workers if worker.pid is not None),
        )

    async def start(
        self,
        progress: Callable[[str], None] = lambda _: None,
        position: ProofPosition | None = None,
    ) -> None:
        """Start a worker and let it prove something, so that later requests are quick.

        With a `position`, its document is opened as well, if it can be. `progress` is told in words
        what is being waited for.
        """
        pool = await self._ready_pool(progress)
        progress("starting Lean")
        async with pool.lend(FIRST_PROOF) as worker:
            await self._warm_up(worker)
        if position is not None:
            progress("reading the document")
            with contextlib.suppress(DocumentError):
                # Lean begins to index the library when it is asked for the first time.
                await self.propose(position)
        progress("ready")

    async def open(self, position: ProofPosition, limits: CheckLimits | None = None) -> ProofState:
        """Return the goals at a position.

        Raises `NoGoalError` if there is none, `DocumentError` if the text before it cannot be read.
        """
        require_valid_document(position.before + position.after)
        pool = await self._ready_pool()
        async with pool.lend(position) as worker:
            return await self._open(worker, position, limits or self._limits)

    async def propose(self, position: ProofPosition, wait_milliseconds: int = 0) -> LeanProposals:
        """Return the steps that Lean proposes at a position: none where it does not survive that.

        The indexes of the library are made in the background when they are first asked for. With
        `wait_milliseconds` that of premises is waited for so long, once those of searches are
        built. Raises what `open` raises.
        """
        pool = await self._ready_pool()
        async with pool.lend(position) as worker:
            await self._open(worker, position, self._limits)
            try:
                return await worker.propose(wait_milliseconds)
            except WorkerLostError:
                self._require_open()
                return LeanProposals(complete=False)

    async def check(
        self,
        position: ProofPosition,
        candidates: Sequence[str],
        limits: CheckLimits | None = None,
    ) -> list[CheckedStep]:
        """Return the verdict on every candidate, in their order. Raises what `open` raises."""
        steps = self.check_each(position, candidates, limits)
        async with contextlib.aclosing(steps):
            return [step async for step in steps]

    async def check_each(
        self,
        position: ProofPosition,
        candidates: Sequence[str],
        limits: CheckLimits | None = None,
    ) -> AsyncGenerator[CheckedStep]:
        """Yield the verdict on every candidate as it comes, in their order.

        Closing the iterator or cancelling its consumer stops the candidates that run. A candidate
        on which Lean hangs is `timeout`; one on which it dies twice, because others may have killed
        it, or outgrows its memory is `unknown`. The others are not affected.

        Raises what `open` raises, before the first verdict only.
        """
        require_valid_document(position.before + position.after)
        faults = [find_problem(candidate) for candidate in candidates]
        accepted = [step for step, fault in zip(candidates, faults, strict=True) if fault is None]
        answers = self._check_on_free_worker(position, accepted, limits or self._limits)
        async with contextlib.aclosing(answers):
            for candidate, fault in zip(candidates, faults, strict=True):
                if fault is None:
                    yield await anext(answers)
                else:
                    yield CheckedStep(candidate, StepVerdict.REJECTED, message=fault)
            if accepted:
                await anext(answers, None)

    async def verify(
        self, position: ProofPosition, step: str, limits: CheckLimits | None = None
    ) -> VerifiedStep:
        """Check a chosen step again, then the whole file with it in a Lean of its own.

        The verdict is the check's, unless the file has an error that it would not have with `sorry`
        in the same place. A Lean that cannot be run on the file is the verdict `unknown`. Raises
        what `open` raises.
        """
        [checked] = await self.check(position, [step], limits)
        if not checked.verdict.is_shown:
            return VerifiedStep(checked.verdict, checked.message)
        command = await asyncio.to_thread(self._toolchain.file_command)
        name = f"The {self._toolchain.kind} Lean {self._toolchain.version}"
        lean = FileLean(name, command, self._settings.memory_limit)
        return await verify_step(lean, position, checked)

    async def close(self) -> None:
        """Stop every worker; nothing can be asked after that."""
        self._is_closed = True
        if self._pool is not None:
            await self._pool.close()

    async def _ready_pool(self, progress: Callable[[str], None] = lambda _: None) -> WorkerPool:
        async with self._preparing:
            if self._is_closed:
                raise LeanUnavailableError("The checker is closed.", "Open a new one.")
            if self._pool is None:
                progress("preparing Lean")
                command = await asyncio.to_thread(self._toolchain.checker_command)
                workers = [LeanWorker(command, self._settings) for _ in range(self._workers)]
                self._pool = WorkerPool(workers)
            return self._pool

    async def _warm_up(self, worker: LeanWorker) -> None:
        """Start a worker, and let it do what is slow for the first time."""
        await worker.start()
        first = CandidateList(self._place(FIRST_PROOF, self._limits), FIRST_STEPS)
        with contextlib.suppress(DocumentError):
            async for _ in first.check_on(worker):
                pass

    async def _open(
        self, worker: LeanWorker, position: ProofPosition, limits: CheckLimits
    ) -> ProofState:
        """Open a position; when Lean dies over it, try once more with a new Lean."""
        attempts = 2 if worker.is_running else 1
        while True:
            try:
                return await worker.open(position, limits)
            except WorkerLostError as lost:
                self._require_open()
                attempts -= 1
                if attempts == 0 or lost.end.cause is not EndCause.EXITED:
                    raise DocumentError(
                        f"Lean did not survive the text before the position: {lost}",
                        "Look for what makes Lean run long or use much memory there.",
                    ) from lost

    async def _check_on_free_worker(
        self, position: ProofPosition, candidates: Sequence[str], limits: CheckLimits
    ) -> AsyncGenerator[CheckedStep]:
        pool = await self._ready_pool()
        listed = CandidateList(self._place(position, limits), candidates)
        async with (
            pool.lend(position) as worker,
            contextlib.aclosing(listed.check_on(worker)) as answers,
        ):
            async for checked in answers:
                yield checked

    def _place(self, position: ProofPosition, limits: CheckLimits) -> CheckPlace:
        async def open_on(worker: LeanWorker) -> ProofState:
            return await self._open(worker, position, limits)

        return CheckPlace(limits, open_on, self._require_open)

    def _require_open(self) -> None:
        if self._is_closed:
            raise LeanUnavailableError("The checker was closed.", "Open a new one.")
