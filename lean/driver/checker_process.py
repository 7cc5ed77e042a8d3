"""A process of the resident checker: its start, and the answers that it prints."""

import asyncio

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.limits import WorkerSettings
from stepcheck.lean.process import EndCause, LineProcess, ProcessEndedError
from stepcheck.lean.protocol import (
    PROTOCOL_VERSION,
    NumberedAnswer,
    ProtocolError,
    ReadyAnswer,
    parse_answer,
)


async def start_checker(command: LeanCommand, settings: WorkerSettings) -> LineProcess:
    """Start a checker and wait until it is ready.

    Raises `ProcessEndedError`, `ProtocolError`, and `OSError` if it cannot be started.
    """
    process = await LineProcess.start(command, settings.memory_limit)
    try:
        async with asyncio.timeout(settings.start_seconds):
            answer = (await next_answer(process)).answer
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
    return process


async def next_answer(process: LineProcess) -> NumberedAnswer:
    """Read the next answer; what is no JSON object goes to the log of the process.

    Raises `ProcessEndedError`, `ProtocolError`.
    """
    while True:
        line = await process.receive()
        if (answer := parse_answer(line)) is not None:
            return answer
        process.note(line)
