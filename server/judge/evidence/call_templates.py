"""Calls of examples with places for other values, and the statements that prepare them."""

import ast
import builtins
import copy
import doctest
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from stepcheck.server.judge.evidence.candidate_session import is_plain, is_supported
from stepcheck.server.judge.evidence.inputs import Values
from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.sandbox.child.observation import PLACE
from stepcheck.server.sandbox.parsing import parse_expression, parse_module

_MAX_CALLS = 200
_MAX_SETUP = 4_000
_USUAL_NAMES = {
    "np": "import numpy as np",
    "numpy": "import numpy",
    "pd": "import pandas as pd",
    "pandas": "import pandas",
    "plt": "import matplotlib.pyplot as plt",
    "datetime": "import datetime",
    "math": "import math",
    "random": "import random",
    "os": "import os",
    "json": "import json",
    "re": "import re",
}


@dataclass(frozen=True)
class Template:
    """A call in which values are left open, in `count` places, and what prepares it.

    `setup` are statements; places are named as `observation.PLACE` says.
    """

    setup: str
    expression: ast.expr
    count: int

    @property
    def call(self) -> str:
        """The call as text, with the names of its places."""
        return ast.unparse(self.expression)

    @property
    def places(self) -> tuple[int | str | None, ...]:
        """For each place, the position or keyword of the argument that it is, if it is one."""
        found: dict[str, int | str] = {}
        match self.expression:
            case ast.Call(args=arguments, keywords=keywords):
                for position, argument in enumerate(arguments):
                    if isinstance(argument, ast.Name):
                        found[argument.id] = position
                for keyword in keywords:
                    if isinstance(keyword.value, ast.Name) and keyword.arg:
                        found[keyword.value.id] = keyword.arg
        return tuple(found.get(PLACE.format(number)) for number in range(self.count))

    def call_of(self, name: str) -> ast.Call | None:
        """Return the outermost call of a function or method of the name, if there is one."""
        for node in ast.walk(self.expression):
            match node:
                case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
                    if called == name:
                        return node
        return None

    def with_keyword(self, function: str, name: str, argument: str = "{0}") -> "Template":
        """Return the template with one more place, the last, for a keyword of that call.

        In the `argument`, `{0}` stands for the place.
        """
        opened, given = self._with_place(argument)
        call = opened.call_of(function)
        if call is not None:
            call.keywords.append(ast.keyword(name, given))
        return opened

    def with_argument(self, function: str, position: int, argument: str) -> "Template":
        """Return the template with one more place, the last, in another argument of that call."""
        opened, given = self._with_place(argument)
        call = opened.call_of(function)
        if call is not None:
            call.args[position] = given
        return opened

    def _with_place(self, argument: str) -> tuple["Template", ast.expr]:
        given = parse_expression(argument.replace("{0}", PLACE.format(self.count)))
        return Template(self.setup, copy.deepcopy(self.expression), self.count + 1), given

    def show(self, values: Values) -> str:
        """Return what prepares the call and the call, as Python text, on one line if short."""
        lines = [ast.unparse(node) for node in self._filled_setup(values)]
        return "; ".join([*lines, ast.unparse(_filled(self.expression, values))])

    def check_source(self, values: Values) -> str:
        """Return the text of a check that makes the call."""
        lines = [ast.unparse(node) for node in self._filled_setup(values)]
        return "\n".join([*lines, ast.unparse(_filled(self.expression, values))])

    def _filled_setup(self, values: Values) -> list[ast.stmt]:
        return [_filled(statement, values) for statement in parse_module(self.setup).body]


class _Fill(ast.NodeTransformer):
    def __init__(self, values: Values) -> None:
        self._values = {PLACE.format(number): value for number, value in enumerate(values)}

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._values:
            return ast.Constant(copy.deepcopy(self._values[node.id]))
        return node


def _filled(node: Any, values: Values) -> Any:
    return ast.fix_missing_locations(_Fill(values).visit(copy.deepcopy(node)))


def read_templates(
    sources: Iterable[str], names: Collection[str], known: Collection[str] = ()
) -> list[tuple[Template, list[Values]]]:
    """Return the templates of the calls in the sources, with the values of each, commonest first.

    A source may prepare its call by statements before it. Only calls of `names` count, in which
    nothing else occurs but these, what is `known` to the code's module, and what is prepared.
    """
    found: dict[str, tuple[Template, list[Values]]] = {}
    for source in sources:
        opened = _read(source, names, known)
        if opened is None:
            continue
        template, values = opened
        key = template.setup + ast.dump(template.expression)
        _, shown = found.setdefault(key, (template, []))
        if repr(values) not in map(repr, shown):
            shown.append(values)
    return sorted(found.values(), key=lambda each: -len(each[1]))


def find_calls(tests: str) -> list[str]:
    """Return the calls in the text of tests, of which any may be one of the code tested."""
    try:
        tree = parse(tests)
    except SourceError:
        return []
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [ast.unparse(call) for call in islice(calls, _MAX_CALLS)]


def session_sources(text: str) -> Iterator[str]:
    """Yield each statement of the `>>>` sessions in a text, after all that came before it."""
    try:
        examples = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    setup = ""
    for example in islice(examples, _MAX_CALLS):
        yield setup + example.source
        if len(setup) < _MAX_SETUP:
            setup += example.source


