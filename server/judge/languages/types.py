"""The types that declarations name, as far as they say which values are possible."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """What values a type has; `ANY` where they carry their own type, `UNKNOWN` if not known."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    REAL = "real"
    CHARACTER = "character"
    TEXT = "text"
    SEQUENCE = "sequence"
    TUPLE = "tuple"
    MAPPING = "mapping"
    OPTIONAL = "optional"
    ANY = "any"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Type:
    """A type with those of its parts; `bits` of an integer (negative: unsigned), `length` if fixed.

    A `nullable` type has a null beside its values.
    """

    sort: Sort
    parts: tuple["Type", ...] = ()
    bits: int = 64
    length: int | None = None
    nullable: bool = False

    def part(self, index: int = 0) -> "Type":
        """Return the type of a part; of a sequence, every item's."""
        if self.sort is Sort.ANY:
            return self
        if self.sort is Sort.TUPLE and index < len(self.parts):
            return self.parts[index]
        return self.parts[0] if self.parts and self.sort is not Sort.TUPLE else UNKNOWN


ANY = Type(Sort.ANY, nullable=True)
UNKNOWN = Type(Sort.UNKNOWN)


def samples(wanted: Type) -> tuple[object, ...]:
    """Return a few ordinary values of the type, or none if it is not known well enough."""
    match wanted.sort:
        case Sort.BOOLEAN:
            return (True, False, True)
        case Sort.INTEGER:
            return (3, 1, 12)
        case Sort.REAL:
            return (2.5, 1.0, 0.75)
        case Sort.CHARACTER:
            return ("a", "b", "c")
        case Sort.TEXT:
            return ("abcdef", "hello", "a")
        case Sort.SEQUENCE if wanted.length is None:
            items = samples(wanted.part())
            return ([*items], [*items[::-1], *items], [*items[:1]]) if items else ()
    return ()


def can_hold(wanted: Type, value: object) -> bool | None:
    """Return whether the type has that value of Python, or None where that is not known."""
    if wanted.sort is Sort.UNKNOWN:
        return None
    if value is None:
        return wanted.nullable
    match wanted.sort:
        case Sort.ANY:
            return True
        case Sort.BOOLEAN:
            return isinstance(value, bool)
        case Sort.INTEGER:
            return type(value) is int and _fits(value, wanted.bits)
        case Sort.REAL:
            return type(value) in (int, float)
        case Sort.CHARACTER:
            return isinstance(value, str) and len(value) == 1
        case Sort.TEXT:
            return isinstance(value, str)
        case Sort.OPTIONAL:
            return can_hold(wanted.part(), value)
        case Sort.SEQUENCE | Sort.TUPLE:
            return _can_hold_items(wanted, value)
        case Sort.MAPPING if isinstance(value, dict):
            key, item = wanted.parts
            return _all_hold(
                [can_hold(key, one) for one in value]
                + [can_hold(item, one) for one in value.values()]
            )
    return False


def _can_hold_items(wanted: Type, value: object) -> bool | None:
    if value == {}:
        return wanted.sort is Sort.SEQUENCE and not wanted.length
    if not isinstance(value, list | tuple | set | frozenset):
        return False
    length = len(wanted.parts) if wanted.sort is Sort.TUPLE else wanted.length
    if length is not None and len(value) != length:
        return False
    return _all_hold([can_hold(wanted.part(i), item) for i, item in enumerate(value)])


def _all_hold(each: list[bool | None]) -> bool | None:
    return False if False in each else None if None in each else True


def _fits(value: int, bits: int) -> bool:
    if bits < 0:
        return 0 <= value < 1 << -bits
    return -(1 << bits - 1) <= value < 1 << bits - 1


@dataclass(frozen=True, slots=True)
class Term:
    """A name with those in its angle brackets, such as `map<string, int>`."""

    name: str
    arguments: tuple["Term", ...] = ()
    dimensions: int = 0


_TOKEN = re.compile(r"[\w.]+|::|\[\s*\]|[<>,?&*]|\.\.\.")


def read_term(text: str) -> Term | None:
    """Return what `text` says, or None if it is no name with angle brackets."""
    tokens = _TOKEN.findall(text.replace("::", "."))
    term, rest = _read_term(tokens)
    return term if not rest else None


def _read_term(tokens: list[str]) -> tuple[Term | None, list[str]]:
    words: list[str] = []
    while tokens and (tokens[0][0].isalnum() or tokens[0][0] in "_?"):
        words.append(tokens[0])
        tokens = tokens[1:]
    arguments: list[Term] = []
    if tokens[:1] == ["<"]:
        while tokens and tokens[0] in "<,":
            term, tokens = _read_term(tokens[1:])
            if term is None:
                return None, tokens
            if term.name:
                arguments.append(term)
        if tokens[:1] != [">"]:
            return None, tokens
        tokens = tokens[1:]
    dimensions = 0
    while tokens and tokens[0] not in "<>,":
        dimensions += tokens[0][0] == "["
        tokens = tokens[1:]
    return Term(" ".join(words), tuple(arguments), dimensions), tokens
