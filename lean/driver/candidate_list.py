"""A list of candidates on its way to verdicts, through as many lives of Lean as it takes."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from stepcheck.lean.checker_process import WorkerLostError
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.process import EndCause, ProcessEnd
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.verdict import CheckedStep, StepVerdict
from stepcheck.lean.worker import LeanWorker

MAX_CONSECUTIVE_LOSSES = 3


@dataclass(frozen=True, slots=True)
class CheckPlace:
    """Where candidates are checked, and how a worker gets there.

    `open_on` opens the position on a worker, or raises a `LeanError`; `require_open` raises one if
    nothing may be asked any more.
    """

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
        self._place = place
        self._candidates = candidates
        self._reason: str | None = None

    async def check_on(self, worker: LeanWorker) -> AsyncGenerator[CheckedStep]:
        """Yield every verdict, in order.

        Raises a `LeanError` before the first verdict only, or when the checker is closed.
        """
        answered = 0
        try:
            async with aclosing(self._verdicts(worker)) as steps:
                async for step in steps:
                    answered += 1
                    yield step
        except LeanError as error:
            self._place.require_open()
            if answered == 0:
                raise
            self._reason = error.problem
        for candidate in self._candidates[answered:]:
            yield CheckedStep(candidate, StepVerdict.UNKNOWN, message=self._reason or "")
        worker.restart_in_background()

    async def _verdicts(self, worker: LeanWorker) -> AsyncGenerator[CheckedStep]:
        """Yield verdicts until all are there, or, with the reason in `_reason`, no Lean answers.

        Raises a `LeanError` if the position cannot be opened.
        """
        answered = losses = 0
        # Lean dies of one of the candidates that it is trying: the next time, one is tried at once.
        is_suspicious = False
        while answered < len(self._candidates) and self._reason is None:
            await self._place.open_on(worker)
            remaining = self._candidates[answered:]
            threads = 1 if is_suspicious else worker.threads
            try:
                answers = worker.check(remaining, self._place.limits, threads)
                async with aclosing(answers):
                    async for answer in answers:
                        yield answer.to_step(self._candidates[answered])
                        answered += 1
                        losses = 0
            except WorkerLostError as lost:
                self._place.require_open()
                if not is_suspicious and not _tells_whose_fault(lost.end, threads):
                    is_suspicious = True
                    continue
                yield _lost_step(self._candidates[answered], lost.end)
                answered += 1
                losses += 1
                is_suspicious = False
                if losses >= MAX_CONSECUTIVE_LOSSES:
                    self._reason = "Lean died too often in a row."
            else:
                if answered < len(self._candidates):
                    self._reason = "Lean did not answer for this step."


def _tells_whose_fault(end: ProcessEnd, threads: int) -> bool:
    """Tell whether the candidate that has no answer yet is to blame for the end of Lean.

    An overdue answer is that one's. A process that ended by itself may have been killed by others.
    """
    return end.cause is EndCause.KILLED or (end.cause is not EndCause.EXITED and threads == 1)


def _lost_step(step: str, end: ProcessEnd) -> CheckedStep:
    verdict = StepVerdict.TIMEOUT if end.cause is EndCause.KILLED else StepVerdict.UNKNOWN
    return CheckedStep(step, verdict, message=end.detail)
