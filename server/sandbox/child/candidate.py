"""The candidate's side: run its code, then do with its functions and objects what is asked."""

from __future__ import annotations

import builtins
import io
import operator
import sys
import traceback
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load
from stepcheck.server.sandbox.child.transport import (
    Channel,
    PeerLostError,
    UntransportableError,
    builtin_type,
    decode,
    encode,
)

_MAX_PRINTED = 65_536
_MAX_MESSAGE = 300
_SCALARS = (int, float, complex, str, bytes, type(None))


def _call(called: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    return called(*arguments, **keywords)


def _enter(value: Any) -> Any:
    return type(value).__enter__(value)


def _exit(value: Any) -> Any:
    return type(value).__exit__(value, None, None, None)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": _call,
    "enter": _enter,
    "exit": _exit,
    **{
        function.__name__: function
        for function in (
            *(getattr, setattr, delattr, len, iter, next, bool, hash, repr, str, format),
            *(int, float, abs, round, reversed, isinstance, issubclass),
            *(operator.getitem, operator.setitem, operator.delitem, operator.contains),
        )
    },
}


class BoundedText(io.TextIOBase):
    """Keeps the beginning of what is printed, until it is taken."""

    def __init__(self) -> None:
        self._text = ""

    def write(self, text: str) -> int:
        """Keep `text`, as far as there is room."""
        if len(self._text) < _MAX_PRINTED:
            self._text += str(text)[: _MAX_PRINTED - len(self._text)]
        return len(text)

    def take(self) -> str:
        """Return what was kept, and forget it."""
        taken, self._text = self._text, ""
        return taken


class _Callback:
    """A function of the examiner, called across the channel."""

    def __init__(self, number: int, answerer: _Answerer) -> None:
        self._number = number
        self._answerer = answerer

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._answerer.call_back(self._number, arguments, keywords)


class _LinesSeen:
    """Collects the lines of the candidate's module that run."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: set[int] = set()

    def watch(self, frame: FrameType, event: str, _: Any) -> Any:
        """Trace a frame, as `sys.settrace` wants it."""
        if frame.f_code.co_filename != self._file:
            return None
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self.watch

    def take(self) -> list[int]:
        """Return the lines seen since the last time."""
        taken, self._lines = sorted(self._lines), set()
        return taken


class _Answerer:
    """Does what is asked with the names of a module, and keeps the objects that come of it."""

    def __init__(
        self, module: ModuleType, file: str, channel: Channel, seen: _LinesSeen | None
    ) -> None:
        self._module = module
        self._file = file
        self._channel = channel
        self._seen = seen
        self._printed = BoundedText()
        sys.stdout = sys.stderr = self._printed
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._callbacks: dict[int, _Callback] = {}

    def serve(self) -> dict[str, Any]:
        """Answer what is asked until something else comes, and return that."""
        while True:
            asked = self._channel.receive()
            if "operation" not in asked:
                return asked
            self._printed.take()
            said = self._answer(asked) | {"printed": self._printed.take()}
            if self._seen:
                said["lines"] = self._seen.take()
            try:
                self._channel.send(said)
            except UntransportableError as error:
                self._channel.send({"untransportable": str(error)})

    def call_back(self, number: int, arguments: Any, keywords: Any) -> Any:
        """Call a function of the examiner."""
        frame = {
            "callback": number,
            "arguments": encode(list(arguments), self._refer),
            "keywords": encode(keywords, self._refer),
        }
        sys.settrace(None)
        self._channel.send(frame)
        said = self.serve()
        if self._seen:
            sys.settrace(self._seen.watch)
        if "raised" in said:
            kind = getattr(builtins, said["raised"], None)
            is_error = isinstance(kind, type) and issubclass(kind, Exception)
            raise (kind if is_error else RuntimeError)(said["message"])  # type: ignore[misc]
        return decode(said["value"], self._resolve)

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            arguments = decode(asked["arguments"], self._resolve)
            keywords = decode(asked["keywords"], self._resolve)
            operation = _OPERATIONS.get(asked["operation"]) or getattr(operator, asked["operation"])
            if self._seen:
                sys.settrace(self._seen.watch)
            value = operation(*arguments, **keywords)
            sys.settrace(None)
            is_made = (
                operation is _call
                and isinstance(arguments[0], type)
                and arguments[0].__module__ == self._module.__name__
                and not isinstance(value, _SCALARS)
            )
            said = self._keep(value) if is_made else encode(value, self._refer)
            return {"value": said, "arguments": encode(arguments, self._refer)}
        except UntransportableError as error:
            return {"untransportable": str(error)}
        except BaseException as error:
            sys.settrace(None)
            return _describe(error, self._file)

    def _resolve(self, name: str, content: Any) -> Any:
        if name == "global":
            return getattr(self._module, content)
        if name == "builtin":
            return getattr(builtins, content)
        if name == "callback":
            return self._callbacks.setdefault(content, _Callback(content, self))
        return self._objects[content[0]]

    def _refer(self, value: object) -> Any:
        for number, callback in self._callbacks.items():
            if callback is value:
                return {"callback": number}
        if name := builtin_type(value):
            return {"builtin": name}
        return self._keep(value)

    def _keep(self, value: object) -> Any:
        """Keep an object, which therefore keeps its identity too."""
        number = self._numbers.setdefault(id(value), len(self._objects))
        if number == len(self._objects):
            self._objects.append(value)
        return {"object": [number, type(value).__name__]}


def answer(
    source: str, channel: Channel, place: dict[str, Any] | None = None, *, traced: bool = False
) -> None:
    """Run `source`, say how that went, and answer until the examiner leaves.

    `place` is its place in a project, see `load`. With `traced`, each answer says which lines of
    the source ran for it.
    """
    file = place["file"] if place else FILE_NAME
    sys.stdout = sys.stderr = BoundedText()
    channel.send({"begun": True})
    try:
        module = load(source, place)
    except BaseException as error:
        channel.send(_describe(error, file))
        return
    answerer = _Answerer(module, file, channel, _LinesSeen(file) if traced else None)
    channel.send({"exceptions": _exceptions(module)})
    try:
        answerer.serve()
    except PeerLostError:
        return


def _exceptions(module: ModuleType) -> dict[str, list[str]]:
    """Return the lineages of the exceptions that the module defines."""
    return {
        name: _lineage(value)
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__ == module.__name__
    }


def _lineage(kind: type) -> list[str]:
    return [ancestor.__name__ for ancestor in kind.__mro__]


def _describe(error: BaseException, file: str) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    try:
        message = str(error)[:_MAX_MESSAGE]
    except BaseException:
        message = ""
    return {
        "raised": _lineage(type(error)),
        "message": message,
        "line": lines[-1] if lines else None,
        "elsewhere": not lines or frames[-1].filename not in (file, __file__),
    }
