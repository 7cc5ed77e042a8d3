"""What a value is, said in plain data, so that another process can compare it by meaning.

A description is None, a bool, a number, a text, or a list that opens with its kind: `["list",
items]`, `["dict", pairs]`, `["frame", columns, index, values]`. Objects of libraries are told by
the names of their classes (see `library_description`): nothing is imported for it. This runs beside
the code that made the value, on Python 3.9 and later.
"""

from __future__ import annotations

import io
import os
import types
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any

from stepcheck.server.sandbox.child.coroutines import MAX_ITERATED
from stepcheck.server.sandbox.child.library_description import LIBRARY_KINDS
from stepcheck.server.sandbox.child.transport import UntransportableError

_MAX_NODES = 50_000
_MAX_DEPTH = 60
_FOLDER = "<folder>"


class Describer:
    """Describes values; `folder` is one whose name means nothing and is replaced in texts."""

    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self._left = _MAX_NODES
        self._open: list[int] = []

    def describe(self, value: Any) -> Any:
        """Return the description of a value; raises `UntransportableError` for what has none."""
        self._left -= 1
        if self._left < 0 or len(self._open) > _MAX_DEPTH:
            raise UntransportableError("the value is too large")
        if value is None or type(value) in (bool, int, float):
            return value
        if type(value) is str:
            return value.replace(self._folder, _FOLDER) if self._folder else value
        if id(value) in self._open:
            return ["cycle"]
        self._open.append(id(value))
        try:
            return self._describe(value)
        finally:
            self._open.pop()

    def all(self, values: Any) -> list[Any]:
        """Return the descriptions of some values."""
        return [self.describe(value) for value in values]

    def pairs(self, values: Any) -> list[list[Any]]:
        """Return the descriptions of some pairs."""
        return [[self.describe(key), self.describe(value)] for key, value in values]

    def _describe(self, value: Any) -> Any:
        for kind in type(value).__mro__:
            known = LIBRARY_KINDS.get((kind.__module__.partition(".")[0], kind.__name__))
            if known is not None:
                try:
                    return known(value, self)
                except (UntransportableError, RecursionError):
                    raise
                except Exception as error:
                    message = f"a {type(value).__name__} cannot be looked into: {error}"
                    raise UntransportableError(message) from error
        for kinds, describe in _KINDS:
            if isinstance(value, kinds):
                return describe(value, self)
        return self._object(value)

    def _object(self, value: Any) -> Any:
        name = type(value).__name__
        fields = getattr(type(value), "__dataclass_fields__", None)
        attributes = getattr(value, "__dict__", None)
        if isinstance(fields, dict):
            attributes = {field: getattr(value, field) for field in fields}
        elif not isinstance(attributes, dict):
            slots = [
                slot
                for kind in type(value).__mro__
                for slot in _as_list(getattr(kind, "__slots__", ()))
            ]
            attributes = {slot: getattr(value, slot) for slot in slots if hasattr(value, slot)}
        if not attributes:
            text = str(value)
            return ["opaque", name] if " at 0x" in text else ["text", name, self.describe(text)]
        public = ((key, item) for key, item in attributes.items() if not key.startswith("__"))
        return ["record", name, self.pairs(sorted(public))]


def _as_list(slots: Any) -> list[str]:
    return [slots] if isinstance(slots, str) else list(slots)


def _iterated(value: Any, describer: Describer) -> Any:
    return ["iterator", describer.all(islice(value, MAX_ITERATED))]


def _named_tuple(value: Any, describer: Describer) -> Any:
    return ["tuple", describer.all(tuple(value))]


_KINDS: tuple[tuple[Any, Callable[[Any, Describer], Any]], ...] = (
    (bool, lambda value, _: bool(value)),
    (int, lambda value, _: int(value)),
    (float, lambda value, _: float(value)),
    (str, lambda value, describer: describer.describe(str.__str__(value))),
    (complex, lambda value, _: ["complex", value.real, value.imag]),
    ((bytes, bytearray, memoryview), lambda value, _: ["bytes", bytes(value).hex()]),
    (tuple, _named_tuple),
    (list, lambda value, describer: ["list", describer.all(value)]),
    (range, lambda value, describer: ["range", describer.all(islice(value, MAX_ITERATED))]),
    (
        Mapping,
        lambda value, describer: ["dict", describer.pairs(value.items())],
    ),
    (Set, lambda value, describer: ["set", describer.all(value)]),
    (type({}.values()), lambda value, describer: ["list", describer.all(value)]),
    (io.StringIO, lambda value, _: ["text stream", value.getvalue()]),
    (io.BytesIO, lambda value, _: ["byte stream", value.getvalue().hex()]),
    (io.IOBase, lambda value, describer: ["file", describer.describe(str(value.name))]),
    (Iterator, _iterated),
    (os.PathLike, lambda value, describer: ["path", describer.describe(str(os.fspath(value)))]),
    (BaseException, lambda value, _: ["exception", type(value).__name__]),
    (type, lambda value, _: ["class", value.__name__]),
    (types.ModuleType, lambda *_: ["opaque", "module"]),
    (
        (
            *(types.FunctionType, types.BuiltinFunctionType, types.MethodType),
            *(types.CoroutineType, types.AsyncGeneratorType),
        ),
        lambda *_: ["opaque", "function"],
    ),
    (Sequence, lambda value, describer: ["list", describer.all(value)]),
)
