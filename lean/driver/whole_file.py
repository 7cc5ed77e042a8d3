"""Lean's messages about a whole file, elaborated by a Lean of its own."""

import asyncio
import secrets

from pydantic import BaseModel, Field, ValidationError

from stepcheck.lean.command import LeanCommand
from stepcheck.lean.message_text import apply_hints
from stepcheck.lean.process import EndCause, LineProcess, ProcessEndedError
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.verdict import StepVerdict

FILE_SECONDS = 180.0


class _FilePosition(BaseModel):
    line: int
    column: int


class _FileMessage(BaseModel):
    severity: str
    pos: _FilePosition = Field(default_factory=lambda: _FilePosition(line=0, column=0))
    data: str = ""


class FileNotCheckedError(Exception):
    """Lean could not be run on a file, or not to its end."""

    def __init__(self, verdict: StepVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict


async def check_file(
    command: LeanCommand, memory_limit: int, text: str, seconds: float
) -> tuple[LeanMessage, ...]:
    """Return Lean's messages about a file. Raises `FileNotCheckedError`.

    A last command with a word of its own shows that Lean came to the end: `#exit`, or a program of
    the document that ends Lean, would otherwise leave the rest unread without a message.
    """
    end_mark = secrets.token_hex(16)
    try:
        process = await LineProcess.start(command, memory_limit)
    except OSError as error:
        raise FileNotCheckedError(StepVerdict.UNKNOWN, f"Lean cannot be run: {error}") from error
    messages: list[LeanMessage] = []
    try:
        async with asyncio.timeout(seconds):
            await process.send_all(f'{text}\n\n#check "{end_mark}"\n')
            while True:
                line = await process.receive()
                if (message := _read_message(line)) is not None:
                    messages.append(message)
    except TimeoutError as error:
        reason = f"Lean did not finish the file within {seconds:.0f} s."
        raise FileNotCheckedError(StepVerdict.TIMEOUT, reason) from error
    except ProcessEndedError as ended:
        if ended.end.cause is not EndCause.EXITED or ended.end.status not in (0, 1):
            raise FileNotCheckedError(StepVerdict.UNKNOWN, str(ended)) from ended
        has_error = any(message.severity is MessageSeverity.ERROR for message in messages)
        if has_error != (ended.end.status == 1):
            raise FileNotCheckedError(StepVerdict.UNKNOWN, str(ended)) from ended
    finally:
        process.kill(EndCause.CLOSED, "The check of the file was given up.")
    read = tuple(message for message in messages if end_mark not in message.text)
    if len(read) == len(messages):
        raise FileNotCheckedError(StepVerdict.UNKNOWN, "Lean did not come to the end of the file.")
    return read


def _read_message(line: str) -> LeanMessage | None:
    try:
        raw = _FileMessage.model_validate_json(line)
        severity = MessageSeverity(raw.severity)
    except (ValidationError, ValueError):
        return None
    return LeanMessage(severity, raw.pos.line, raw.pos.column, apply_hints(raw.data))
