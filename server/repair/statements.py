"""Edits of statements: deleted, moved, swapped, returned, assigned otherwise."""

import ast
import re
from collections.abc import Iterator
from itertools import combinations

from stepcheck.server.judge.languages.python.source import Function
from stepcheck.server.repair.mutation import Mutation, make
from stepcheck.server.repair.program import Program, TextEdit

_AUGMENTED: dict[type[ast.operator], str] = {
    ast.Add: "+=",
    ast.Sub: "-=",
    ast.Mult: "*=",
    ast.Div: "/=",
    ast.FloorDiv: "//=",
    ast.Mod: "%=",
    ast.BitOr: "|=",
    ast.BitXor: "^=",
    ast.BitAnd: "&=",
    ast.LShift: "<<=",
    ast.RShift: ">>=",
    ast.Pow: "**=",
}
_FREQUENT = ("+=", "-=", "*=", "//=", "=")
_ARITHMETIC = (*_FREQUENT, "/=", "%=")
_BITWISE = ("&=", "|=", "^=", "<<=", ">>=", *_FREQUENT)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Break, ast.Continue)
_MAX_COPIED = 12


def mutate_statements(program: Program) -> Iterator[Mutation]:
    """Yield the edits of each statement."""
    for node in ast.walk(program.tree):
        for block in _blocks(node):
            yield from _in_block(program, node, block)
        match node:
            case ast.AugAssign():
                yield from _augmented(program, node)
            case ast.Assign():
                yield from _assigned(program, node)
            case ast.Return():
                yield from _returned(program, node)
            case ast.Break() | ast.Continue():
                new = "continue" if isinstance(node, ast.Break) else "break"
                edit = TextEdit(*program.span(node), new)
                yield make(program, node, "leave loop", f"to {new}", edit)
                edit = TextEdit(*program.span(node), "pass")
                yield make(program, node, "delete", type(node).__name__, edit)
            case ast.If():
                yield from _branch(program, node)
            case ast.While():
                yield make(program, node, "while to if", "", _keyword(program, node, "while", "if"))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _function_end(program, node)
                yield from _copies(program, node)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield block


def _in_block(program: Program, node: ast.AST, block: list[ast.stmt]) -> Iterator[Mutation]:
    for number, statement in enumerate(block):
        if statement in program.docstrings or isinstance(
            statement, Function | ast.ClassDef | ast.Import | ast.ImportFrom
        ):
            continue
        kind = type(statement).__name__
        yield from _delete(program, statement, alone=len(block) == 1)
        if number + 1 < len(block) and _is_plain(program, statement, block[number + 1]):
            following = block[number + 1]
            yield make(
                program,
                statement,
                "swap statements",
                kind,
                TextEdit(*program.span(statement), program.text(following)),
                TextEdit(*program.span(following), program.text(statement)),
            )
        if isinstance(node, ast.Module) or not _owns_lines(program, statement):
            continue
        if number > 0 and len(block) > 2 and _is_plain(program, block[number - 1], statement):
            first = program.line_start(block[number - 1].lineno)
            last = program.line_start((statement.end_lineno or statement.lineno) + 1)
            if _owns_lines(program, block[number - 1]):
                yield make(program, statement, "delete two", kind, TextEdit(first, last, ""))
        if number == len(block) - 1 and number and isinstance(node, ast.stmt):
            yield from _move(program, statement, node.col_offset - statement.col_offset, "out")
    for number, statement in enumerate(block[:-1]):
        following = block[number + 1]
        for inner in _blocks(statement):
            depth = inner[-1].col_offset - statement.col_offset
            if inner[-1].lineno > statement.lineno and _owns_lines(program, following):
                yield from _move(program, following, depth, "in")


