"""Reads and writes the few parts of a WebAssembly module that are rearranged here.

Source: WebAssembly Core Specification, chapter 5 (binary format).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

_HEADER = b"\0asm\x01\0\0\0"
_I32_CONST = 0x41
_END = 0x0B
_FUNCREF = 0x70
_FUNCTION_TYPE = 0x60
_LIMITS_WITH_MAXIMUM = 0x01


class WasmFormatError(Exception):
    """The bytes are not a module of the expected shape."""


class SectionId(IntEnum):
    """The numbers of the sections used here."""

    TYPE = 1
    IMPORT = 2
    FUNCTION = 3
    TABLE = 4
    GLOBAL = 6
    EXPORT = 7
    ELEMENT = 9
    CODE = 10


class ExternalKind(IntEnum):
    """What an import or an export is."""

    FUNCTION = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3
    TAG = 4


@dataclass(frozen=True, slots=True)
class Export:
    """A name the module offers, and the index of what it names."""

    name: str
    kind: ExternalKind
    index: int


@dataclass(frozen=True, slots=True)
class ImportedFunction:
    """A function the module imports, and the index of its type."""

    name: str
    type_index: int


@dataclass(frozen=True, slots=True)
class FunctionType:
    """The types of parameters and results, each a byte of the binary format."""

    parameters: bytes
    results: bytes

    def encode(self) -> bytes:
        """Return the type as it stands in a module."""
        sizes = [encode_number(len(part)) for part in (self.parameters, self.results)]
        return bytes((_FUNCTION_TYPE,)) + sizes[0] + self.parameters + sizes[1] + self.results


@dataclass(frozen=True, slots=True)
class Section:
    """A section as it stands in the module, without its header."""

    identifier: int
    content: bytes


@dataclass(frozen=True, slots=True)
class WasmModule:
    """A module as the list of its sections."""

    sections: tuple[Section, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Split a binary module into sections. Raises `WasmFormatError`."""
        if not data.startswith(_HEADER):
            raise WasmFormatError("this is no WebAssembly module of version 1")
        reader = _Reader(data, len(_HEADER))
        sections = []
        while not reader.at_end:
            identifier = reader.byte()
            sections.append(Section(identifier, reader.take(reader.number())))
        return cls(tuple(sections))

    def serialize(self) -> bytes:
        """Return the binary module."""
        parts = [_HEADER]
        for section in self.sections:
            parts += [bytes((section.identifier,)), encode_number(len(section.content))]
            parts.append(section.content)
        return b"".join(parts)

    def content(self, identifier: SectionId) -> bytes:
        """Return the content of the one section of this kind. Raises `WasmFormatError`."""
        found = [section.content for section in self.sections if section.identifier == identifier]
        if len(found) != 1:
            raise WasmFormatError(f"{len(found)} sections {identifier.name}, expected 1")
        return found[0]

    def replace(self, identifier: SectionId, content: bytes) -> Self:
        """Return the module with other content in the one section of this kind."""
        self.content(identifier)
        return type(self)(
            tuple(
                Section(identifier, content) if section.identifier == identifier else section
                for section in self.sections
            )
        )

    def exports(self) -> list[Export]:
        """Return what the module exports, in order."""
        reader = _Reader(self.content(SectionId.EXPORT))
        return [
            Export(reader.name(), ExternalKind(reader.byte()), reader.number())
            for _ in range(reader.number())
        ]

    def with_exports(self, exports: Sequence[Export]) -> Self:
        """Return the module with other exports."""
        parts = [encode_number(len(exports))]
        for export in exports:
            parts += [encode_name(export.name), bytes((export.kind,))]
            parts.append(encode_number(export.index))
        return self.replace(SectionId.EXPORT, b"".join(parts))

    def function_types(self) -> list[FunctionType]:
        """Return the types of the module, which must be of functions."""
        reader = _Reader(self.content(SectionId.TYPE))
        types = []
        for _ in range(reader.number()):
            if reader.byte() != _FUNCTION_TYPE:
                raise WasmFormatError("expected types of functions only")
            parameters = reader.take(reader.number())
            types.append(FunctionType(parameters, reader.take(reader.number())))
        return types

    def imported_functions(self) -> list[ImportedFunction]:
        """Return the functions the module imports, in order."""
        return [
            ImportedFunction(name, reader.number())
            for name, kind, reader in self._imports()
            if kind is ExternalKind.FUNCTION
        ]

    def imported_global_count(self) -> int:
        """Return how many globals are imported: they come first in the index space."""
        return sum(kind is ExternalKind.GLOBAL for _, kind, _ in self._imports())

    def _imports(self) -> Iterator[tuple[str, ExternalKind, "_Reader"]]:
        """Yield name and kind of each import, and a reader of what is said of it."""
        reader = _Reader(self.content(SectionId.IMPORT))
        for _ in range(reader.number()):
            reader.name()
            name, kind = reader.name(), ExternalKind(reader.byte())
            description = _Reader(reader.description(kind))
            yield name, kind, description

    def global_values(self) -> list[int]:
        """Return the initial value of each own global; all must be 32-bit constants."""
        reader = _Reader(self.content(SectionId.GLOBAL))
        values = []
        for _ in range(reader.number()):
            reader.take(2)
            values.append(reader.constant())
        return values

    def table_size(self) -> int:
        """Return the initial number of elements of the one function table."""
        reader = _Reader(self.content(SectionId.TABLE))
        if reader.number() != 1 or reader.byte() != _FUNCREF:
            raise WasmFormatError("expected one table of functions")
        minimum, maximum = reader.limits()
        if maximum is not None:
            raise WasmFormatError("the function table cannot grow: it has a maximum")
        return minimum

    def with_imported_table(self, module: str, name: str) -> Self:
        """Return the module with its one function table imported under a name."""
        size = encode_number(self.table_size())
        described = bytes((ExternalKind.TABLE, _FUNCREF, 0)) + size
        entry = encode_name(module) + encode_name(name) + described
        imports = _Reader(self.content(SectionId.IMPORT))
        count = imports.number()
        changed = self.replace(SectionId.IMPORT, encode_number(count + 1) + imports.rest() + entry)
        kept = (each for each in changed.sections if each.identifier != SectionId.TABLE)
        return type(self)(tuple(kept))

    def functions_in_table(self) -> dict[int, int]:
        """Map the index of each function in the one function table to its place there."""
        reader = _Reader(self.content(SectionId.ELEMENT))
        places: dict[int, int] = {}
        for _ in range(reader.number()):
            if reader.number() != 0:
                raise WasmFormatError("expected segments of the first table, of plain functions")
            first = reader.constant()
            for place in range(first, first + reader.number()):
                places.setdefault(reader.number(), place)
        return places

    def with_functions_in_table(self, functions: Iterable[int]) -> tuple[Self, int]:
        """Append functions to the one function table.

        `functions` are function indices. Returns the module and the table index of the first.
        """
        functions = list(functions)
        first = self.table_size()
        table = bytes((1, _FUNCREF, 0)) + encode_number(first + len(functions))
        elements = _Reader(self.content(SectionId.ELEMENT))
        count = elements.number()
        segment = b"".join(
            (
                bytes((0, _I32_CONST)),
                encode_signed_number(first),
                bytes((_END,)),
                encode_number(len(functions)),
                *map(encode_number, functions),
            )
        )
        grown = encode_number(count + 1) + elements.rest() + segment
        return self.replace(SectionId.TABLE, table).replace(SectionId.ELEMENT, grown), first


