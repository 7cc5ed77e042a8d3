"""One resident Lean checker: start it, ask it, stop it, start it again.

The same for a native and the embedded Lean. A worker serves one request at a time; who shares a
worker takes turns (`pool.py`).
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.errors import DocumentError, LeanUnavailableError, NoGoalError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.process import EndCause, LineProcess, ProcessEnd, ProcessEndedError
from stepcheck.lean.protocol import (
    PROTOCOL_VERSION,
    Answer,
    CandidateAnswer,
    DoneAnswer,
    ErrorAnswer,
    LeanMessage,
    NumberedAnswer,
    OpenAnswer,
    ProtocolError,
    ReadyAnswer,
    cancel_request,
    check_request,
    open_request,
    parse_answer,
)

START_ATTEMPTS = 3
FIRST_DELAY_SECONDS = 0.2
REST_SECONDS = 20.0
START_REMEDY = (
    "`stepcheck lean info` shows which Lean is used; `stepcheck lean install` repairs it."
)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker may use.

    `memory_limit` is in bytes of resident memory. `grace_seconds` is how long an answer may be
    overdue before Lean is killed, `cancel_seconds` how long it may take to stop when cancelled.
    """

    memory_limit: int = 2560 << 20
    start_seconds: float = 120.0
    grace_seconds: float = 5.0
    cancel_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """How much a candidate may use, and how much the document before it.

    Heartbeats are Lean's own unit of work, in thousands as in `maxHeartbeats`; they do not depend
    on the machine. Milliseconds are wall clock.
    """

    heartbeats: int = 200_000
    milliseconds: int = 5_000
    document_milliseconds: int = 60_000


