"""Functions as arguments: pure ones, of as many arguments as they are called with.

A function is drawn as its text, so that the call shown can be made again.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from stepcheck.server.judge.evidence.domain.domain import Place
from stepcheck.server.judge.evidence.domain.features import Feature
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.planning.made import Made, type_name
from stepcheck.server.judge.languages.python.source import SourceError, parse

_PREDICATE_NAME = re.compile(
    r"(?:^|_)(?:pred|predicate|cond|condition|filter|test|is|check|keep|accept|matches)(?:_|$)"
)
_PREDICATE_WORDS = re.compile(
    r"\bpredicates?\b|\bconditions?\b|\bsatisf\w+|\bboolean\s+function|\breturns?\s+(?:True|False)\b"
)
_OPEN = -1
"""The count of a call that says none."""

_ANY_COUNT = ("lambda *given: given", "lambda *given: len(given)", "lambda *given: given[::-1]")
_PREDICATES = {
    1: (
        "lambda x: x > 2",
        "lambda x: x % 2 == 0",
        "lambda x: x < 0",
        "lambda x: len(x) > 2",
        "lambda x: 'a' in x",
        "lambda x: True",
        "lambda x: False",
    ),
    2: ("lambda x, y: x < y", "lambda x, y: x == y", "lambda x, y: True", "lambda x, y: False"),
}
_FUNCTIONS = {
    0: ("lambda: 3", "lambda: 'a'", "lambda: [1, 2]"),
    1: (
        "lambda x: x",
        "lambda x: -x",
        "lambda x: x * 2 + 1",
        "lambda x: x % 3",
        "lambda x: x[::-1]",
        "lambda x: x + x",
        "str",
        "len",
    ),
    2: (
        "lambda x, y: x + y",
        "lambda x, y: x - y",
        "lambda x, y: x * 2 + y",
        "lambda x, y: x",
        "lambda x, y: y",
        "max",
    ),
    3: ("lambda x, y, z: x + y + z", "lambda x, y, z: x - y * z", "lambda x, y, z: z"),
}
_KEYS = ("lambda x: x", "lambda x: -x", "lambda x: x[::-1]", "str")
"""Functions to sort by: equal for equal items alone, as nobody says which of two comes first."""

_RETURNING = {
    "int": ("lambda x: x", "lambda x: -x", "lambda x: x * 2 + 1", "len"),
    "str": ("str", "lambda x: x", "lambda x: str(x) * 2", "lambda x: 'a'"),
}


@dataclass(frozen=True, slots=True)
class Calling:
    """How a function is called that code is given: with so many arguments, to decide, to sort by.

    The `count` is None where it may be any.
    """

    count: int | None
    is_predicate: bool = False
    is_key: bool = False
    returned: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Functions that can be called so."""
        if self.is_predicate and self.count in _PREDICATES:
            return _PREDICATES[self.count]
        if self.is_key:
            return _KEYS
        if self.count == 1 and self.returned in _RETURNING:
            return _RETURNING[self.returned]
        return _FUNCTIONS.get(self.count, _ANY_COUNT) if self.count is not None else _ANY_COUNT


def function_for(parameter: Parameter, sources: Sequence[str]) -> Made | None:
    """Return how to make the functions that a parameter takes; None if it takes none.

    Its type tells, or the solution, which is the first of the `sources` and calls it.
    """
    calling = _annotated(parameter.annotation) or Calling(None)
    kind, _ = type_name(parameter.annotation)
    found = _used(parameter.name, sources[0])
    if kind not in ("Callable", "") or (kind == "" and found is None):
        return None
    if found is not None:
        count = found.count if calling.count is None else calling.count
        calling = replace(found, count=count, returned=calling.returned)
    is_said = not calling.is_key and any(
        map(_PREDICATE_WORDS.search, (parameter.said, *sources[1:]))
    )
    if _PREDICATE_NAME.search(parameter.name) or calling.returned == "bool" or is_said:
        calling = replace(calling, is_predicate=True)
    return make_function(calling, may_be_none=parameter.admits_none)


def make_function(calling: Calling, *, may_be_none: bool = False) -> Made:
    """Return how to make functions that are called so."""
    texts = [*calling.texts, *(["None"] if may_be_none else [])]
    known = Place((), None, frozenset(Feature))
    return Made("eval({0})", (st.sampled_from(texts),), places=(known,))


def calling_of(given: ast.expr) -> Calling | None:
    """Return how a function is called that an example gives as lambda."""
    match given:
        case ast.Lambda(args=ast.arguments(args=taken, vararg=None, kwonlyargs=[]), body=body):
            decides = isinstance(body, ast.Compare | ast.BoolOp) or (
                isinstance(body, ast.UnaryOp) and isinstance(body.op, ast.Not)
            )
            return Calling(len(taken), decides)
    return None


def _annotated(annotation: ast.expr | None) -> Calling | None:
    kind, inner = type_name(annotation)
    if kind != "Callable":
        return None
    match inner:
        case [ast.List(elts=taken), returned]:
            return Calling(len(taken), returned=type_name(returned)[0])
        case [_, returned]:
            return Calling(None, returned=type_name(returned)[0])
    return Calling(None)


def _used(name: str, source: str) -> Calling | None:
    """Return how code calls what it knows by a name; None where it does not."""
    try:
        tree = parse(source)
    except SourceError:
        return None
    nodes = list(ast.walk(tree))
    counts = [count for node in nodes for count in _counts(node, name)]
    if not counts:
        return None
    decides = any(_is_call(test, name) for node in nodes for test in _tests(node))
    is_filter = any(_takes_first(node, "filter", name) for node in nodes)
    is_key = any(_is_key(node, name) for node in nodes)
    return Calling(counts[0] if counts[0] >= 0 else None, decides or is_filter, is_key)


def _counts(node: ast.AST, name: str) -> Iterator[int]:
    """Yield with how many arguments a call gives to a name, itself or by who is given it."""
    match node:
        case ast.Call(func=ast.Name(id=called), args=given, keywords=keywords) if called == name:
            is_open = any(isinstance(one, ast.Starred) for one in given) or keywords
            yield _OPEN if is_open else len(given)
        case ast.Call(args=given):
            if _takes_first(node, "map", name):
                yield len(given) - 1
            if _is_key(node, name) or _takes_first(node, "filter", name):
                yield 1
            if _takes_first(node, "reduce", name):
                yield 2


def _is_key(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and any(
        one.arg == "key" and _is_name(one.value, name) for one in node.keywords
    )


def _takes_first(node: ast.AST, taker: str, name: str) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called), args=[first, *_]):
            return called == taker and _is_name(first, name)
    return False


def _tests(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return [test]
        case ast.comprehension(ifs=tests):
            return tests
    return []


def _is_call(test: ast.expr, name: str) -> bool:
    """Tell whether a condition is a call of a name, or is made of such by `not`, `and`, `or`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_call(operand, name)
        case ast.BoolOp(values=values):
            return any(_is_call(value, name) for value in values)
        case ast.Call(func=function):
            return _is_name(function, name)
    return False


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
