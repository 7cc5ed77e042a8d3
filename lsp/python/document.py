"""A Python file as the editor has it, and the functions in it."""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lsprotocol import types

from stepcheck.lsp.protocol.document import OpenDocument

LONGEST_FILE = 100_000
"""Characters; what is longer is not judged."""

REMEMBERED_TEXTS = 32

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class FunctionPlace:
    """A function by its dotted name, with its lines, from 1, both ends included.

    Functions with the same `shape` are the same but for white space and comments, those with the
    same `text` altogether.
    """

    name: str
    first_line: int
    header_line: int
    last_line: int
    shape: bytes
    text: bytes


@dataclass(frozen=True)
class PythonDocument(OpenDocument):
    """One version of a Python file."""

    @property
    def functions(self) -> dict[str, FunctionPlace] | None:
        """The functions by their names, without those within functions; `None`: no Python.

        Of several with the same name the last counts. Takes a while for a large file, once.
        """
        return find_functions(self.text)

    def changed_functions(self, before: str | None) -> list[FunctionPlace]:
        """Return the functions that are not as they were; takes a while for a large file."""
        was = find_functions(before or "") or {}
        return [
            place
            for name, place in (self.functions or {}).items()
            if name not in was or was[name].shape != place.shape
        ]

    def range_of_lines(self, first_line: int, last_line: int) -> types.Range:
        """Return the range of lines from 1, without the indentation of the first."""
        start, end = self.positions.bounds_of_line(first_line - 1)
        indentation = len(self.text[start:end]) - len(self.text[start:end].lstrip())
        _, end = self.positions.bounds_of_line(max(last_line, first_line) - 1)
        return self.positions.range_of(start + indentation, end)


@lru_cache(maxsize=REMEMBERED_TEXTS)
def find_functions(source: str) -> dict[str, FunctionPlace] | None:
    """Return the functions of a module by their dotted names; `None` if it is no Python."""
    if len(source) > LONGEST_FILE:
        return None
    try:
        tree = ast.parse(source)
        lines = split_lines(source)
        return {place.name: place for place in _within(tree, "", lines)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def split_lines(source: str) -> list[str]:
    """Split at LF, CR LF and CR and nowhere else, as Python's grammar and editors do."""
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _within(node: ast.AST, prefix: str, lines: list[str]) -> Iterator[FunctionPlace]:
    for statement in _statements(node):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                first = min((statement.lineno, *(each.lineno for each in statement.decorator_list)))
                last = statement.end_lineno or statement.lineno
                text = "\n".join(lines[first - 1 : last])
                yield FunctionPlace(
                    prefix + statement.name,
                    first,
                    statement.lineno,
                    last,
                    _digest(ast.dump(statement)),
                    _digest(text),
                )
            case ast.ClassDef():
                yield from _within(statement, f"{prefix}{statement.name}.", lines)
            case _:
                yield from _within(statement, prefix, lines)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield from block


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