def encode_number(value: int) -> bytes:
    """Encode an unsigned number as LEB128."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def encode_name(text: str) -> bytes:
    """Encode a name: its length in bytes, and UTF-8."""
    encoded = text.encode()
    return encode_number(len(encoded)) + encoded


def encode_vector(items: Sequence[bytes]) -> bytes:
    """Encode a vector of encoded items."""
    return encode_number(len(items)) + b"".join(items)


def encode_section(identifier: SectionId, items: Sequence[bytes]) -> Section:
    """Return a section that is a vector of encoded items."""
    return Section(identifier, encode_vector(items))


def encode_signed_number(value: int) -> bytes:
    """Encode a signed number as LEB128."""
    encoded = bytearray()
    while not -0x40 <= value < 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value & 0x7F)
    return bytes(encoded)


class _Reader:
    """A position in bytes that moves on as things are read."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self._position = position

    @property
    def at_end(self) -> bool:
        return self._position == len(self._data)

    def take(self, length: int) -> bytes:
        end = self._position + length
        if end > len(self._data):
            raise WasmFormatError("the module ends in the middle of something")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._position)

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed_number(self) -> int:
        start = self._position
        value = self.number()
        bits = 7 * (self._position - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def name(self) -> str:
        return self.take(self.number()).decode()

    def description(self, kind: ExternalKind) -> bytes:
        """Take what an import says of its kind."""
        start = self._position
        if kind is ExternalKind.FUNCTION:
            self.number()
        elif kind is ExternalKind.GLOBAL:
            self.take(2)
        elif kind is ExternalKind.TAG:
            self.byte()
            self.number()
        else:
            if kind is ExternalKind.TABLE:
                self.byte()
            self.limits()
        return self._data[start : self._position]

    def limits(self) -> tuple[int, int | None]:
        flags = self.byte()
        minimum = self.number()
        return minimum, self.number() if flags & _LIMITS_WITH_MAXIMUM else None

    def constant(self) -> int:
        if self.byte() != _I32_CONST:
            raise WasmFormatError("expected a constant of 32 bits")
        value = self.signed_number()
        if self.byte() != _END:
            raise WasmFormatError("expected a constant and nothing else")
        return value
