"""What an example is, how it was read, and what is known of the functions it may be about."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum

from stepcheck.server.judge.languages.python.source import functions
from stepcheck.server.sandbox.sandbox import Check


class Reading(StrEnum):
    """How sure it is that a text means what was read.

    `STRICT` is a form with one meaning: a call, a relation, a literal. `LOOSE` took a guess: a word
    without quotes, a formula, values without names.
    """

    STRICT = "strict"
    LOOSE = "loose"

    def combined(self, other: "Reading") -> "Reading":
        """Return the less sure of both."""
        return self if self is Reading.LOOSE else other


@dataclass(frozen=True, slots=True)
class Example:
    """A check that a text states, and how it was read."""

    check: Check
    reading: Reading = Reading.STRICT


class ValueKind(Enum):
    """Whether a value is a text, as far as a signature says, or other examples show."""

    UNKNOWN = "unknown"
    TEXT = "text"
    SHOWN_AS_TEXT = "shown as text"
    OTHER = "other"

    @property
    def allows_words(self) -> bool:
        """Whether a word without quotation marks may be such a value."""
        return self in (ValueKind.TEXT, ValueKind.SHOWN_AS_TEXT)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that takes a value by position; optional if it has a default."""

    name: str
    kind: ValueKind = ValueKind.UNKNOWN
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """A function that examples may be about."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    result: ValueKind = ValueKind.UNKNOWN

    def takes(self, count: int) -> bool:
        """Tell whether so many values are enough, and not too many."""
        needed = sum(not parameter.is_optional for parameter in self.parameters)
        return needed <= count <= len(self.parameters)

    def find(self, name: str) -> Parameter | None:
        """Return the parameter of that name."""
        return next((one for one in self.parameters if one.name == name), None)


def signatures_of(tree: ast.Module) -> tuple[Signature, ...]:
    """Return the signatures of a module's functions; of those with one name, the last.

    First come names that are given a lambda, or what a call makes, which may be called, too.
    """
    found: dict[str, Signature] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=taken)):
                needed = len(taken.args) - len(taken.defaults)
                found[name] = Signature(
                    name,
                    tuple(
                        Parameter(one.arg, is_optional=place >= needed)
                        for place, one in enumerate(taken.args)
                    ),
                )
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
                found[name] = Signature(name)
    for function in functions(tree):
        found.pop(function.name, None)
        given = [*function.args.posonlyargs, *function.args.args]
        needed = len(given) - len(function.args.defaults)
        found[function.name] = Signature(
            function.name,
            tuple(
                Parameter(one.arg, _kind(one.annotation), is_optional=place >= needed)
                for place, one in enumerate(given)
            ),
            _kind(function.returns),
        )
    return tuple(found.values())


def with_last(known: Sequence[Signature], name: str | None) -> tuple[Signature, ...]:
    """Return the signatures, that of `name` last: prose without a name is about the last."""
    return tuple(sorted(known, key=lambda one: one.name == name))


def _kind(annotation: ast.expr | None) -> ValueKind:
    match annotation:
        case None:
            return ValueKind.UNKNOWN
        case ast.Name(id=name) | ast.Constant(value=str(name)):
            if name in ("str", "AnyStr"):
                return ValueKind.TEXT
            return ValueKind.UNKNOWN if name in ("Any", "object") else ValueKind.OTHER
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _kind(inner)
        case ast.Subscript(value=ast.Name(id="Union")) | ast.BinOp():
            return ValueKind.UNKNOWN
    return ValueKind.OTHER
