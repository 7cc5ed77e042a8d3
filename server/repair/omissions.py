"""Edits that put in what was left out: a result kept, a default, an end of a range, an alternative.

None of them compares with a value of the examples: they know only the program.
"""

import ast
from collections.abc import Iterator

from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import ADDITION, DISJUNCTION, Program, TextEdit

_CHANGED_COPIES = frozenset(
    {
        *("replace", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize"),
        *("union", "intersection", "difference", "join", "split"),
    }
)
"""Methods whose result is all that they do."""
_COPYING = frozenset({"sorted", "reversed", "list", "set", "tuple", "sum"})
_DEFAULTS = ("0", "None", "[]", '""')
_MAX_NAMES = 3


def mutate_omissions(program: Program) -> Iterator[Mutation]:
    """Yield the edits of each node."""
    for node in ast.walk(program.tree):
        match node:
            case ast.Expr(value=ast.Call() as call):
                yield from _keep_result(program, node, call)
            case ast.Expr(value=ast.Yield(value=ast.expr() as value) as whole):
                start = program.span(value)[0]
                edit = TextEdit(start, start, "from ")
                yield make(program, whole, "yield from", "add", edit)
            case ast.Expr(value=ast.YieldFrom(value=value) as whole):
                text = f"yield {program.text(value)}"
                yield make(program, whole, "yield from", "drop", program.replace(whole, text))
            case ast.Subscript(ctx=ast.Load()):
                yield from _default(program, node)
            case ast.Call(func=ast.Name(id="range")):
                yield from _range(program, node)
            case ast.List(elts=[]):
                edit = TextEdit(*program.span(node), "[[]]")
                yield make(program, node, "nest", "empty", edit)
            case ast.BinOp(op=ast.Add()):
                for side in (node.left, node.right):
                    if isinstance(side, ast.Name | ast.Subscript | ast.Call):
                        edit = program.replace(side, f"[{program.text(side)}]")
                        yield make(program, side, "nest", type(side).__name__, edit)
            case ast.If() | ast.While():
                yield from _alternative(program, node)
            case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
                yield from _cut(program, iterated)
            case ast.Call():
                for argument in node.args:
                    yield from _cut(program, argument)


def _keep_result(program: Program, statement: ast.Expr, call: ast.Call) -> Iterator[Mutation]:
    """Yield a result returned, or assigned to what it was made of."""
    start = program.span(statement)[0]
    function = program.function_around(statement)
    if isinstance(function, Function):
        own = isinstance(call.func, ast.Name) and call.func.id == function.name
        edit = TextEdit(start, start, "return ")
        yield make(program, statement, "return result", "own" if own else "other", edit)
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
            kind = "made by method" if method in _CHANGED_COPIES else "method"
        case ast.Call(func=ast.Name(id=called), args=[ast.Name(id=name), *_]):
            kind = "made by function" if called in _COPYING else "function"
        case _:
            return
    edit = TextEdit(start, start, f"{name} = ")
    yield make(program, statement, "keep result", kind, edit)


def _default(program: Program, node: ast.Subscript) -> Iterator[Mutation]:
    """Yield `d.get(k, default)` for `d[k]`."""
    parent = program.parents.get(node)
    if isinstance(node.slice, ast.Slice | ast.Tuple | ast.UnaryOp) or isinstance(
        parent, ast.Delete
    ):
        return
    key = program.text(node.slice)
    for default in _DEFAULTS:
        text = f"{program.text(node.value)}.get({key}, {default})"
        yield make(program, node, "default", default, program.replace(node, text))


def _range(program: Program, node: ast.Call) -> Iterator[Mutation]:
    """Yield a range moved by one, or walked from its end."""
    match node.args:
        case [stop]:
            first, last = "0", program.text(stop)
            end = program.put(stop, ADDITION)
            moved = f"range(1, {end} + 1)"
        case [start, stop]:
            first, last = program.put(start, ADDITION), program.text(stop)
            end = program.put(stop, ADDITION)
            moved = f"range({first} + 1, {end} + 1)"
            back = f"range({first} - 1, {end} - 1)"
            yield make(program, node, "move range", "back", program.replace(node, back))
            turned = f"range({last}, {program.text(start)}, -1)"
            yield make(program, node, "turn range", "as is", program.replace(node, turned))
        case _:
            return
    yield make(program, node, "move range", "on", program.replace(node, moved))
    before = "-1" if first == "0" else f"{first} - 1"
    turned = f"range({end} - 1, {before}, -1)"
    yield make(program, node, "turn range", "same", program.replace(node, turned))


def _alternative(program: Program, node: ast.If | ast.While) -> Iterator[Mutation]:
    """Yield conditions that hold in one more case, and a condition for a loop without."""
    test = node.test
    scope = program.function_around(node)
    if isinstance(test, ast.Constant):
        for name in sorted(_names(scope))[: 4 * _MAX_NAMES]:
            edit = TextEdit(*program.span(test), name)
            yield make(program, node, "condition", type(node).__name__, edit)
        return
    asked = sorted(_names(test) & _names(scope))
    for name in asked[:_MAX_NAMES]:
        for condition in (f"not {name}", f"{name} == 0", f"{name} < 0", f"{name} is None"):
            text = f"{program.put(test, DISJUNCTION)} or {condition}"
            detail = "not" if condition.startswith("not ") else condition.removeprefix(name).strip()
            edit = program.replace(test, text, DISJUNCTION)
            yield make(program, node, "add alternative", detail, edit)


def _cut(program: Program, node: ast.expr) -> Iterator[Mutation]:
    """Yield a sequence without its first or last."""
    if isinstance(node, ast.Name | ast.Attribute):
        for part in ("[1:]", "[:-1]"):
            edit = program.replace(node, f"{program.text(node)}{part}")
            yield make(program, node, "cut", part, edit)


def _names(node: ast.AST) -> set[str]:
    """Return the names in a node that are not called; of a function, those that it binds."""
    if isinstance(node, Function | ast.Module):
        bound = {
            inner.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        return bound | {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    called = {inner.func for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    return {
        inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner not in called
    }
