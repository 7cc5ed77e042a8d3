"""Other ways to write a definition: small faults, and the same thing said differently."""

import ast
import builtins
import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from split_excerpts import Definition

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Pow: ast.Mult,
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
}
_NAMESAKES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "reversed": "list",
    "lower": "upper",
    "upper": "lower",
    "startswith": "endswith",
    "endswith": "startswith",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "strip": "lstrip",
    "extend": "append",
    "appendleft": "append",
    "popleft": "pop",
    "find": "rfind",
    "filterfalse": "filter",
}
_SIMPLE = ast.Name | ast.Constant


@dataclass(frozen=True, slots=True)
class Variant:
    """A definition written otherwise, and what was done to it."""

    kind: str
    definition: Definition


@dataclass(frozen=True, slots=True)
class _Change:
    """One change, made to a node of a copy of the definition in place."""

    kind: str
    apply: Callable[[], None]


def mutants(definition: Definition) -> Iterator[Variant]:
    """Yield copies of the definition with one small fault each in the body, in a fixed order."""
    number = 0
    while True:
        mutant = copy.deepcopy(definition)
        change = next((one for place, one in enumerate(_changes(mutant)) if place == number), None)
        if change is None:
            return
        change.apply()
        yield Variant(change.kind, mutant)
        number += 1


def _changes(definition: Definition) -> Iterator[_Change]:
    for statement in definition.body:
        for node in ast.walk(statement):
            yield from _expression_changes(node)
            yield from _statement_changes(node)


def _set(node: ast.AST, kind: str, **fields: object) -> _Change:
    def apply() -> None:
        for name, value in fields.items():
            setattr(node, name, value)

    return _Change(kind, apply)


def _expression_changes(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            yield _set(node, "operator", op=_OPERATORS[type(op)]())
        case ast.BoolOp(op=op):
            yield _set(node, "logic", op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.USub()):
            yield _set(node, "operator", op=ast.UAdd())
        case ast.Compare(ops=[op, *others]) if type(op) in _COMPARISONS:
            yield _set(node, "comparison", ops=[_COMPARISONS[type(op)](), *others])
        case ast.Constant(value=bool() as value):
            yield _set(node, "constant", value=not value)
        case ast.Constant(value=int() | float() as value):
            yield _set(node, "constant", value=value + 1)
            yield _set(node, "constant", value=value - 1)
        case ast.Slice(upper=ast.expr() as upper) if not isinstance(upper, ast.Constant):
            yield _set(node, "off by one", upper=_plus_one(upper))
        case ast.Slice(lower=ast.expr() as lower) if not isinstance(lower, ast.Constant):
            yield _set(node, "off by one", lower=_plus_one(lower))
        case ast.IfExp(body=body, orelse=orelse):
            yield _set(node, "branch", body=orelse, orelse=body)
        case ast.comprehension(ifs=[_, *others]):
            yield _set(node, "branch", ifs=others)
        case ast.Call():
            yield from _call_changes(node)


def _call_changes(node: ast.Call) -> Iterator[_Change]:
    match node.func:
        case ast.Name(id=name) if name in _NAMESAKES:
            yield _set(node.func, "namesake", id=_NAMESAKES[name])
        case ast.Attribute(attr=name) if name in _NAMESAKES:
            yield _set(node.func, "namesake", attr=_NAMESAKES[name])
        case ast.Name(id="range") if node.args:
            yield _set(node, "off by one", args=[*node.args[:-1], _plus_one(node.args[-1])])
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    if plain and len(node.args) > 1:
        first, second, *others = node.args
        yield _set(node, "arguments", args=[second, first, *others])
    if node.keywords and node.keywords[-1].arg is not None:
        yield _set(node, "arguments", keywords=node.keywords[:-1])


def _plus_one(node: ast.expr) -> ast.BinOp:
    return ast.BinOp(left=node, op=ast.Add(), right=ast.Constant(value=1))


def _statement_changes(node: ast.AST) -> Iterator[_Change]:
    match node:
        case ast.If(test=test, orelse=orelse):
            yield _set(node, "branch", test=ast.UnaryOp(op=ast.Not(), operand=test))
            yield _set(node, "branch", test=ast.Constant(value=False))
            if orelse:
                yield _set(node, "branch", orelse=[])
        case ast.Try(handlers=[handler, *_]):
            yield _set(handler, "exception", body=[ast.Raise()])
        case ast.Raise(exc=ast.Call(func=ast.Name(id="ValueError" | "TypeError") as raised)):
            other = "KeyError" if raised.id == "ValueError" else "ValueError"
            yield _set(raised, "exception", id=other)
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if not isinstance(block, list):
            continue
        for place, statement in enumerate(block):
            if isinstance(statement, ast.Expr | ast.AugAssign | ast.Continue | ast.Break):
                kept = [*block[:place], *block[place + 1 :]] or [ast.Pass()]
                yield _set(node, "statement", **{field: kept})


def rewritten(definition: Definition, generator: random.Random) -> Variant:
    """Return the same definition in other words: other names, turned tests, named results."""
    copied = copy.deepcopy(definition)
    functions = [copied] if isinstance(copied, ast.FunctionDef) else copied.body
    for function in functions:
        if isinstance(function, ast.FunctionDef):
            _rename(function)
    for statement in copied.body:
        _Rewriting(generator).visit(statement)
    return Variant("rewritten", copied)


def _rename(function: ast.FunctionDef) -> None:
    """Give the variables that the function itself binds other names, all over it."""
    stored, taken = set(), set(dir(builtins))
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                stored.add(name)
            case ast.arg(arg=name) | ast.ExceptHandler(name=str() as name):
                taken.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                taken.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                taken.update(names)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                taken.update(alias.asname or alias.name for alias in aliases)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in stored - taken:
            node.id = f"the_{node.id.strip('_')}" if node.id.strip("_") else "ignored"


class _Rewriting(ast.NodeTransformer):
    """Turn tests and comparisons around, and name what is returned."""

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator

    def visit_If(self, node: ast.If) -> ast.If:
        self.generic_visit(node)
        if node.orelse:
            turned = ast.UnaryOp(op=ast.Not(), operand=node.test)
            return ast.If(test=turned, body=node.orelse, orelse=node.body)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        self.generic_visit(node)
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[ast.Name() as right]):
                if type(op) in _MIRRORED and isinstance(left, _SIMPLE):
                    return ast.Compare(left=right, ops=[_MIRRORED[type(op)]()], comparators=[left])
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return | list[ast.stmt]:
        if node.value is None or isinstance(node.value, _SIMPLE):
            return node
        if self._generator.random() < 0.5:
            return node
        result = ast.Assign(targets=[ast.Name("outcome", ast.Store())], value=node.value)
        return [result, ast.Return(value=ast.Name("outcome", ast.Load()))]
