"""One resident Lean checker: start it, ask it, stop it, start it again.

The same for a native and the embedded Lean. A worker serves one request at a time; who shares a
worker takes turns (`pool.py`).
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Sequence

from stepcheck.lean.checker_process import next_answer, start_checker
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.document_errors import document_error
from stepcheck.lean.errors import LeanUnavailableError
from stepcheck.lean.library_index import BUILD_LIMITS, LibraryIndex, indexes_for
from stepcheck.lean.limits import CheckLimits, WorkerSettings, load_factor
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, LineProcess, ProcessEnd, ProcessEndedError
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.proposal import LeanProposals, Proposal
from stepcheck.lean.protocol import (
    Answer,
    CandidateAnswer,
    DoneAnswer,
    ErrorAnswer,
    OpenAnswer,
    ProposalsAnswer,
    ProtocolError,
    cancel_request,
    check_request,
    open_request,
    propose_request,
)

START_ATTEMPTS = 3
FIRST_RETRY_SECONDS = 0.2
START_PAUSE_SECONDS = 20.0
_NUMBER_BITS = 53
"""What a number of JSON holds exactly."""

START_REMEDY = (
    "`stepcheck lean info` shows which Lean is used; `stepcheck lean install` repairs it."
)


class WorkerLostError(Exception):
    """Lean ended in the middle of a request."""

    def __init__(self, end: ProcessEnd) -> None:
        super().__init__(end.detail)
        self.end = end


class LeanWorker:
    """A resident checker that is started when it is needed, and again when it was lost."""

    def __init__(self, command: LeanCommand, settings: WorkerSettings | None = None) -> None:
        self._command = command
        self._settings = settings or WorkerSettings()
        self._process: LineProcess | None = None
        self._background: asyncio.Task[None] | None = None
        self._state: ProofState | None = None
        self._indexes: set[LibraryIndex] = set()
        self._starts = 0
        self._peak_memory = 0
        self._no_start_before = 0.0
        self._start_problem = ""

    @property
    def is_running(self) -> bool:
        """Whether Lean is there and ready."""
        return self._process is not None and self._process.is_running

    @property
    def pid(self) -> int | None:
        """The process id of the running Lean."""
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def threads(self) -> int:
        """How many candidates Lean may try at once."""
        return self._settings.threads

    @property
    def restarts(self) -> int:
        """How often Lean was started after the first time."""
        return max(0, self._starts - 1)

    @property
    def peak_memory(self) -> int:
        """The largest resident memory of any of its processes, in bytes."""
        current = self._process.peak_memory if self._process else 0
        return max(self._peak_memory, current)

    @property
    def document(self) -> ProofPosition | None:
        """The position whose proof state Lean holds."""
        return self._state.position if self._state and self.is_running else None

    async def start(self) -> None:
        """Have Lean running and ready.

        Raises `LeanUnavailableError` after several failures in a row; for some seconds after that
        it fails at once, so that callers do not pile up. When the caller is cancelled the start
        goes on, for the next one.
        """
        await self._wait_for_background()
        if not self.is_running:
            self._background = asyncio.create_task(self._start())
            await self._wait_for_background()

    def restart_in_background(self) -> None:
        """Start Lean again in the background if it was lost, so that the next request finds it."""
        if self._background is None and not self.is_running:
            self._background = asyncio.create_task(self._start_quietly())

    async def _start_quietly(self) -> None:
        with contextlib.suppress(LeanUnavailableError):
            await self._start()

    async def _start(self) -> None:
        if self.is_running:
            return
        if time.monotonic() < self._no_start_before:
            raise LeanUnavailableError(self._start_problem, START_REMEDY)
        for attempt in range(START_ATTEMPTS):
            try:
                await self._start_once()
            except (ProcessEndedError, ProtocolError) as error:
                self._start_problem = f"Lean does not start: {error}"
            except OSError as error:
                self._start_problem = f"Lean cannot be run: {error}"
                break
            else:
                return
            await asyncio.sleep(FIRST_RETRY_SECONDS * 2**attempt)
        self._no_start_before = time.monotonic() + START_PAUSE_SECONDS
        raise LeanUnavailableError(self._start_problem, START_REMEDY)

    async def open(self, position: ProofPosition, limits: CheckLimits) -> ProofState:
        """Elaborate the document up to the position and keep the proof state there.

        Costs nothing if it is the position that Lean holds already.

        Raises `DocumentError` or `NoGoalError` if the document is at fault,
        `LeanUnavailableError` if Lean does not start, `WorkerLostError` if it dies.
        """
        await self.start()
        if self._state is not None and self._state.position == position:
            return self._state
        self._state = None
        limits = limits.stretched(load_factor())
        number = self._take_number()
        request = open_request(
            number,
            position.before.replace("\r\n", "\n"),
            position.closing.after.replace("\r\n", "\n"),
            limits.document_milliseconds,
        )
        seconds = limits.document_milliseconds / 1000 + self._settings.grace_seconds
        try:
            await self._send(request, seconds)
            answer = await self._receive(number, seconds)
        except asyncio.CancelledError:
            self._stop_in_background(number, seconds)
            raise
        if isinstance(answer, ErrorAnswer):
            raise document_error(answer, position)
        if not isinstance(answer, OpenAnswer):
            raise await self._kill(f"Lean answered {answer} to open.")
        self._state = ProofState(
            position,
            answer.goals,
            tuple(message.to_message() for message in answer.messages),
            answer.import_milliseconds,
            answer.elaboration_milliseconds,
            answer.declaration_milliseconds,
            answer.commands_reused,
        )
        return self._state

    async def propose(self, wait_milliseconds: int) -> LeanProposals:
        """Return what Lean proposes at the open position.

        The index of premises is made the first time, in the background; how long to wait for it is
        the caller's choice. Raises `WorkerLostError`.
        """
        number = self._take_number()
        seconds = wait_milliseconds / 1000 + self._settings.grace_seconds
        try:
            await self._send(propose_request(number, wait_milliseconds), seconds)
            answer = await self._receive(number, seconds)
        except asyncio.CancelledError:
            self._stop_in_background(number, seconds)
            raise
        if isinstance(answer, ErrorAnswer):
            return LeanProposals(complete=False)
        if not isinstance(answer, ProposalsAnswer):
            raise await self._kill(f"Lean answered {answer} to propose.")
        proposals = tuple(Proposal(each.step, each.source) for each in answer.proposals)
        return LeanProposals(proposals, answer.complete)

    async def check(
        self, candidates: Sequence[str], limits: CheckLimits, threads: int
    ) -> AsyncGenerator[CandidateAnswer]:
        """Run candidates in the open proof state, `threads` at once; one answer each, in order.

        Before the first that searches the library, Lean builds the index, with limits of its own.
        When the iteration is left early, Lean is told to stop. Raises `WorkerLostError`.
        """
        answered = 0
        for number, candidate in enumerate(candidates):
            missing = self._missing_indexes(candidate)
            if missing and answered < number:
                async with contextlib.aclosing(
                    self._run(candidates[answered:number], limits, threads)
                ) as answers:
                    async for answer in answers:
                        yield answer
                answered = number
            for index in missing:
                async with contextlib.aclosing(
                    self._run([index.builder], BUILD_LIMITS, 1)
                ) as built:
                    async for _ in built:
                        pass
                self._indexes.add(index)
        async with contextlib.aclosing(
            self._run(candidates[answered:], limits, threads)
        ) as answers:
            async for answer in answers:
                yield answer

    def _missing_indexes(self, candidate: str) -> list[LibraryIndex]:
        before = self._state.position.before if self._state is not None else ""
        return [each for each in indexes_for(candidate, before) if each not in self._indexes]

    async def _run(
        self, candidates: Sequence[str], limits: CheckLimits, threads: int
    ) -> AsyncGenerator[CandidateAnswer]:
        """Run candidates in one request."""
        limits = limits.stretched(load_factor())
        number = self._take_number()
        request = check_request(number, candidates, limits, threads)
        declaration = self._state.declaration_milliseconds if self._state else 0.0
        # A trial, and the whole declaration: as long again, and twice what it takes without.
        milliseconds = 2 * limits.milliseconds + 2 * declaration
        seconds = milliseconds / 1000 + self._settings.grace_seconds
        try:
            await self._send(request, seconds)
            expected = 0
            while not isinstance(answer := await self._receive(number, seconds), DoneAnswer):
                if not isinstance(answer, CandidateAnswer) or answer.index != expected:
                    raise await self._kill(f"Lean answered {answer} to check.")
                yield answer
                expected += 1
        except (asyncio.CancelledError, GeneratorExit):
            self._stop_in_background(number, self._settings.cancel_seconds)
            raise

    async def close(self) -> None:
        """Stop Lean. The worker can be started again."""
        background, self._background = self._background, None
        if background is not None:
            background.cancel()
            await asyncio.gather(background, return_exceptions=True)
        if self._process is not None:
            await self._process.close()
            self._forget_process()

    async def _start_once(self) -> None:
        self._forget_process()
        self._starts += 1
        self._process = await start_checker(self._command, self._settings)

    def _forget_process(self) -> None:
        self._peak_memory = self.peak_memory
        self._process = None
        self._state = None
        self._indexes.clear()

    def _take_number(self) -> int:
        """Return a number for a request: what a document prints cannot guess it and answer."""
        return secrets.randbits(_NUMBER_BITS)

    async def _send(self, request: str, seconds: float) -> None:
        """Send a request; Lean is killed if it does not take it."""
        await self._wait_for_background()
        process = self._running_process()
        try:
            async with asyncio.timeout(seconds):
                await process.send(request)
        except TimeoutError as error:
            raise await self._kill("Lean does not read what it is asked.") from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def _receive(self, number: int, seconds: float) -> Answer:
        """Wait for the next answer to a request; Lean is killed if it is overdue."""
        process = self._running_process()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    numbered = await next_answer(process)
                    if numbered.request in (number, None):
                        return numbered.answer
        except TimeoutError as error:
            reason = f"Lean did not answer within {seconds:.1f} s."
            raise WorkerLostError(await process.stop(EndCause.KILLED, reason)) from error
        except ProtocolError as error:
            raise await self._kill(str(error)) from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def _kill(self, reason: str) -> WorkerLostError:
        """Kill Lean; return the error that says why."""
        return WorkerLostError(await self._running_process().stop(EndCause.KILLED, reason))

    def _running_process(self) -> LineProcess:
        if self._process is None:
            raise WorkerLostError(ProcessEnd(EndCause.CLOSED, "Lean was closed."))
        return self._process

    def _stop_in_background(self, number: int, seconds: float) -> None:
        if self.is_running:
            self._background = asyncio.create_task(self._stop_request(number, seconds))

    async def _stop_request(self, number: int, seconds: float) -> None:
        """Tell Lean to stop a request, and read what it still has to say about it."""
        with contextlib.suppress(WorkerLostError, ProcessEndedError):
            await self._running_process().send(cancel_request(number))
            while isinstance(await self._receive(number, seconds), CandidateAnswer):
                pass
        await self._start_quietly()

    async def _wait_for_background(self) -> None:
        """Wait until no request is being cancelled and Lean is not being started."""
        while (background := self._background) is not None:
            try:
                await asyncio.shield(background)
            finally:
                if background.done() and self._background is background:
                    self._background = None
