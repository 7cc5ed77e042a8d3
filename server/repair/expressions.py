"""Edits of expressions: operators, bounds, constants, arguments, conditions."""

import ast
import re
from collections.abc import Iterator
from itertools import combinations

from stepcheck.server.repair.conditions import change_condition, find_predicates
from stepcheck.server.repair.constants import Constants
from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import (
    ADDITION,
    Program,
    TextEdit,
    precedence,
)

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
_OPPOSITES = {"in": ("not in", "=="), "not in": ("in", "!=")}
_IDENTITIES = {"is": ("is not", "=="), "is not": ("is", "!=")}
_ORDERS = ("<", "<=", ">", ">=", "==", "!=")
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
_BITWISE = ("&", "|", "^", "<<", ">>")
_ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
_COMMUTATIVE = (ast.Add, ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)
_WRAPPERS = ("abs", "len", "int", "str", "sorted", "list", "set", "sum", "max", "min", "reversed")


def mutate_expressions(program: Program) -> Iterator[Mutation]:
    """Yield the edits of each expression."""
    constants = Constants(program)
    predicates = find_predicates(program)
    for node in ast.walk(program.tree):
        if not isinstance(node, ast.expr) or node in program.docstrings:
            continue
        if program.is_in_annotation(node) or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        match node:
            case ast.Compare():
                yield from _compare(program, node)
            case ast.BinOp():
                yield from _binary(program, node)
            case ast.BoolOp():
                yield from _boolean(program, node)
            case ast.UnaryOp():
                kind = f"drop {type(node.op).__name__}"
                yield make(program, node, kind, "", program.replace_by(node, node.operand))
            case ast.Constant():
                yield from constants.exchange(node)
            case ast.Call():
                yield from _call(program, node)
            case ast.Subscript():
                yield from _subscript(program, node)
            case ast.IfExp():
                yield _swap(program, node, (node.body, node.orelse), "swap branches")
                for kept in (node.body, node.orelse):
                    yield make(program, node, "drop branch", "", program.replace_by(node, kept))
            case ast.Tuple() | ast.List():
                for one, other in combinations(node.elts[:5], 2):
                    yield _swap(program, node, (one, other), "swap elements")
            case ast.Dict():
                for one, other in combinations(node.values[:5], 2):
                    yield _swap(program, node, (one, other), "swap entries")
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                yield from _comprehension(program, node)
        yield from _off_by_one(program, node)
        yield from change_condition(program, node, predicates)
        yield from _wrap(program, node)


def _compare(program: Program, node: ast.Compare) -> Iterator[Mutation]:
    sides = [node.left, *node.comparators]
    for number, operator in enumerate(node.ops):
        old = _COMPARISONS[type(operator)]
        left, right = sides[number], sides[number + 1]
        place = _operator_place(program, left, right, old)
        if place is None:
            continue
        for new in _OPPOSITES.get(old) or _IDENTITIES.get(old) or _ORDERS:
            if new != old:
                detail = f"{old} to {new}"
                yield make(program, node, "comparison", detail, TextEdit(*place, new))
        if old not in ("==", "!="):
            yield _swap(program, node, (left, right), "swap compared")
    if len(sides) == 2 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
        yield make(program, node, "drop comparison", "", program.replace_by(node, node.left))


