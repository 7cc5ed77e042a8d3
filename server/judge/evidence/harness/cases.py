"""What a function is to do, as calls with their results: of examples, and of asserting tests."""

import ast
import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stepcheck.server.judge.evidence.example_forms.example import (
    Parameter,
    Reading,
    Signature,
    ValueKind,
)
from stepcheck.server.judge.evidence.example_parsing import find_examples
from stepcheck.server.judge.evidence.harness import wire
from stepcheck.server.judge.evidence.harness.wire import UnrepresentableError
from stepcheck.server.judge.languages.declarations import Function, normalize_name
from stepcheck.server.judge.languages.types import Sort, Type
from stepcheck.server.sandbox.parsing import parse_module

_ALIKE = 0.85
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
_UNDER_TEST = "candidate"


@dataclass(frozen=True, slots=True)
class Case:
    """Arguments, and the result that is expected of them, in Python's plain values."""

    arguments: tuple[Any, ...]
    expected: Any


def spellings(name: str, text: str) -> list[str]:
    """Return the names by which `text` seems to mean the function, its own first.

    Documents are translated less often than code: `incrList` is `incr_list` there.
    """
    mentioned = list(dict.fromkeys(_CALLED.findall(text)))
    same = [other for other in mentioned if normalize_name(other) == normalize_name(name)]
    if not same:
        near = difflib.get_close_matches(
            normalize_name(name), [normalize_name(other) for other in mentioned], cutoff=_ALIKE
        )
        same = [other for other in mentioned if near and normalize_name(other) == near[0]]
    return list(dict.fromkeys((name, *same)))


def find_cases(text: str, function: Function) -> list[Case]:
    """Return the cases that examples in `text` show of the function."""
    parameters = tuple(Parameter(one.name, _kind(one.type)) for one in function.parameters)
    known = [
        Signature(name, parameters, _kind(function.result))
        for name in spellings(function.name, text)[::-1]
    ]
    named = {one.name for one in known}
    found: list[Case] = []
    examples = find_examples(text, known)
    strict = [one for one in examples if one.reading is Reading.STRICT]
    for check in (one.check for one in strict or examples):
        try:
            name, arguments = wire.read_call(check.source)
            expected = wire.read_literal(check.expected) if check.expected is not None else None
        except UnrepresentableError:
            continue
        if name in named and check.expected is not None:
            found.append(Case(arguments, expected))
    return found


def _kind(declared: Type) -> ValueKind:
    if declared.sort in (Sort.UNKNOWN, Sort.ANY):
        return ValueKind.UNKNOWN
    return ValueKind.TEXT if declared.sort is Sort.TEXT else ValueKind.OTHER


def read_tests(tests: str, function: Function) -> list[Case] | None:
    """Return the cases of tests in Python's notation, or None if they are not that.

    Such tests are statements that assert: `assert f(1) == 2`, `assert not f(1)`,
    `assert abs(f(1) - 2.5) < 1e-6`; others among them are left out. `candidate` means the function.
    """
    try:
        tree = parse_module(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    named = {normalize_name(name) for name in (*spellings(function.name, tests), _UNDER_TEST)}
    return [
        case
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        for case in _asserted(node.test, named)
    ]


def _asserted(test: ast.expr, named: set[str]) -> Iterator[Case]:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            pair = (left, right) if _is_call(left, named) else (right, left)
            yield from _case(*pair, named)
        case ast.UnaryOp(op=ast.Not(), operand=called):
            yield from _case(called, ast.Constant(False), named)
        case ast.Compare(
            left=ast.Call(
                func=ast.Name(id="abs"), args=[ast.BinOp(left=left, op=ast.Sub(), right=right)]
            ),
            ops=[ast.Lt() | ast.LtE()],
        ):
            yield from _case(left, right, named)
        case ast.BoolOp(op=ast.And(), values=values):
            for value in values:
                yield from _asserted(value, named)
        case ast.Call():
            yield from _case(test, ast.Constant(True), named)


def _case(called: ast.expr, expected: ast.expr, named: set[str]) -> Iterator[Case]:
    if not _is_call(called, named) or not isinstance(called, ast.Call) or called.keywords:
        return
    try:
        yield Case(tuple(map(wire.read_node, called.args)), wire.read_node(expected))
    except UnrepresentableError:
        return


def _is_call(node: ast.expr, named: set[str]) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return normalize_name(name) in named
    return False


def main_function(
    functions: Sequence[Function], text: str, wanted: str | None = None
) -> Function | None:
    """Return the function that is judged: the one `wanted`, or the one that `text` calls.

    If neither is there, it is the last: what comes before is there to help it.
    """
    if wanted is not None:
        named = [one for one in functions if wanted in (one.qualified, one.name)]
        named += [one for one in functions if normalize_name(one.name) == normalize_name(wanted)]
        return named[0] if named else None
    mentioned = {normalize_name(name) for name in _CALLED.findall(text)}
    called = [one for one in functions if normalize_name(one.name) in mentioned]
    return next(iter([*called, *functions[-1:]]), None)
