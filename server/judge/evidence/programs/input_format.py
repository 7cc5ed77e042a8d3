"""The format of a program's input: lines of values, some repeated as often as a value says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

_MAX_REPETITIONS = 5_000


class Kind(Enum):
    """What a value is; `WORD` is without blanks, `TEXT` is a line."""

    INTEGER = auto()
    REAL = auto()
    WORD = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class Count:
    """How many: the value of a variable, or 1 without one, times `factor`, plus `offset`."""

    variable: str | None = None
    factor: int = 1
    offset: int = 0

    def of(self, values: Mapping[str, object]) -> int | None:
        """Return how many, or None where the variable has no value that counts."""
        if self.variable is None:
            return self.factor + self.offset
        value = values.get(self.variable)
        return self.factor * value + self.offset if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class Field:
    """Values in a line: one, or a series of `count`; `length` is that of each word, if known."""

    name: str
    kind: Kind
    count: Count | None = None
    length: Count | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line with fields between blanks."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Items as often as a count says."""

    count: Count
    items: tuple["Item", ...]


Item = Line | Repeat


@dataclass(frozen=True, slots=True)
class Observation:
    """A value that a variable has in an input; for a word with the length that it should have."""

    field: Field
    value: object
    values: Mapping[str, object]


class MismatchError(Exception):
    """An input has another format."""


def read_input(items: Sequence[Item], text: str, *, loosely: bool = False) -> list[Observation]:
    """Return the values of an input, in order; raises `MismatchError` if it has another format.

    Blank lines count for nothing. Read `loosely`, numbers and words are whatever they look like.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    reader = _Reader(iter(lines), loosely=loosely)
    reader.read(items)
    if reader.next_line() is not None:
        raise MismatchError
    return reader.found


class _Reader:
    """Reads the values of an input, line by line."""

    def __init__(self, lines: Iterator[str], *, loosely: bool) -> None:
        self._lines = lines
        self._loosely = loosely
        self._values: dict[str, object] = {}
        self.found: list[Observation] = []

    def next_line(self) -> str | None:
        return next(self._lines, None)

    def read(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Line):
                self._read_line(item)
                continue
            count = item.count.of(self._values)
            if count is None or not 0 <= count <= _MAX_REPETITIONS:
                raise MismatchError
            for _ in range(count):
                self.read(item.items)

    def _read_line(self, line: Line) -> None:
        sizes = [self._size(field) for field in line.fields] if len(line.fields) == 1 else []
        if sizes == [0]:
            # There is an empty line, or none.
            return
        text = self.next_line()
        if text is None:
            raise MismatchError
        if len(line.fields) == 1 and line.fields[0].kind is Kind.TEXT:
            self._keep(line.fields[0], text)
            return
        tokens = iter(text.split())
        forget(line, self._values)
        for field in line.fields:
            for _ in range(self._size(field)):
                self._keep(field, self._value(field, next(tokens, None)))
        if next(tokens, None) is not None:
            raise MismatchError

    def _size(self, field: Field) -> int:
        if field.count is None:
            return 1
        size = field.count.of(self._values)
        if size is None or size < 0:
            raise MismatchError
        return size

    def _value(self, field: Field, token: str | None) -> object:
        if token is None:
            raise MismatchError
        if self._loosely and field.kind is not Kind.WORD:
            return _look_like(token)
        try:
            match field.kind:
                case Kind.INTEGER:
                    return int(token)
                case Kind.REAL:
                    return float(token)
        except ValueError:
            raise MismatchError from None
        return token

    def _keep(self, field: Field, value: object) -> None:
        if field.length is not None and isinstance(value, str):
            wanted = field.length.of(self._values)
            if wanted is not None and wanted != len(value):
                raise MismatchError
        self._values[field.name] = value
        if isinstance(value, str):
            self._values[f"|{field.name}|"] = len(value)
        self.found.append(Observation(field, value, dict(self._values)))


def forget(line: Line, values: dict[str, object]) -> None:
    """Drop what the fields of a line were the last time that it was repeated."""
    for field in line.fields:
        for name in (field.name, f"|{field.name}|"):
            values.pop(name, None)


def _look_like(token: str) -> object:
    for kind in (int, float):
        try:
            return kind(token)
        except ValueError:
            continue
    return token


def with_kinds(items: Sequence[Item], kinds: Mapping[str, Kind]) -> tuple[Item, ...]:
    """Return a format whose fields are of these kinds, by name."""
    return _map(items, lambda field: replace(field, kind=kinds.get(field.name, field.kind)))


def with_lengths(items: Sequence[Item], lengths: Mapping[str, Count]) -> tuple[Item, ...]:
    """Return a format whose words have these lengths, by name, if they had none."""
    return _map(items, lambda field: replace(field, length=field.length or lengths.get(field.name)))


def _map(items: Sequence[Item], change: Callable[[Field], Field]) -> tuple[Item, ...]:
    return tuple(
        Line(tuple(map(change, item.fields)))
        if isinstance(item, Line)
        else Repeat(item.count, _map(item.items, change))
        for item in items
    )


def fields_of(items: Sequence[Item]) -> Iterator[Field]:
    """Yield the fields of a format, in order."""
    for item in items:
        if isinstance(item, Line):
            yield from item.fields
        else:
            yield from fields_of(item.items)


def counts_of(items: Sequence[Item]) -> Iterator[Count]:
    """Yield the counts that a format depends on."""
    for item in items:
        if isinstance(item, Line):
            for field in item.fields:
                yield from (each for each in (field.count, field.length) if each)
        else:
            yield item.count
            yield from counts_of(item.items)