def _read(
    source: str, names: Collection[str], known: Collection[str]
) -> tuple[Template, Values] | None:
    try:
        *setup, last = parse(source.strip()).body
    except (SourceError, ValueError):
        return None
    call = _call_in(last, setup, names)
    if call is None:
        return None
    setup = _needed(setup, call, names)
    used = _used_names([*setup, call])
    bound = {*names, *known, *_bound_names([*setup, call]), *vars(builtins), "nodes"}
    missing = used - bound
    if not missing <= _USUAL_NAMES.keys():
        return None
    values: list[object] = []
    opened = [_open_statement(copy.deepcopy(statement), values) for statement in setup]
    expression = _open_call(call, values)
    imports = [_USUAL_NAMES[name] for name in sorted(missing)]
    text = "\n".join([*imports, *(ast.unparse(statement) for statement in opened)])
    return Template(text, expression, len(values)), tuple(values)


def _needed(setup: Sequence[ast.stmt], call: ast.expr, names: Collection[str]) -> list[ast.stmt]:
    """Return the statements without former calls, and values shown, on which nothing depends."""
    kept: list[ast.stmt] = []
    for statement in reversed(setup):
        if isinstance(statement, ast.Expr) and not _calls_method(statement, [*kept, call]):
            continue
        is_former = isinstance(statement, ast.Assign) and _used_names([statement]) & set(names)
        if is_former and not set(_bound_names([statement])) & _used_names([*kept, call]):
            continue
        kept.append(statement)
    return kept[::-1]


def _calls_method(statement: ast.Expr, later: Sequence[ast.AST]) -> bool:
    """Tell whether it calls a method of what is used later, which it may change."""
    match statement.value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
            return name in _used_names(later)
    return False


def _call_in(
    statement: ast.stmt, setup: Sequence[ast.stmt], names: Collection[str]
) -> ast.expr | None:
    """Return the call that a statement makes: all of a plain expression, or the call within."""
    made = _instances(setup, names)
    if isinstance(statement, ast.Expr) and not setup and is_supported(statement.value):
        return statement.value if _used_names([statement]) & set(names) else None
    for node in ast.walk(statement):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id=name) if name in names:
                return node
            case ast.Attribute(value=ast.Name(id=name)) if name in made:
                return node
            case ast.Attribute(value=ast.Call(func=ast.Name(id=name))) if name in names:
                return node
    return None


def _instances(setup: Sequence[ast.stmt], names: Collection[str]) -> set[str]:
    """Return the names of what is made by calls of the `names`."""
    return {
        target.id
        for statement in setup
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        if isinstance(statement.value.func, ast.Name) and statement.value.func.id in names
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _used_names(nodes: Iterable[ast.AST]) -> set[str]:
    return {
        inner.id
        for node in nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    }


def _bound_names(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        for inner in ast.walk(node):
            match inner:
                case ast.Name(id=name, ctx=ast.Store()):
                    yield name
                case ast.alias(name=name, asname=other):
                    yield other or name.partition(".")[0]
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    yield name
                case ast.arg(arg=name):
                    yield name


def _place(value: ast.expr, values: list[object]) -> ast.expr:
    values.append(ast.literal_eval(value))
    return ast.Name(PLACE.format(len(values) - 1), ast.Load())


def _open_statement(statement: ast.stmt, values: list[object]) -> ast.stmt:
    """Leave open what a name is given as plain value, and collections that calls are given."""
    if isinstance(statement, ast.Assign):
        if is_plain(statement.value):
            statement.value = _place(statement.value, values)
        else:
            statement.value = _open_collections(statement.value, values)
    return statement


def _open_collections(node: ast.expr, values: list[object]) -> ast.expr:
    """Leave open the lists and dictionaries that calls are given: what their data is."""
    if isinstance(node, ast.Call):
        node.args = [_collection(argument, values) for argument in node.args]
    return node


def _collection(node: ast.expr, values: list[object]) -> ast.expr:
    if isinstance(node, ast.List | ast.Dict | ast.Tuple) and is_plain(node):
        return _place(node, values)
    return _open_collections(node, values)


def _open_call(expression: ast.expr, values: list[object]) -> ast.expr:
    def put(node: ast.expr) -> ast.expr:
        if is_plain(node):
            return _place(node, values)
        return replaced(node)

    def replaced(node: ast.expr) -> ast.expr:
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if name != "nodes":
                return _open_collections(copy.deepcopy(node), values)
            case ast.Call(func=function, args=arguments, keywords=keywords):
                return ast.Call(
                    replaced(function),
                    list(map(put, arguments)),
                    [ast.keyword(one.arg, put(one.value)) for one in keywords],
                )
            case ast.Attribute(value=value, attr=name):
                return ast.Attribute(replaced(value), name, ast.Load())
            case ast.BoolOp(op=operator, values=[first, *rest]):
                return ast.BoolOp(operator, [replaced(first), *rest])
        return node

    match expression:
        case ast.Call(func=ast.Attribute(value=ast.Name()), args=arguments, keywords=keywords):
            # A method of what was prepared.
            return ast.Call(
                expression.func,
                list(map(put, arguments)),
                [ast.keyword(one.arg, put(one.value)) for one in keywords],
            )
    return replaced(expression)
