"""One resident Lean checker: start it, ask it, stop it, start it again.

The same for a native and the embedded Lean. A worker serves one request at a time; who shares a
worker takes turns (`pool.py`).
"""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, Iterator, Sequence

from stepcheck.lean.checker_process import CheckerProcess, CheckerStarter, WorkerLostError
from stepcheck.lean.command import LeanCommand
from stepcheck.lean.document_errors import document_error
from stepcheck.lean.errors import LeanUnavailableError
from stepcheck.lean.library_index import BUILD_LIMITS, SEARCHES, LibraryIndex, indexes_for
from stepcheck.lean.limits import CheckLimits, WorkerSettings, load_factor
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, ProcessEnd
from stepcheck.lean.proof_state import ProofState
from stepcheck.lean.proposal import LeanProposals, Proposal
from stepcheck.lean.protocol import (
    Answer,
    CandidateAnswer,
    DoneAnswer,
    ErrorAnswer,
    OpenAnswer,
    ProposalsAnswer,
    cancel_request,
    check_request,
    open_request,
    propose_request,
)

IDLE_SECONDS = 1.5
"""After so long without a request the indexes of the library are built, for later ones."""

_NUMBER_BITS = 53
"""What a number of JSON holds exactly."""


class LeanWorker:
    """A resident checker that is started when it is needed, and again when it was lost."""

    def __init__(self, command: LeanCommand, settings: WorkerSettings | None = None) -> None:
        self._settings = settings or WorkerSettings()
        self._starter = CheckerStarter(command, self._settings)
        self._process: CheckerProcess | None = None
        self._background: asyncio.Task[object] | None = None
        self._preparation: asyncio.Task[None] | None = None
        self._state: ProofState | None = None
        self._indexes: set[LibraryIndex] = set()
        self._requests = 0
        self._idle_since = 0.0
        self._peak_memory = 0

    @property
    def is_running(self) -> bool:
        """Whether Lean is there and ready."""
        return self._process is not None and self._process.lines.is_running

    @property
    def pid(self) -> int | None:
        """The process id of the running Lean."""
        return self._process.lines.pid if self._process is not None and self.is_running else None

    @property
    def threads(self) -> int:
        """How many candidates Lean may try at once."""
        return self._settings.threads

    @property
    def restarts(self) -> int:
        """How often Lean was started after the first time."""
        return max(0, self._starter.starts - 1)

    @property
    def peak_memory(self) -> int:
        """The largest resident memory of any of its processes, in bytes."""
        current = self._process.lines.peak_memory if self._process else 0
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
        if not self.is_running:
            self._forget_process()
            self._process = await self._starter.start()

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
        answer = await self._ask(number, request, seconds)
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

        The indexes of premises and of library searches are made when Lean has nothing else to do;
        without them such steps are not proposed. With `wait_milliseconds` those of searches are
        built first, and the other is waited for so long. Raises `WorkerLostError`.
        """
        if wait_milliseconds:
            for index in self._missing_indexes(SEARCHES):
                await self._have_index(index)
        number = self._take_number()
        seconds = wait_milliseconds / 1000 + self._settings.grace_seconds
        answer = await self._ask(number, propose_request(number, wait_milliseconds), seconds)
        if isinstance(answer, ErrorAnswer):
            return LeanProposals(complete=False)
        if not isinstance(answer, ProposalsAnswer):
            raise await self._kill(f"Lean answered {answer} to propose.")
        offered = answer.proposals
        if self._missing_indexes(SEARCHES):
            offered = tuple(each for each in offered if not self._missing_indexes(each.step))
            self._prepare_when_idle()
        proposals = tuple(Proposal(each.step, each.source) for each in offered)
        return LeanProposals(proposals, answer.complete and len(offered) == len(answer.proposals))

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
                await self._have_index(index)
        async with contextlib.aclosing(
            self._run(candidates[answered:], limits, threads)
        ) as answers:
            async for answer in answers:
                yield answer

    def _missing_indexes(self, candidate: str) -> list[LibraryIndex]:
        before = self._state.position.before if self._state is not None else ""
        return [each for each in indexes_for(candidate, before) if each not in self._indexes]

    async def _have_index(self, index: LibraryIndex) -> None:
        """Have Lean build an index; when the caller is cancelled that goes on, for the next one.

        Lean does not stop in the middle of it, and would have to be killed.
        """
        await self._wait_for_background()
        if index in self._indexes:
            return
        building = asyncio.create_task(self._build(index))
        self._background = building
        await self._wait_for_background()
        if (end := building.result()) is not None:
            raise WorkerLostError(end)

    async def _build(self, index: LibraryIndex) -> ProcessEnd | None:
        """Build an index at the open position. Return how Lean ended, if it did."""
        limits = BUILD_LIMITS.stretched(load_factor())
        number = self._take_number()
        seconds = 2 * limits.milliseconds / 1000 + self._settings.grace_seconds
        try:
            request = check_request(number, [index.builder], limits, threads=1)
            await self._running_process().send(request, seconds)
            while isinstance(await self._receive(number, seconds), CandidateAnswer):
                pass
        except WorkerLostError as lost:
            return lost.end
        self._indexes.add(index)
        return None

    def _prepare_when_idle(self) -> None:
        if self._preparation is None or self._preparation.done():
            self._preparation = asyncio.create_task(self._prepare())

    async def _prepare(self) -> None:
        """Build the indexes that are missing for the open position, as soon as nobody asks."""
        with contextlib.suppress(WorkerLostError, LeanUnavailableError):
            while self.is_running and (missing := self._missing_indexes(SEARCHES)):
                is_idle = not self._requests and self._background is None
                if is_idle and time.monotonic() >= self._idle_since + IDLE_SECONDS:
                    await self._have_index(missing[0])
                else:
                    await asyncio.sleep(IDLE_SECONDS / 4)

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
            with self._busy():
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
        tasks = [task for task in (self._preparation, self._background) if task is not None]
        self._preparation = self._background = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._process is not None:
            await self._process.lines.close()
            self._forget_process()

    def _forget_process(self) -> None:
        self._peak_memory = self.peak_memory
        self._process = None
        self._state = None
        self._indexes.clear()

    def _take_number(self) -> int:
        """Return a number for a request: what a document prints cannot guess it and answer."""
        return secrets.randbits(_NUMBER_BITS)

    @contextlib.contextmanager
    def _busy(self) -> Iterator[None]:
        """Tell that a request is being answered."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self._idle_since = time.monotonic()

    async def _ask(self, number: int, request: str, seconds: float) -> Answer:
        """Send a request that has one answer, and return it."""
        try:
            with self._busy():
                await self._send(request, seconds)
                return await self._receive(number, seconds)
        except asyncio.CancelledError:
            self._stop_in_background(number, seconds)
            raise

    async def _send(self, request: str, seconds: float) -> None:
        """Send a request when nothing else is being done."""
        await self._wait_for_background()
        await self._running_process().send(request, seconds)

    async def _receive(self, number: int, seconds: float) -> Answer:
        """Wait for the next answer to a request."""
        return await self._running_process().receive(number, seconds)

    async def _kill(self, reason: str) -> WorkerLostError:
        return await self._running_process().kill(reason)

    def _running_process(self) -> CheckerProcess:
        if self._process is None:
            raise WorkerLostError(ProcessEnd(EndCause.CLOSED, "Lean was closed."))
        return self._process

    def _stop_in_background(self, number: int, seconds: float) -> None:
        if self.is_running:
            self._background = asyncio.create_task(self._stop_request(number, seconds))

    async def _stop_request(self, number: int, seconds: float) -> None:
        """Tell Lean to stop a request, and read what it still has to say about it."""
        with contextlib.suppress(WorkerLostError):
            await self._running_process().send(cancel_request(number), seconds)
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
