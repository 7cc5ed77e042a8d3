"""Several workers shared by those who need one: first come, first served."""

import contextlib
from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import AsyncIterator, Sequence

from stepcheck.lean.position import ProofPosition
from stepcheck.lean.worker import LeanWorker


class WorkerPool:
    """Lends workers, each to one borrower at a time.

    Among free workers, the one that has elaborated most of the borrower's document is lent; a
    borrower that has to wait gets the first that comes back.
    """

    def __init__(self, workers: Sequence[LeanWorker]) -> None:
        self.workers = tuple(workers)
        self._free = list(workers)
        self._waiting: deque[Future[LeanWorker]] = deque()

    @contextlib.asynccontextmanager
    async def lend(self, position: ProofPosition) -> AsyncIterator[LeanWorker]:
        """Lend a worker for a request about this position."""
        worker = await self._take(position)
        try:
            yield worker
        finally:
            self._give_back(worker)

    async def close(self) -> None:
        """Stop every worker."""
        for worker in self.workers:
            await worker.close()

    async def _take(self, position: ProofPosition) -> LeanWorker:
        if self._free:
            return self._take_free(self._free, position)
        turn: Future[LeanWorker] = get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            else:
                # Whoever gives a worker back may have passed over a turn that was given up.
                with contextlib.suppress(ValueError):
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
