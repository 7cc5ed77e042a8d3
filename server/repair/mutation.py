"""An edit with what a prior wants to know of it."""

import ast
from dataclasses import dataclass

from stepcheck.server.repair.program import Program, TextEdit


@dataclass(frozen=True, slots=True)
class Mutation:
    """A small edit: its kind, and in `detail` from what to what; `place` says where it is.

    `lines` are those, from 1, that it changes, or between which it inserts.
    """

    edits: tuple[TextEdit, ...]
    kind: str
    detail: str
    place: str
    lines: tuple[int, ...]


def make(
    program: Program, node: ast.AST, kind: str, detail: str, *edits: TextEdit, line: int = 0
) -> Mutation:
    """Return the mutation of a node."""
    return Mutation(
        tuple(sorted(edits)),
        kind,
        detail,
        place_of(program, node),
        (line,) if line else tuple(sorted({program.line_of(edit.start) for edit in edits})),
    )


_CALLED = frozenset({"range", "len", "min", "max", "sorted", "sum", "append", "abs", "int", "str"})


def place_of(program: Program, node: ast.AST) -> str:
    """Return the role that a node plays where it stands."""
    match program.parents.get(node):
        case ast.Subscript(slice=index) if index is node:
            return "index"
        case ast.Slice():
            return "slice"
        case ast.Call(func=function) if function is node:
            return "callee"
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return f"argument of {name}" if name in _CALLED else "argument"
        case ast.Compare():
            return "compared"
        case ast.If(test=test) if test is node:
            return "if"
        case ast.While(test=test) if test is node:
            return "while"
        case ast.For(iter=iterated) if iterated is node:
            return "iterated"
        case ast.For(target=target) if target is node:
            return "target"
        case ast.Attribute():
            return "receiver"
        case ast.Constant() | None:
            return "module"
        case outer:
            return type(outer).__name__
