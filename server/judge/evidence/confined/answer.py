"""The candidate's side: run its code, then answer calls of its functions with plain values."""

import io
import linecache
import sys
import traceback
from types import ModuleType
from typing import Any

from stepcheck.server.judge.evidence.confined.transport import (
    Channel,
    PeerLostError,
    UntransportableError,
    decode,
    encode,
)

FILE_NAME = "<candidate>"
_MAX_PRINTED = 65_536
_MAX_MESSAGE = 300


class _BoundedText(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> int:
        if len(self._text) < _MAX_PRINTED:
            self._text += str(text)[: _MAX_PRINTED - len(self._text)]
        return len(text)

    def take(self) -> str:
        taken, self._text = self._text, ""
        return taken


def answer(source: str, channel: Channel) -> None:
    """Run `source`, say how that went, and answer calls until the examiner leaves."""
    printed = _BoundedText()
    sys.stdout = sys.stderr = printed
    module = ModuleType("candidate")
    sys.modules["candidate"] = module
    linecache.cache[FILE_NAME] = (len(source), None, source.splitlines(keepends=True), FILE_NAME)
    try:
        exec(compile(source, FILE_NAME, "exec"), module.__dict__)  # noqa: S102 - it is confined
    except BaseException as error:
        channel.send(_describe(error))
        return
    channel.send({"loaded": True})
    try:
        while True:
            asked = channel.receive()
            printed.take()
            channel.send(_call(module, asked) | {"printed": printed.take()})
    except PeerLostError:
        return


def _call(module: ModuleType, asked: dict[str, Any]) -> dict[str, Any]:
    arguments = decode(asked["arguments"])
    keywords = decode(asked["keywords"])
    try:
        value = getattr(module, asked["function"])(*arguments, **keywords)
        return {"value": encode(value), "arguments": encode(arguments)}
    except UntransportableError as error:
        return {"untransportable": str(error)}
    except BaseException as error:
        return _describe(error)


def _describe(error: BaseException) -> dict[str, Any]:
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == FILE_NAME
    ]
    if isinstance(error, SyntaxError) and error.filename == FILE_NAME:
        lines.append(error.lineno)
    try:
        message = str(error)[:_MAX_MESSAGE]
    except BaseException:
        message = ""
    return {
        "raised": type(error).__name__,
        "message": message,
        "line": lines[-1] if lines else None,
    }