def _binary(program: Program, node: ast.BinOp) -> Iterator[Mutation]:
    old = _OPERATORS.get(type(node.op))
    place = _operator_place(program, node.left, node.right, old) if old else None
    if old is None or place is None:
        return
    for new in (*_BITWISE, "+", "-") if old in _BITWISE else (*_ARITHMETIC, *_BITWISE[:3]):
        if new != old:
            yield make(program, node, "operator", f"{old} to {new}", TextEdit(*place, new))
    for kept, side in ((node.left, "right"), (node.right, "left")):
        kind = "drop one" if _is_one(node.right if side == "right" else node.left) else "drop term"
        yield make(program, node, kind, f"{side} of {old}", program.replace_by(node, kept))
    if not isinstance(node.op, _COMMUTATIVE) or isinstance(node.op, ast.Add):
        yield _swap(program, node, (node.left, node.right), "swap operands")
    # a - b + c for a - (b + c), and the other way round.
    inner = node.left
    if isinstance(inner, ast.BinOp) and precedence(inner) == precedence(node):
        middle, right = program.span(inner.right)[0], program.span(node)[1]
        text = f"({program.source[middle:right]})"
        yield make(program, node, "regroup", old, TextEdit(middle, right, text))
    if isinstance(inner, ast.BinOp) and precedence(inner) < precedence(node):
        start, end = program.span(node)[0], program.span(inner)[1]
        text = program.text(inner)
        opening = program.source.index(")", end) + 1
        yield make(program, node, "regroup", old, TextEdit(start, opening, text))
    if isinstance(inner, ast.BinOp) and precedence(inner) > precedence(node):
        middle, right = program.span(inner.right)[0], program.span(node)[1]
        text = f"({program.source[middle:right]})"
        yield make(program, node, "regroup", old, TextEdit(middle, right, text))
    if isinstance(node.right, ast.BinOp) and precedence(node.right) > precedence(node):
        start, end = program.span(node)[0], program.span(node.right.left)[1]
        text = f"({program.source[start:end]})"
        yield make(program, node, "regroup", old, TextEdit(start, end, text))


def _boolean(program: Program, node: ast.BoolOp) -> Iterator[Mutation]:
    old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in zip(node.values, node.values[1:], strict=False):
        place = _operator_place(program, left, right, old)
        if place is not None:
            yield make(program, node, "connective", f"{old} to {new}", TextEdit(*place, new))
    for number, value in enumerate(node.values):
        kept = [program.text(other) for other in node.values if other is not value]
        text = f" {old} ".join(kept)
        binding = precedence(node) if len(kept) > 1 else precedence(node.values[1 - number])
        yield make(program, node, "drop condition", old, program.replace(node, text, binding))
    yield _swap(program, node, (node.values[0], node.values[1]), "swap conditions")


def _call(program: Program, node: ast.Call) -> Iterator[Mutation]:
    name = _called(node)
    plain = [each for each in node.args if not isinstance(each, ast.Starred)]
    for one, other in combinations(plain[:4], 2):
        yield _swap(program, node, (one, other), "swap arguments", name)
    if len(plain) == 1 and not node.keywords:
        yield make(program, node, "drop call", name, program.replace_by(node, plain[0]))
    if isinstance(node.func, ast.Attribute):
        yield make(program, node, "drop method", name, program.replace_by(node, node.func.value))
    every: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    for number, argument in enumerate(every):
        start, end = program.span(argument)
        if number + 1 < len(every):
            end = program.span(every[number + 1])[0]
        elif number:
            start = program.span(every[number - 1])[1]
        kind = "drop keyword" if isinstance(argument, ast.keyword) else "drop argument"
        yield make(program, node, kind, name, TextEdit(start, end, ""))
    at_end = program.span(node)[1] - 1
    if name == "range" and len(plain) == 1:
        start = program.span(plain[0])[0]
        for first in ("0", "1"):
            edit = TextEdit(start, start, f"{first}, ")
            yield make(program, node, "range start", first, edit)
    if name == "range" and len(plain) == 2:
        yield make(program, node, "range step", "-1", TextEdit(at_end, at_end, ", -1"))
    if name in ("sorted", "sort", "max", "min") and not any(
        keyword.arg == "reverse" for keyword in node.keywords
    ):
        comma = ", " if every else ""
        if name.startswith("sort"):
            edit = TextEdit(at_end, at_end, f"{comma}reverse=True")
            yield make(program, node, "add reverse", name, edit)
        if not any(keyword.arg == "key" for keyword in node.keywords):
            for key in ("abs", "len", "str"):
                edit = TextEdit(at_end, at_end, f"{comma}key={key}")
                yield make(program, node, "add key", f"{name} by {key}", edit)


def _subscript(program: Program, node: ast.Subscript) -> Iterator[Mutation]:
    match node.slice:
        case ast.Slice(lower=lower, upper=upper, step=step) as part:
            start = program.span(node.value)[1]
            for kept, kind in (((lower, None), "drop stop"), ((None, upper), "drop start")):
                if kept == (lower, upper):
                    continue
                first, last = (program.text(each) if each else "" for each in kept)
                tail = f":{program.text(step)}" if step else ""
                text = f"[{first}:{last}{tail}]"
                end = program.span(node)[1]
                yield make(program, part, "slice", kind, TextEdit(start, end, text))
            yield make(program, node, "drop slice", "", program.replace_by(node, node.value))
        case index:
            yield make(program, node, "drop index", "", program.replace_by(node, node.value))
            if isinstance(node.value, ast.Subscript):
                inner = node.value.slice
                if not isinstance(inner, ast.Slice):
                    yield _swap(program, node, (inner, index), "swap indices")


