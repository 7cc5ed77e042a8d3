"""Several workers shared by those who need one: first come, first served."""

import contextlib
from asyncio import Future, Task, current_task, get_running_loop
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.worker import LeanWorker


class WorkerPool:
    """Lends workers, each to one borrower at a time.

    Among free workers, the one that has elaborated most of the borrower's document is lent; a
    borrower that has to wait gets the first that comes back. What nobody needs is lent to helpers,
    who are cancelled when a borrower would have to wait.
    """

    def __init__(self, workers: Sequence[LeanWorker]) -> None:
        self.workers = tuple(workers)
        self._free = list(workers)
        self._waiting: deque[Future[LeanWorker]] = deque()
        self._helpers: list[Task[object]] = []

    @property
    def has_spare(self) -> bool:
        """Whether a worker is free whose Lean is running."""
        return any(worker.is_running for worker in self._free)

    @contextlib.asynccontextmanager
    async def lend(self, position: ProofPosition) -> AsyncIterator[LeanWorker]:
        """Lend a worker for a request about this position."""
        worker = await self._take(position)
        try:
            yield worker
        finally:
            self._give_back(worker)

    @contextlib.contextmanager
    def lend_spare(self, position: ProofPosition) -> Iterator[LeanWorker | None]:
        """Lend a worker of `has_spare` to the running task, or `None` if there is none any more.

        The task is cancelled as soon as somebody else has to wait for a worker.
        """
        spare = [worker for worker in self._free if worker.is_running]
        helper = current_task()
        if not spare or helper is None:
            yield None
            return
        worker = self._take_free(spare, position)
        self._helpers.append(helper)
        try:
            yield worker
        finally:
            if helper in self._helpers:
                self._helpers.remove(helper)
            self._give_back(worker)

    @contextlib.contextmanager
    def lend_idle(self) -> Iterator[LeanWorker | None]:
        """Lend a free worker whose Lean is not running, or `None` if there is none."""
        idle = next((worker for worker in self._free if not worker.is_running), None)
        if idle is None:
            yield None
            return
        self._free.remove(idle)
        try:
            yield idle
        finally:
            self._give_back(idle)

    async def close(self) -> None:
        """Stop every worker."""
        for worker in self.workers:
            await worker.close()

    async def _take(self, position: ProofPosition) -> LeanWorker:
        if self._free:
            return self._take_free(self._free, position)
        if self._helpers:
            self._helpers.pop().cancel()
        turn: Future[LeanWorker] = get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            else:
                self._waiting.remove(turn)
            raise

    def _take_free(self, free: Sequence[LeanWorker], position: ProofPosition) -> LeanWorker:
        best = max(free, key=lambda worker: _affinity(worker, position))
        self._free.remove(best)
        return best

    def _give_back(self, worker: LeanWorker) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(worker)
                return
        self._free.append(worker)


def _affinity(worker: LeanWorker, position: ProofPosition) -> tuple[bool, int, bool]:
    """Prefer who holds this position, then who shares most of the text, then who is running."""
    held = worker.document
    shared = common_prefix_length(held.before, position.before) if held else 0
    return held == position, shared, worker.is_running


def common_prefix_length(left: str, right: str) -> int:
    """Return the number of characters that two texts share from the beginning."""
    shortest = min(len(left), len(right))
    low, high = 0, shortest
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
