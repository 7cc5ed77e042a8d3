"""A process of the resident checker: its start, what it is sent, and the answers that it prints."""

import asyncio
import time
from dataclasses import dataclass

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.errors import LeanUnavailableError
from stepcheck.lean.limits import WorkerSettings
from stepcheck.lean.process import EndCause, LineProcess, ProcessEnd, ProcessEndedError
from stepcheck.lean.protocol import (
    PROTOCOL_VERSION,
    Answer,
    NumberedAnswer,
    ProtocolError,
    ReadyAnswer,
    parse_answer,
)

START_ATTEMPTS = 3
FIRST_RETRY_SECONDS = 0.2
START_PAUSE_SECONDS = 20.0
START_REMEDY = (
    "`stepcheck lean info` shows which Lean is used; `stepcheck lean install` repairs it."
)


class WorkerLostError(Exception):
    """Lean ended in the middle of a request."""

    def __init__(self, end: ProcessEnd) -> None:
        super().__init__(end.detail)
        self.end = end


@dataclass(frozen=True, slots=True)
class CheckerProcess:
    """A checker that runs; killed when it does not take or answer a request in time."""

    lines: LineProcess

    async def send(self, request: str, seconds: float) -> None:
        """Send a request. Raises `WorkerLostError`."""
        try:
            async with asyncio.timeout(seconds):
                await self.lines.send(request)
        except TimeoutError as error:
            raise await self.kill("Lean does not read what it is asked.") from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def receive(self, number: int, seconds: float) -> Answer:
        """Wait for the next answer to a request. Raises `WorkerLostError`."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    numbered = await _next_answer(self.lines)
                    if numbered.request in (number, None):
                        return numbered.answer
        except TimeoutError as error:
            raise await self.kill(f"Lean did not answer within {seconds:.1f} s.") from error
        except ProtocolError as error:
            raise await self.kill(str(error)) from error
        except ProcessEndedError as error:
            raise WorkerLostError(error.end) from error

    async def kill(self, reason: str) -> WorkerLostError:
        """Kill Lean; return the error that says why."""
        return WorkerLostError(await self.lines.stop(EndCause.KILLED, reason))


class CheckerStarter:
    """Starts checkers; `starts` is how often that was tried."""

    def __init__(self, command: LeanCommand, settings: WorkerSettings) -> None:
        self.starts = 0
        self._command = command
        self._settings = settings
        self._no_start_before = 0.0
        self._problem = ""

    async def start(self) -> CheckerProcess:
        """Return a checker that is ready.

        Raises `LeanUnavailableError` after several failures in a row; for some seconds after that
        it fails at once, so that callers do not pile up.
        """
        if time.monotonic() < self._no_start_before:
            raise LeanUnavailableError(self._problem, START_REMEDY)
        for attempt in range(START_ATTEMPTS):
            self.starts += 1
            try:
                return await _start_checker(self._command, self._settings)
            except (ProcessEndedError, ProtocolError) as error:
                self._problem = f"Lean does not start: {error}"
            except OSError as error:
                self._problem = f"Lean cannot be run: {error}"
                break
            await asyncio.sleep(FIRST_RETRY_SECONDS * 2**attempt)
        self._no_start_before = time.monotonic() + START_PAUSE_SECONDS
        raise LeanUnavailableError(self._problem, START_REMEDY)


async def _start_checker(command: LeanCommand, settings: WorkerSettings) -> CheckerProcess:
    """Start a checker and wait until it is ready.

    Raises `ProcessEndedError`, `ProtocolError`, and `OSError` if it cannot be started.
    """
    process = await LineProcess.start(command, settings.memory_limit)
    try:
        async with asyncio.timeout(settings.start_seconds):
            answer = (await _next_answer(process)).answer
    except TimeoutError as error:
        seconds = settings.start_seconds
        end = await process.stop(EndCause.KILLED, f"It was not ready after {seconds:.0f} s.")
        raise ProcessEndedError(end) from error
    except BaseException:
        process.kill(EndCause.CLOSED, "Its start was given up.")
        raise
    if not isinstance(answer, ReadyAnswer) or answer.protocol != PROTOCOL_VERSION:
        process.kill(EndCause.KILLED, "It speaks another protocol.")
        raise ProtocolError(f"expected a checker of protocol {PROTOCOL_VERSION}, got {answer}")
    return CheckerProcess(process)


async def _next_answer(process: LineProcess) -> NumberedAnswer:
    """Read the next answer; what is no JSON object goes to the log of the process.

    Raises `ProcessEndedError`, `ProtocolError`.
    """
    while True:
        line = await process.receive()
        if (answer := parse_answer(line)) is not None:
            return answer
        process.note(line)
