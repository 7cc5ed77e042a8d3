"""A Python program as a text with a tree, so that edits touch nothing but what they change."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from stepcheck.server.judge.languages.python.source import Function, parse

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_PRECEDENCE: dict[type[ast.AST], int] = {
    ast.Tuple: 0,
    ast.NamedExpr: 0,
    ast.Yield: 0,
    ast.Lambda: 1,
    ast.IfExp: 2,
    ast.Or: 3,
    ast.And: 4,
    ast.Not: 5,
    ast.Compare: 6,
    ast.BitOr: 7,
    ast.BitXor: 8,
    ast.BitAnd: 9,
    ast.LShift: 10,
    ast.RShift: 10,
    ast.Add: 11,
    ast.Sub: 11,
    ast.Mult: 12,
    ast.Div: 12,
    ast.FloorDiv: 12,
    ast.Mod: 12,
    ast.MatMult: 12,
    ast.USub: 13,
    ast.UAdd: 13,
    ast.Invert: 13,
    ast.Pow: 14,
    ast.Await: 15,
}
_ATOM = 16
ADDITION, COMPARISON, NEGATION, CONJUNCTION, DISJUNCTION = 11, 6, 5, 4, 3
"""Precedences (the table of section 6.17 of Python's language reference, loosest first)."""


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """Replace the characters from `start` up to `end`, offsets into the text, by `text`."""

    start: int
    end: int
    text: str


def apply_edits(source: str, edits: Sequence[TextEdit]) -> str:
    """Return the text with the edits made, which must not overlap."""
    pieces = []
    place = 0
    for edit in sorted(edits):
        if edit.start < place:
            raise ValueError("edits overlap")
        pieces += [source[place : edit.start], edit.text]
        place = edit.end
    return "".join([*pieces, source[place:]])


def line_starts(source: str) -> list[int]:
    """Return the offset of each line, as Python divides lines, and at last the end's."""
    starts = [match.start() for match in _LINE.finditer(source) if match.group()]
    return [*starts, len(source)]


def precedence(node: ast.AST) -> int:
    """Return how tightly an expression binds."""
    match node:
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) | ast.UnaryOp(op=operator):
            return _PRECEDENCE[type(operator)]
    return _PRECEDENCE.get(type(node), _ATOM)


class Program:
    """A parsed program; raises `SourceError` for text that is not Python."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = parse(source)
        self._starts = line_starts(source)
        self._is_ascii = source.isascii()
        self.parents: dict[ast.AST, ast.AST] = {
            child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)
        }

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a place as `ast` says it: the column counts bytes of UTF-8."""
        start = self._starts[line - 1]
        if self._is_ascii:
            return start + column
        text = self.source[start : self._starts[line]]
        return start + len(text.encode()[:column].decode(errors="replace"))

    def span(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> tuple[int, int]:
        """Return where a node's text begins and ends."""
        assert node.end_lineno is not None  # noqa: S101 - the parser sets it
        assert node.end_col_offset is not None  # noqa: S101
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def text(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg) -> str:
        """Return a node's text."""
        start, end = self.span(node)
        return self.source[start:end]

    def replace(self, node: ast.expr, text: str, binding: int = _ATOM) -> TextEdit:
        """Return the edit that puts an expression of this precedence in a node's place."""
        if binding < self._required(node):
            text = f"({text})"
        return TextEdit(*self.span(node), text)

    def replace_by(self, node: ast.expr, other: ast.expr) -> TextEdit:
        """Return the edit that puts a copy of `other` in a node's place."""
        return self.replace(node, self.text(other), precedence(other))

    def put(self, node: ast.expr, within: int) -> str:
        """Return a node's text as an operand of an operator of precedence `within`."""
        text = self.text(node)
        return f"({text})" if precedence(node) < within else text

    def line_start(self, line: int) -> int:
        """Return the offset at which a line begins; that of the line past the last is the end."""
        return self._starts[min(line - 1, len(self._starts) - 1)]

    def line_of(self, offset: int) -> int:
        """Return the line, from 1, that an offset lies in."""
        low, high = 0, len(self._starts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._starts[middle] <= offset else (low, middle - 1)
        return low + 1

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield the nodes around a node, innermost first."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function_around(self, node: ast.AST) -> Function | ast.Module:
        """Return the innermost function that a node is in, or the module."""
        for outer in self.ancestors(node):
            if isinstance(outer, Function):
                return outer
        return self.tree

    def statement_around(self, node: ast.AST) -> ast.stmt | None:
        """Return the statement that a node is or is in."""
        if isinstance(node, ast.stmt):
            return node
        return next((each for each in self.ancestors(node) if isinstance(each, ast.stmt)), None)

    def is_in_annotation(self, node: ast.AST) -> bool:
        """Whether a node is a type, which no run looks at."""
        child = node
        for outer in self.ancestors(node):
            if isinstance(outer, ast.arg):
                return True
            if isinstance(outer, Function) and child is outer.returns:
                return True
            if isinstance(outer, ast.AnnAssign) and child is outer.annotation:
                return True
            if isinstance(outer, ast.stmt):
                return False
            child = outer
        return False

    @cached_property
    def docstrings(self) -> frozenset[ast.AST]:
        """The constants that document, and their statements."""
        found: set[ast.AST] = set()
        for node in ast.walk(self.tree):
            match node:
                case ast.Expr(value=ast.Constant(value=str()) as constant):
                    found |= {node, constant}
        return frozenset(found)

    def _required(self, node: ast.expr) -> int:
        """Return the precedence that whatever stands in a node's place needs."""
        parent = self.parents.get(node)
        match parent:
            case ast.Call(func=function) if node is not function:
                return 0
            case ast.Subscript(value=value) if node is not value:
                return 0
            case ast.Slice() | ast.keyword() | ast.List() | ast.Set() | ast.Dict():
                return 0
            case ast.Return() | ast.Assign() | ast.AugAssign() | ast.If() | ast.While():
                return 0
            case ast.BinOp(left=left):
                return precedence(parent) + (node is not left)
            case ast.Compare() | ast.BoolOp():
                return precedence(parent) + 1
        return precedence(node)
