"""One list of candidates on its way to verdicts, on one worker or on all that are free.

The worker that was lent for the list leads: it opens the position, and what it cannot open is an
error. When the list takes long, workers that nobody needs help. Each takes the next few candidates
that wait; the fewer wait, the fewer it takes, so that none is left behind a slow one. A helper that
somebody else needs is called back in the middle of a candidate, which waits again.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits, load_factor
from stepcheck.lean.pool import WorkerPool
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, ProcessEnd
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.worker import LeanWorker, ProofState, WorkerLostError

MAX_CONSECUTIVE_LOSSES = 3
SHORTEST_SHARED_LIST = 6
LARGEST_BATCH = 4
HELP_AFTER_SECONDS = 0.05
"""A list that is done before that costs less than to open its position once more."""
LARGEST_LOAD_FOR_HELP = 1.5
"""Where more processes than this wait for each processor, a helper only slows its leader down."""


@dataclass(frozen=True, slots=True)
class CheckPlace:
    """Where candidates are checked, and how a worker gets there.

    `open_on` opens the position on a worker, or raises a `LeanError`; `require_open` raises one if
    nothing may be asked any more.
    """

    position: ProofPosition
    limits: CheckLimits
    open_on: Callable[[LeanWorker], Awaitable[ProofState]]
    require_open: Callable[[], None]


class CandidateList:
    """The candidates of one request; each instance is checked once.

    A candidate on which Lean hangs is `timeout`; one on which it dies twice, or outgrows its
    memory, is `unknown`. When Lean dies too often in a row, or cannot be had any more, those that
    wait are `unknown`.
    """

    def __init__(self, place: CheckPlace, candidates: Sequence[str]) -> None:
        self.place = place
        self.candidates = candidates
        self._losses = 0
        self.reason: str | None = None

    async def check_on(self, worker: LeanWorker) -> AsyncGenerator[CheckedStep]:
        """Yield every verdict in order, all by one worker.

        Raises a `LeanError` before the first verdict only, or when the checker is closed.
        """
        numbers = range(len(self.candidates))
        answered = 0
        try:
            async with aclosing(self.verdicts(worker, numbers)) as steps:
                async for step in steps:
                    answered += 1
                    yield step
        except LeanError as error:
            self.place.require_open()
            if answered == 0:
                raise
            self.reason = error.problem
        for number in numbers[answered:]:
            yield self.unknown(number)
        worker.restart_in_background()

    async def share(self, pool: WorkerPool, leader: LeanWorker) -> AsyncGenerator[CheckedStep]:
        """Yield every verdict in order, by the leader and whoever is free in the pool.

        Raises what `check_on` raises. Leaves no task behind, however it ends.
        """
        await self.place.open_on(leader)
        sharing = _Sharing(self, pool, len(self.candidates))
        sharing.begin(leader)
        try:
            for number in range(len(self.candidates)):
                yield await sharing.verdict_of(number)
            await sharing.finish()
        finally:
            await sharing.stop()

    async def verdicts(
        self, worker: LeanWorker, numbers: Sequence[int]
    ) -> AsyncGenerator[CheckedStep]:
        """Yield the verdicts on some candidates, through as many lives of Lean as it takes.

        Ends early, with the reason in `reason`, when no Lean answers. Raises a `LeanError` if the
        position cannot be opened.
        """
        answered = 0
        suspect = -1
        while answered < len(numbers) and self.reason is None:
            await self.place.open_on(worker)
            remaining = [self.candidates[number] for number in numbers[answered:]]
            try:
                async with aclosing(worker.check(remaining, self.place.limits)) as answers:
                    async for answer in answers:
                        self._losses = 0
                        yield answer.to_step(self.candidates[numbers[answered]])
                        answered += 1
            except WorkerLostError as lost:
                self.place.require_open()
                if lost.end.cause is EndCause.EXITED and suspect != answered:
                    suspect = answered
                    continue
                yield _lost_step(self.candidates[numbers[answered]], lost.end)
                answered += 1
                self._losses += 1
                if self._losses >= MAX_CONSECUTIVE_LOSSES:
                    self.reason = "Lean died too often in a row."
            else:
                if answered < len(numbers):
                    self.reason = "Lean did not answer for this step."

    def unknown(self, number: int) -> CheckedStep:
        """Return the verdict on a candidate that nobody checks, for `reason`."""
        return CheckedStep(self.candidates[number], StepVerdict.UNKNOWN, message=self.reason or "")


class _Sharing:
    """Several workers at one list: what waits, what was answered, and who is at work."""

    def __init__(self, candidates: CandidateList, pool: WorkerPool, count: int) -> None:
        self._list = candidates
        self._pool = pool
        self._waiting = list(range(count))
        self._steps: dict[int, CheckedStep] = {}
        self._left = count
        self._count = count
        self._error: Exception | None = None
        self._news = asyncio.Event()
        self._work_is_back = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opening: set[asyncio.Task[None] | None] = set()
        self._may_get_help = False
        self._help_timer: asyncio.TimerHandle | None = None

    def begin(self, leader: LeanWorker) -> None:
        """Set the leader to work, and look for help if that takes long."""
        self._start(self._lead(leader))
        loop = asyncio.get_running_loop()
        self._help_timer = loop.call_later(HELP_AFTER_SECONDS, self._allow_help)

    async def verdict_of(self, number: int) -> CheckedStep:
        """Wait for the verdict on a candidate; raises what ended the check."""
        while number not in self._steps:
            if self._error is not None:
                raise self._error
            self._news.clear()
            await self._news.wait()
        return self._steps.pop(number)

    async def finish(self) -> None:
        """Wait until Lean is through with every request; who only opens the position gives up."""
        self._forbid_help()
        for task in self._opening:
            if task is not None:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> None:
        """End every task; what Lean is doing is cancelled."""
        self._forbid_help()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._report_errors(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _report_errors(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as error:  # whatever it is, it is raised where the verdicts are awaited
            self._error = error
            self._news.set()

    async def _lead(self, worker: LeanWorker) -> None:
        """Work until every candidate has its verdict, also on what helpers bring back."""
        try:
            while self._left:
                self._work_is_back.clear()
                await self._work(worker)
                if self._left:
                    await self._work_is_back.wait()
        except LeanError as error:
            self._list.place.require_open()
            if self._left == self._count:
                raise
            self._list.reason = error.problem
            self._give_up()
        worker.restart_in_background()

    async def _help(self) -> None:
        """Work with a spare worker, if there still is one, as long as candidates wait."""
        with self._pool.lend_spare(self._list.place.position) as worker:
            if worker is None:
                return
            task = asyncio.current_task()
            try:
                self._opening.add(task)
                await self._list.place.open_on(worker)
                self._opening.discard(task)
                await self._work(worker)
            except LeanError:
                self._list.place.require_open()
                self._forbid_help()
            finally:
                self._opening.discard(task)
                worker.restart_in_background()

    async def _work(self, worker: LeanWorker) -> None:
        """Check batches until none waits; what is not answered waits again."""
        while batch := self._take_batch():
            answered = 0
            try:
                async with aclosing(self._list.verdicts(worker, batch)) as steps:
                    async for step in steps:
                        self._settle(batch[answered], step)
                        answered += 1
            finally:
                self._put_back(batch[answered:])

    def _take_batch(self) -> list[int]:
        """Take the next few that wait; if others are left, get help."""
        crew = len(self._tasks) + self._can_get_help
        size = max(1, min(LARGEST_BATCH, len(self._waiting) // (2 * crew)))
        batch, self._waiting = self._waiting[:size], self._waiting[size:]
        self._get_help()
        return batch

    @property
    def _can_get_help(self) -> bool:
        is_busy = load_factor() > LARGEST_LOAD_FOR_HELP
        return self._may_get_help and self._pool.has_spare and not is_busy

    def _get_help(self) -> None:
        """Have one more worker help, if candidates wait and one is free."""
        if self._waiting and self._can_get_help:
            self._start(self._help())

    def _allow_help(self) -> None:
        self._may_get_help = True
        self._get_help()

    def _forbid_help(self) -> None:
        self._may_get_help = False
        if self._help_timer is not None:
            self._help_timer.cancel()

    def _put_back(self, numbers: Sequence[int]) -> None:
        if numbers:
            self._waiting = sorted([*numbers, *self._waiting])
            self._work_is_back.set()
        if self._list.reason is not None:
            self._give_up()

    def _settle(self, number: int, step: CheckedStep) -> None:
        self._steps[number] = step
        self._left -= 1
        self._news.set()
        if self._left == 0:
            self._work_is_back.set()

    def _give_up(self) -> None:
        """Answer for all that wait with the reason why nobody checks them."""
        waiting, self._waiting = self._waiting, []
        for number in waiting:
            self._settle(number, self._list.unknown(number))


def _lost_step(step: str, end: ProcessEnd) -> CheckedStep:
    verdict = StepVerdict.TIMEOUT if end.cause is EndCause.KILLED else StepVerdict.UNKNOWN
    return CheckedStep(step, verdict, message=end.detail)
