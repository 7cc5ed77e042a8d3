"""Arguments as text with places in it, whose values are drawn."""

import ast
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.domain.domain import Place
from stepcheck.server.sandbox.child.observation import PLACE
from stepcheck.server.sandbox.parsing import parse_expression


@dataclass(frozen=True, slots=True)
class Made:
    """How to make an argument: imports and statements, an expression, and strategies for places.

    In the texts, `{0}`, `{1}`, … stand for the names of the places. Where these are no arguments
    but what files hold, `places` says what is known of them.
    """

    expression: str
    strategies: tuple[SearchStrategy[Any], ...]
    setup: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


def numbered(made: Made, first: int) -> Made:
    """Return it with the names of places from `first` on in its texts."""
    names = [PLACE.format(first + number) for number in range(len(made.strategies))]

    def put(text: str) -> str:
        for number, name in enumerate(names):
            text = text.replace(f"{{{number}}}", name)
        return text

    setup = tuple(map(put, made.setup))
    return Made(put(made.expression), made.strategies, setup, made.places)


def type_name(annotation: ast.expr | None) -> tuple[str, list[ast.expr]]:
    """Return the name of an annotated type, without its module and `Optional`, and its items'."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name, []
        case ast.Subscript(value=value, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if type_name(value)[0] == "Optional":
                return type_name(parts[0])
            return type_name(value)[0], list(parts)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return type_name(left)
        case ast.Constant(value=str(text)):
            try:
                return type_name(parse_expression(text))
            except SyntaxError:
                return "", []
    return "", []
