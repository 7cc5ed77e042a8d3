"""Calls of examples with places for other values."""

import ast
import copy
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from stepcheck.server.judge.evidence.candidate_session import is_plain, parse_call
from stepcheck.server.judge.evidence.inputs import Values
from stepcheck.server.judge.languages.python.source import SourceError, parse

_PLACE = "_place_{}"
_MAX_CALLS = 200


@dataclass(frozen=True)
class Template:
    """An expression in which the values of the arguments are left open, in `count` places."""

    _expression: ast.expr
    count: int

    def fill(self, values: Values) -> ast.expr:
        """Return the expression with copies of the values in its places."""
        by_name = {_PLACE.format(number): value for number, value in enumerate(values)}

        def put(node: ast.expr) -> ast.expr | None:
            if isinstance(node, ast.Name) and node.id in by_name:
                return ast.Constant(copy.deepcopy(by_name[node.id]))
            return None

        return _replaced(self._expression, put)

    def show(self, values: Values) -> str:
        """Return the expression as Python text."""
        return ast.unparse(self.fill(values))


def read_templates(
    sources: Iterable[str], names: Collection[str]
) -> tuple[Template, list[Values]] | None:
    """Return the template that most of the calls share, with the values of each; None for none.

    Only calls that use no names but those given count.
    """
    found: dict[str, tuple[Template, list[Values]]] = {}
    for source in sources:
        expression = parse_call(source)
        if expression is None or not _names(expression) <= {*names, "nodes"}:
            continue
        template, values = _open(expression)
        _, shown = found.setdefault(ast.dump(template._expression), (template, []))
        if values and repr(values) not in map(repr, shown):
            shown.append(values)
    return max(found.values(), key=lambda each: len(each[1]), default=None)


def find_calls(tests: str) -> list[str]:
    """Return the calls in the text of tests, of which any may be one of the code tested."""
    try:
        tree = parse(tests)
    except SourceError:
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [ast.unparse(call) for call in islice(calls, _MAX_CALLS)]


def _names(expression: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def call_template(calls: Sequence[tuple[str, int]]) -> Template:
    """Return the template of calls on each other's results: `[("Stack", 0), (".push", 1)]`."""
    text, number = "", 0
    for name, count in calls:
        places = ", ".join(_PLACE.format(number + place) for place in range(count))
        text, number = f"{text}{name}({places})", number + count
    return Template(ast.parse(text, mode="eval").body, number)


def _open(expression: ast.expr) -> tuple[Template, Values]:
    values: list[object] = []

    def leave_open(node: ast.expr) -> ast.expr | None:
        if not is_plain(node):
            return None
        values.append(ast.literal_eval(node))
        return ast.Name(_PLACE.format(len(values) - 1), ast.Load())

    opened = _replaced(expression, leave_open)
    return Template(opened, len(values)), tuple(values)


def _replaced(node: ast.expr, replace: Callable[[ast.expr], ast.expr | None]) -> ast.expr:
    """Return the expression with those arguments of its calls replaced that are to be."""
    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords):
            return ast.Call(
                _replaced(function, replace),
                _all_replaced(arguments, replace),
                [ast.keyword(one.arg, _put(one.value, replace)) for one in keywords],
            )
        case ast.Attribute(value=value, attr=name):
            return ast.Attribute(_replaced(value, replace), name, ast.Load())
        case ast.BoolOp(op=operator, values=[first, *rest]):
            return ast.BoolOp(operator, [_replaced(first, replace), *rest])
    return node


def _all_replaced(
    nodes: Sequence[ast.expr], replace: Callable[[ast.expr], ast.expr | None]
) -> list[ast.expr]:
    return [_put(node, replace) for node in nodes]


def _put(node: ast.expr, replace: Callable[[ast.expr], ast.expr | None]) -> ast.expr:
    replaced = replace(node)
    return _replaced(node, replace) if replaced is None else replaced
