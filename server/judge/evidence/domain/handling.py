"""What a solution shows to be allowed, because it looks after it: `if not numbers: return 0`."""

import ast
from collections.abc import Iterator

from stepcheck.server.judge.evidence.domain.features import CHARACTERS, Feature
from stepcheck.server.judge.languages.python.source import Function

_CASES = frozenset({Feature.UPPER, Feature.LOWER})
_OF_METHODS = {
    **dict.fromkeys(("lower", "upper", "casefold", "swapcase", "isupper", "islower"), _CASES),
    **dict.fromkeys(("isalpha", "isalnum", "isdigit"), CHARACTERS - {Feature.FOREIGN}),
    "sort": frozenset({Feature.UNSORTED}),
    "count": frozenset({Feature.REPEATED}),
}
_OF_FUNCTIONS = {
    "abs": {Feature.NEGATIVE},
    "sorted": {Feature.UNSORTED},
    "set": {Feature.REPEATED},
    "Counter": {Feature.REPEATED},
}
_BELOW = (ast.Lt, ast.LtE)
_ABOVE = (ast.Gt, ast.GtE)


def handled_features(function: Function, name: str) -> frozenset[Feature]:
    """Return the features of the argument `name` for which the function has code of its own.

    A check that only raises says the contrary, and does not count.
    """
    found: set[Feature] = set()
    for node in ast.walk(function):
        match node:
            case ast.If(test=test, body=body) if not _only_raises(body):
                found.update(_tested(test, name))
            case ast.IfExp(test=test):
                found.update(_tested(test, name))
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _OF_METHODS:
                if _mentions(owner, name) or method.startswith("is"):
                    found |= _OF_METHODS[method]
            case ast.Call(func=ast.Name(id=called), args=[first, *_], keywords=keywords):
                if called in _OF_FUNCTIONS and _mentions(first, name):
                    found |= _OF_FUNCTIONS[called]
                if called in ("max", "min") and any(one.arg == "default" for one in keywords):
                    found.add(Feature.EMPTY)
    return frozenset(found)


def _only_raises(body: list[ast.stmt]) -> bool:
    return isinstance(body[-1], ast.Raise)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def _tested(test: ast.expr, name: str) -> Iterator[Feature]:
    """Yield the features that a condition asks for, or asks not to be there."""
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _tested(value, name)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _tested(operand, name)
        case ast.Name(id=tested) if tested == name:
            yield from (Feature.EMPTY, Feature.ZERO)
        case ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=tested)]) if tested == name:
            yield Feature.EMPTY
        case ast.Compare(left=ast.Name(id=tested), ops=[operator], comparators=[other]) if (
            tested == name
        ):
            yield from _compared(operator, other)
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len"), args=[ast.Name(id=tested)]),
            ops=[operator],
            comparators=[ast.Constant(value=int(number))],
        ) if tested == name:
            yield from _length_compared(operator, number)


def _compared(operator: ast.cmpop, other: ast.expr) -> Iterator[Feature]:
    match other:
        case ast.Constant(value=None):
            yield Feature.NOTHING
        case ast.Constant(value="") | ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Tuple(elts=[]):
            yield Feature.EMPTY
        case ast.Constant(value=0):
            yield Feature.ZERO
            if isinstance(operator, (*_BELOW, *_ABOVE)):
                yield Feature.NEGATIVE
        case ast.Constant(value=1 | 2) if isinstance(operator, _BELOW):
            yield Feature.ZERO
        case ast.UnaryOp(op=ast.USub()):
            yield Feature.NEGATIVE


def _length_compared(operator: ast.cmpop, number: int) -> Iterator[Feature]:
    if number == 0 or isinstance(operator, _BELOW):
        yield Feature.EMPTY
    if number >= 1:
        yield Feature.SINGLE