@dataclass(frozen=True, slots=True)
class ProofState:
    """The goals at a position, pretty-printed, and Lean's messages about the text before it."""

    position: ProofPosition
    goals: tuple[str, ...]
    messages: tuple[LeanMessage, ...] = ()
    import_milliseconds: float = 0.0
    elaboration_milliseconds: float = 0.0
    commands_reused: int = 0


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
        self._settling: asyncio.Task[None] | None = None
        self._state: ProofState | None = None
        self._next_request = 0
        self._starts = 0
        self._peak_memory = 0
        self._resting_until = 0.0
        self._refusal = ""

    @property
    def is_running(self) -> bool:
        """Whether Lean is there and ready."""
        return self._process is not None and self._process.is_running

    @property
    def pid(self) -> int | None:
        """The process id of the running Lean."""
        return self._process.pid if self._process is not None and self.is_running else None

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
        await self._settled()
        if not self.is_running:
            self._settling = asyncio.create_task(self._start())
            await self._settled()

    def revive(self) -> None:
        """Start Lean again in the background if it was lost, so that the next request finds it."""
        if self._settling is None and not self.is_running:
            self._settling = asyncio.create_task(self._start_quietly())

    async def _start_quietly(self) -> None:
        with contextlib.suppress(LeanUnavailableError):
            await self._start()

    async def _start(self) -> None:
        if self.is_running:
            return
        if time.monotonic() < self._resting_until:
            raise LeanUnavailableError(self._refusal, START_REMEDY)
        for attempt in range(START_ATTEMPTS):
            try:
                await self._start_once()
            except (ProcessEndedError, ProtocolError) as error:
                self._refusal = f"Lean does not start: {error}"
            except OSError as error:
                self._refusal = f"Lean cannot be run: {error}"
                break
            else:
                return
            await asyncio.sleep(FIRST_DELAY_SECONDS * 2**attempt)
        self._resting_until = time.monotonic() + REST_SECONDS
        raise LeanUnavailableError(self._refusal, START_REMEDY)

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
        number = self._take_number()
        request = open_request(
            number,
            position.before.replace("\r\n", "\n"),
            position.after.replace("\r\n", "\n"),
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
            raise _document_error(answer)
        if not isinstance(answer, OpenAnswer):
            raise await self._broken(f"Lean answered {answer} to open.")
        self._state = ProofState(
            position,
            answer.goals,
            tuple(message.to_message() for message in answer.messages),
            answer.import_milliseconds,
            answer.elaboration_milliseconds,
            answer.commands_reused,
        )
        return self._state

    async def check(
        self, candidates: Sequence[str], limits: CheckLimits
    ) -> AsyncGenerator[CandidateAnswer]:
        """Run candidates in the open proof state, one answer each, in order.

        When the iteration is left early, Lean is told to stop. Raises `WorkerLostError`.
        """
        number = self._take_number()
        request = check_request(number, candidates, limits.heartbeats, limits.milliseconds)
        seconds = limits.milliseconds / 1000 + self._settings.grace_seconds
        try:
            await self._send(request, seconds)
            while not isinstance(answer := await self._receive(number, seconds), DoneAnswer):
                if not isinstance(answer, CandidateAnswer):
                    raise await self._broken(f"Lean answered {answer} to check.")
                yield answer
        except (asyncio.CancelledError, GeneratorExit):
            self._stop_in_background(number, self._settings.cancel_seconds)
            raise

    async def close(self) -> None:
        """Stop Lean. The worker can be started again."""
        settling, self._settling = self._settling, None
        if settling is not None:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)
        if self._process is not None:
            await self._process.close()
            self._forget_process()

    async def _start_once(self) -> None:
        self._forget_process()
        self._starts += 1
        process = await LineProcess.start(self._command, self._settings.memory_limit)
        try:
            async with asyncio.timeout(self._settings.start_seconds):
                answer = (await _next_answer(process)).answer
        except TimeoutError as error:
            seconds = self._settings.start_seconds
            end = await process.stop(EndCause.KILLED, f"It was not ready after {seconds:.0f} s.")
            raise ProcessEndedError(end) from error
        except BaseException:
            process.kill(EndCause.CLOSED, "Its start was given up.")
            raise
        if not isinstance(answer, ReadyAnswer) or answer.protocol != PROTOCOL_VERSION:
            process.kill(EndCause.KILLED, "It speaks another protocol.")
            raise ProtocolError(f"expected a checker of protocol {PROTOCOL_VERSION}, got {answer}")
        self._process = process

    def _forget_process(self) -> None:
        self._peak_memory = self.peak_memory
        self._process = None
        self._state = None

    def _take_number(self) -> int:
        self._next_request += 1
        return self._next_request

    async def _send(self, request: str, seconds: float) -> None:
        """Send a request; Lean is killed if it does not take it."""
        await self._settled()
        process = self._running_process()
        try:
            async with asyncio.timeout(seconds):
                await process.send(request)
        except TimeoutError as error:
            raise await self._broken("Lean does not read what it is asked.") from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def _receive(self, number: int, seconds: float) -> Answer:
        """Wait for the next answer to a request; Lean is killed if it is overdue."""
        process = self._running_process()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    numbered = await _next_answer(process)
                    if numbered.request in (number, None):
                        return numbered.answer
        except TimeoutError as error:
            reason = f"Lean did not answer within {seconds:.1f} s."
            raise WorkerLostError(await process.stop(EndCause.KILLED, reason)) from error
        except ProtocolError as error:
            raise await self._broken(str(error)) from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def _broken(self, reason: str) -> WorkerLostError:
        return WorkerLostError(await self._running_process().stop(EndCause.KILLED, reason))

    def _running_process(self) -> LineProcess:
        if self._process is None:
            raise WorkerLostError(ProcessEnd(EndCause.CLOSED, "Lean was closed."))
        return self._process

    def _stop_in_background(self, number: int, seconds: float) -> None:
        if self.is_running:
            self._settling = asyncio.create_task(self._stop_request(number, seconds))

    async def _stop_request(self, number: int, seconds: float) -> None:
        """Tell Lean to stop a request, and read what it still has to say about it."""
        with contextlib.suppress(WorkerLostError, ProcessEndedError):
            await self._running_process().send(cancel_request(number))
            while isinstance(await self._receive(number, seconds), CandidateAnswer):
                pass
        await self._start_quietly()

    async def _settled(self) -> None:
        """Wait until what was given up is out of the way and Lean is back."""
        while (settling := self._settling) is not None:
            try:
                await asyncio.shield(settling)
            finally:
                if settling.done() and self._settling is settling:
                    self._settling = None


async def _next_answer(process: LineProcess) -> NumberedAnswer:
    """Read the next answer; what is no JSON object goes to the log of the process.

    Raises `ProcessEndedError`, `ProtocolError`.
    """
    while True:
        line = await process.receive()
        if (answer := parse_answer(line)) is not None:
            return answer
        process.note(line)


def _document_error(answer: ErrorAnswer) -> DocumentError:
    if answer.kind == "no_goal":
        return NoGoalError(
            f"There is no goal at this position. {answer.message}".strip(),
            "Point at a tactic, or at the end of a line that ends in `by`.",
        )
    if answer.kind == "timeout":
        return DocumentError(
            f"The text before the position takes too long to elaborate. {answer.message}".strip(),
            "Give Lean more time, or move the proof to a shorter file.",
        )
    if answer.kind == "header":
        return DocumentError(
            f"The imports of the document fail: {answer.message}",
            "Build the imported modules (`lake build`), or correct the imports.",
        )
    return DocumentError(
        f"Lean cannot read the document up to the position ({answer.kind}): {answer.message}",
        "Correct the text before the position.",
    )