def _delete(program: Program, statement: ast.stmt, *, alone: bool) -> Iterator[Mutation]:
    kind = type(statement).__name__
    start, end = program.span(statement)
    if alone or not _owns_lines(program, statement):
        yield make(program, statement, "delete", kind, TextEdit(start, end, "pass"))
        return
    first = program.line_start(statement.lineno)
    last = program.line_start((statement.end_lineno or statement.lineno) + 1)
    yield make(program, statement, "delete", kind, TextEdit(first, last, ""), line=statement.lineno)
    if isinstance(statement, ast.If) and not statement.orelse:
        yield make(
            program,
            statement,
            "always",
            "",
            TextEdit(*program.span(statement.test), "True"),
        )


def _move(program: Program, statement: ast.stmt, columns: int, way: str) -> Iterator[Mutation]:
    """Indent or outdent a statement where it stands."""
    last = statement.end_lineno or statement.lineno
    edits = []
    for line in range(statement.lineno, last + 1):
        start, end = program.line_start(line), program.line_start(line + 1)
        text = program.source[start:end]
        if not text.strip():
            continue
        if columns > 0:
            edits.append(TextEdit(start, start, " " * columns))
        elif len(text) - len(text.lstrip(" ")) >= -columns:
            edits.append(TextEdit(start, start - columns, ""))
        else:
            return
    kind = type(statement).__name__
    yield make(program, statement, f"move {way}", kind, *edits, line=statement.lineno)


def _augmented(program: Program, node: ast.AugAssign) -> Iterator[Mutation]:
    old = _AUGMENTED.get(type(node.op))
    start, end = program.span(node.target)[1], program.span(node.value)[0]
    if old is None or (place := program.source.find(old, start, end)) < 0:
        return
    others = _BITWISE if old in _BITWISE[:5] else _ARITHMETIC
    for new in others:
        if new != old:
            edit = TextEdit(place, place + len(old), new)
            yield make(program, node, "augmented", f"{old} to {new}", edit)


def _assigned(program: Program, node: ast.Assign) -> Iterator[Mutation]:
    if len(node.targets) != 1:
        return
    [target] = node.targets
    start, end = program.span(target)[1], program.span(node.value)[0]
    place = program.source.find("=", start, end)
    if place < 0:
        return
    if not isinstance(target, ast.Tuple):
        for new in ("+=", "-=", "*="):
            edit = TextEdit(place, place + 1, new)
            yield make(program, node, "augmented", f"= to {new}", edit)
        for bound in ("max", "min"):
            text = f"{bound}({program.text(target)}, {program.text(node.value)})"
            yield make(program, node, "keep best", bound, program.replace(node.value, text))
    else:
        for one, other in combinations(target.elts[:4], 2):
            yield make(
                program,
                node,
                "swap targets",
                "",
                program.replace_by(one, other),
                program.replace_by(other, one),
            )


def _returned(program: Program, node: ast.Return) -> Iterator[Mutation]:
    start, end = program.span(node)
    value = node.value
    if value is None:
        return
    text = program.text(value)
    for new in ("True", "False", "0", "-1", "[]", "None"):
        if text != new:
            edit = TextEdit(*program.span(value), new)
            yield make(program, node, "return constant", new, edit)
    scope = program.function_around(node)
    if isinstance(scope, ast.Module):
        return
    names = {
        inner.id
        for inner in ast.walk(scope)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    } | {argument.arg for argument in scope.args.args}
    for name in sorted(names - {"self"}):
        if name != text:
            yield make(program, node, "return variable", "", TextEdit(*program.span(value), name))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        # Methods such as append return nothing.
        indent = " " * node.col_offset
        new = f"{text}\n{indent}return {program.text(value.func.value)}"
        yield make(program, node, "return receiver", value.func.attr, TextEdit(start, end, new))


def _branch(program: Program, node: ast.If) -> Iterator[Mutation]:
    word = _word(program, node)
    if word == "if" and not node.orelse:
        yield make(program, node, "if to while", "", _keyword(program, node, "if", "while"))
    if word == "elif":
        yield make(program, node, "elif to if", "", _keyword(program, node, "elif", "if"))
    elif _previous_is_if(program, node):
        yield make(program, node, "if to elif", "", _keyword(program, node, "if", "elif"))
    one, other = node.body, node.orelse
    if one and other and not isinstance(other[0], ast.If):
        first = (program.span(one[0])[0], program.span(one[-1])[1])
        second = (program.span(other[0])[0], program.span(other[-1])[1])
        if one[0].col_offset == other[0].col_offset:
            yield make(
                program,
                node,
                "swap blocks",
                "",
                TextEdit(*first, program.source[slice(*second)]),
                TextEdit(*second, program.source[slice(*first)]),
            )