def _comprehension(
    program: Program, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
) -> Iterator[Mutation]:
    for generator in node.generators:
        for condition in generator.ifs:
            yield make(
                program,
                condition,
                "drop filter",
                "",
                program.replace(condition, "True"),
            )


def _off_by_one(program: Program, node: ast.expr) -> Iterator[Mutation]:
    """Yield `e + 1` and `e - 1` where an expression bounds, indexes or counts."""
    if isinstance(node, ast.Constant | ast.Slice | ast.Starred | ast.JoinedStr | ast.Lambda):
        return
    parent = program.parents.get(node)
    match parent:
        case ast.Slice() | ast.Compare() | ast.Return() | ast.Assign() | ast.AugAssign():
            pass
        case ast.Subscript(slice=index) if index is node:
            pass
        case ast.Call(func=function) if node is not function:
            if isinstance(node, ast.Name | ast.Attribute):
                for ending in ("[0]", "[-1]"):
                    text = f"{program.text(node)}{ending}"
                    yield make(program, node, "add index", ending, program.replace(node, text))
        case _:
            return
    if isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Compare | ast.BoolOp | ast.ListComp):
        return
    for sign in ("+", "-"):
        text = f"{program.put(node, ADDITION)} {sign} 1"
        yield make(program, node, "off by one", sign, program.replace(node, text, ADDITION))


def _wrap(program: Program, node: ast.expr) -> Iterator[Mutation]:
    """Yield calls around an expression."""
    if isinstance(node, ast.Slice | ast.Starred | ast.Constant | ast.Lambda | ast.JoinedStr):
        return
    parent = program.parents.get(node)
    if isinstance(parent, ast.Call) and parent.func is node:
        return
    if isinstance(parent, ast.Attribute | ast.keyword) or isinstance(node, ast.keyword):
        return
    boolean = isinstance(node, ast.Compare | ast.BoolOp)
    wrappers = [] if boolean else [name for name in _WRAPPERS if name != _called(node)]
    function = program.function_around(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        wrappers.append(node.func.id)
    for name in wrappers:
        if name in ("max", "min"):
            edit = program.replace(node, f"{name}({program.text(node)}, 0)")
            yield make(program, node, "bound", name, edit)
        if name not in ("max", "min") or not isinstance(node, ast.BinOp):
            edit = program.replace(node, f"{name}({program.text(node)})")
            yield make(program, node, "wrap", name if name in _WRAPPERS else "again", edit)
    if isinstance(parent, ast.Return | ast.For | ast.Assign) and not boolean:
        text = f"{program.put(node, 15)}[::-1]"
        yield make(program, node, "reverse", "", program.replace(node, text))
    if isinstance(parent, ast.Return) and not isinstance(function, ast.Module):
        text = f"-{program.put(node, 13)}"
        yield make(program, node, "negative", "", program.replace(node, text, 13))


def _operator_place(
    program: Program, left: ast.expr, right: ast.expr, operator: str
) -> tuple[int, int] | None:
    """Return where the operator between two expressions is written."""
    start, end = program.span(left)[1], program.span(right)[0]
    between = re.sub(r"#[^\n]*", lambda note: " " * len(note[0]), program.source[start:end])
    pattern = r"\s+".join(re.escape(word) for word in operator.split())
    found = re.search(pattern, between)
    return (start + found.start(), start + found.end()) if found else None


def _swap(
    program: Program, node: ast.AST, pair: tuple[ast.expr, ast.expr], kind: str, detail: str = ""
) -> Mutation:
    """Return the mutation of a node that swaps a pair of expressions in it."""
    one, other = pair
    return make(
        program,
        node,
        kind,
        detail,
        program.replace_by(one, other),
        program.replace_by(other, one),
    )


def _called(node: ast.expr) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
    return ""


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1
