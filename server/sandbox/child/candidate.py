"""The candidate's side: run its code, then carry out requests on its functions and objects."""

from __future__ import annotations

import builtins
import io
import operator
import sys
import traceback
from collections.abc import Callable
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load_candidate
from stepcheck.server.sandbox.child.observation import observe
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

    def __init__(self, number: int, handler: _RequestHandler) -> None:
        self._number = number
        self._handler = handler

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._handler.call_back(self._number, arguments, keywords)


class _LineTracer:
    """Records the lines of the candidate's module that run."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: set[int] = set()

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Trace a frame, as `sys.settrace` wants it."""
        if frame.f_code.co_filename != self._file:
            return None
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self.trace

    def take(self) -> list[int]:
        """Return the lines recorded since the last call."""
        taken, self._lines = sorted(self._lines), set()
        return taken


class _RequestHandler:
    """Carries out operations on the names of a module, and keeps the objects that result."""

    def __init__(
        self, module: ModuleType, file: str, channel: Channel, tracer: _LineTracer | None
    ) -> None:
        self._module = module
        self._file = file
        self._channel = channel
        self._tracer = tracer
        self._printed = BoundedText()
        # What is said of errors is no part of what is printed.
        sys.stdout, sys.stderr = self._printed, BoundedText()
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}
        self._callbacks: dict[int, _Callback] = {}

    def serve(self) -> dict[str, Any]:
        """Carry out requests until another frame arrives, and return that."""
        while True:
            request = self._channel.receive()
            if "operation" not in request:
                return request
            self._printed.take()
            reply = self._handle(request) | {"printed": self._printed.take()}
            if self._tracer:
                reply["lines"] = self._tracer.take()
            try:
                self._channel.send(reply)
            except UntransportableError as error:
                self._channel.send({"untransportable": str(error)})

    def call_back(self, number: int, arguments: Any, keywords: Any) -> Any:
        """Call a function of the examiner."""
        frame = {
            "callback": number,
            "arguments": encode(list(arguments), self._to_reference),
            "keywords": encode(keywords, self._to_reference),
        }
        sys.settrace(None)
        self._channel.send(frame)
        reply = self.serve()
        if self._tracer:
            sys.settrace(self._tracer.trace)
        if "raised" in reply:
            kind = getattr(builtins, reply["raised"], None)
            is_error = isinstance(kind, type) and issubclass(kind, Exception)
            raise (kind if is_error else RuntimeError)(reply["message"])  # type: ignore[misc]
        return decode(reply["value"], self._resolve)

    def _handle(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            arguments = decode(request["arguments"], self._resolve)
            keywords = decode(request["keywords"], self._resolve)
            operation = (
                partial(observe, self._module, self._printed)
                if request["operation"] == "observe"
                else _OPERATIONS.get(request["operation"])
                or getattr(operator, request["operation"])
            )
            if self._tracer:
                sys.settrace(self._tracer.trace)
            value = operation(*arguments, **keywords)
            sys.settrace(None)
            is_new_instance = (
                operation is _call
                and isinstance(arguments[0], type)
                and arguments[0].__module__ == self._module.__name__
                and not isinstance(value, _SCALARS)
            )
            encoded = (
                self._register(value) if is_new_instance else encode(value, self._to_reference)
            )
            if request["operation"] == "observe":
                # It has described its arguments.
                return {"value": encoded}
            return {"value": encoded, "arguments": encode(arguments, self._to_reference)}
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

    def _to_reference(self, value: object) -> Any:
        for number, callback in self._callbacks.items():
            if callback is value:
                return {"callback": number}
        if name := builtin_type(value):
            return {"builtin": name}
        return self._register(value)

    def _register(self, value: object) -> Any:
        """Keep an object alive, so that its identity stays unique, and return its reference."""
        number = self._numbers.setdefault(id(value), len(self._objects))
        if number == len(self._objects):
            self._objects.append(value)
        return {"object": [number, type(value).__name__]}


def serve_candidate(
    source: str, channel: Channel, place: dict[str, Any] | None = None, *, traced: bool = False
) -> None:
    """Run `source`, report how that went, and serve requests until the examiner closes the channel.

    `place` is its place in a project, see `load_candidate`. With `traced`, each reply says which
    lines of the source ran for it.
    """
    file = place["file"] if place else FILE_NAME
    sys.stdout = sys.stderr = BoundedText()
    channel.send({"begun": True})
    try:
        module = load_candidate(source, place)
    except BaseException as error:
        channel.send(_describe(error, file))
        return
    handler = _RequestHandler(module, file, channel, _LineTracer(file) if traced else None)
    channel.send({"exceptions": _exceptions(module)})
    try:
        handler.serve()
    except PeerLostError:
        return


def _exceptions(module: ModuleType) -> dict[str, list[str]]:
    """Return the names of the ancestors of each exception that the module defines."""
    return {
        name: _ancestor_names(value)
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Exception)
        and value.__module__ == module.__name__
    }


def _ancestor_names(kind: type) -> list[str]:
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
        "raised": _ancestor_names(type(error)),
        "message": message,
        "line": lines[-1] if lines else None,
        "raised_outside": not lines or frames[-1].filename not in (file, __file__),
    }