def _function_end(program: Program, node: Function) -> Iterator[Mutation]:
    """Yield a last statement that returns, where a function ends without."""
    last = node.body[-1]
    if not _owns_lines(program, last):
        return
    indent = program.source[program.line_start(last.lineno) :][: last.col_offset]
    end = program.span(last)[1]
    if isinstance(last, ast.Expr) and last not in program.docstrings:
        start = program.span(last)[0]
        yield make(program, last, "return it", "", TextEdit(start, start, "return "))
    if isinstance(last, ast.Return | ast.Raise):
        return
    names = sorted(
        {
            inner.id
            for inner in ast.walk(node)
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
        }
        | {argument.arg for argument in node.args.args}
    )
    for text in (*names, "True", "False", "0", "-1", "[]"):
        if text == "self":
            continue
        detail = "variable" if text in names else text
        edit = TextEdit(end, end, f"\n{indent}return {text}")
        yield make(program, last, "add return", detail, edit)


def _copies(program: Program, function: Function) -> Iterator[Mutation]:
    """Yield short statements that the function has elsewhere, and leaps, at other places."""
    statements = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.stmt) and node is not function and _owns_lines(program, node)
    ]
    texts = {
        program.text(node): type(node).__name__
        for node in statements
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Expr)
        and node.lineno == node.end_lineno
        and node not in program.docstrings
    }
    steps = {
        text: "step"
        for node in ast.walk(function)
        if isinstance(node, ast.While)
        for name in sorted(_names(node.test))
        for text in (f"{name} += 1", f"{name} -= 1")
    }
    chosen = dict([*texts.items()][:_MAX_COPIED]) | steps
    for node in statements:
        if isinstance(node, Function | ast.ClassDef):
            continue
        in_loop = any(isinstance(each, ast.For | ast.While) for each in program.ancestors(node))
        leaps = {"break": "break", "continue": "continue"} if in_loop else {}
        indent = program.source[program.line_start(node.lineno) :][: node.col_offset]
        if indent.strip():
            continue
        end = program.span(node)[1]
        for text, kind in (chosen | leaps).items():
            if text == program.text(node):
                continue
            if not isinstance(node, ast.Return | ast.Break | ast.Continue | ast.Raise):
                edit = TextEdit(end, end, f"\n{indent}{text}")
                yield make(program, node, "insert after", kind, edit)
            start = program.line_start(node.lineno)
            if _word(program, node) != "elif":
                edit = TextEdit(start, start, f"{indent}{text}\n")
                yield make(program, node, "insert before", kind, edit)


def _owns_lines(program: Program, statement: ast.stmt) -> bool:
    """Whether a statement has its lines for itself."""
    start, end = program.span(statement)
    before = program.source[program.line_start(statement.lineno) : start]
    after = program.source[end : program.line_start((statement.end_lineno or 0) + 1)]
    return not before.strip() and (not after.strip() or after.lstrip().startswith("#"))


def _is_plain(program: Program, one: ast.stmt, other: ast.stmt) -> bool:
    return (
        isinstance(one, _SIMPLE)
        and isinstance(other, _SIMPLE)
        and one not in program.docstrings
        and other not in program.docstrings
    )


def _word(program: Program, node: ast.stmt) -> str:
    found = re.match(r"\w+", program.text(node))
    return found[0] if found else ""


def _keyword(program: Program, node: ast.stmt, old: str, new: str) -> TextEdit:
    start = program.span(node)[0]
    return TextEdit(start, start + len(old), new)


def _previous_is_if(program: Program, node: ast.If) -> bool:
    for block in _blocks(program.parents[node]):
        if node in block and (number := block.index(node)):
            return isinstance(block[number - 1], ast.If)
    return False


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
