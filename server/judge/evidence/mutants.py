"""Small changes of a function, each one wrong almost surely: to see whether inputs tell them apart.

Mutation analysis (DeMillo, Lipton and Sayward, 1978): inputs that tell a program from its mutants
would likely tell it from a right one, if it were wrong.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from stepcheck.server.judge.languages.python.source import Function

_FUTURE = "from __future__ import annotations\n"
"""What annotations mean is known where the module is loaded, and need not be here."""

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A version of a definition as text, and the node of the module that it has otherwise.

    It is to be run in the names of the module.
    """

    source: str
    place: ast.AST


def mutants(tree: ast.Module, function: Function, most: int) -> list[Mutant]:
    """Return up to `most` versions of the function, or its class, each with one change of it."""
    places = [node for node in ast.walk(function) if _changed(node) is not None]
    step = max(1, -(-len(places) // most))
    outer = next(one for one in tree.body if function in ast.walk(one))
    return list(_made(outer, places[::step]))


def _made(outer: ast.stmt, places: list[ast.AST]) -> Iterator[Mutant]:
    for place in places:
        memory: dict[int, object] = {}
        copied = copy.deepcopy(outer, memory)
        node = memory[id(place)]
        changes = _changed(node) if isinstance(node, ast.AST) else None
        for field, value in (changes or {}).items():
            setattr(node, field, value)
        yield Mutant(f"{_FUTURE}{ast.unparse(copied)}", place)


def _changed(node: ast.AST) -> dict[str, object] | None:
    """Return the fields of a node that a mutant has otherwise; None where it has no mutant."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARISONS:
            return {"ops": [_COMPARISONS[type(operator)]()]}
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) if type(operator) in _OPERATORS:
            return {"op": _OPERATORS[type(operator)]()}
        case ast.BoolOp(op=operator):
            return {"op": ast.Or() if isinstance(operator, ast.And) else ast.And()}
        case ast.Constant(value=bool(value)):
            return {"value": not value}
        case ast.Constant(value=int(value)):
            return {"value": value + 1}
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            # The second takes back the first.
            return {"operand": ast.UnaryOp(ast.Not(), operand)}
    return None
