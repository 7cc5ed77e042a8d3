"""A Python file as the editor has it, and the functions in it."""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lsprotocol import types

from stepcheck.lsp.protocol.document import OpenDocument

MAX_FILE_CHARACTERS = 100_000
"""A longer file is not judged."""

CACHED_TEXTS = 32

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """A function by its dotted name, with its lines, from 1, both ends included.

    Functions with the same `syntax_digest` are equal up to white space and comments, those with
    the same `text_digest` altogether. `header_line` is that of the `def`.
    """

    name: str
    first_line: int
    header_line: int
    last_line: int
    syntax_digest: bytes
    text_digest: bytes


@dataclass(frozen=True)
class PythonDocument(OpenDocument):
    """One version of a Python file."""

    @property
    def is_too_large(self) -> bool:
        """Whether it is too large to be judged."""
        return len(self.text) > MAX_FILE_CHARACTERS

    @property
    def functions(self) -> dict[str, FunctionDefinition] | None:
        """The functions by their names, without nested ones; `None` if this is no Python.

        Of several with the same name the last counts. Takes a while for a large file, once.
        """
        return find_functions(self.text)

    def changed_functions(self, before: str | None) -> list[FunctionDefinition]:
        """Return the new and changed functions; takes a while for a large file."""
        previous = find_functions(before or "") or {}
        return [
            definition
            for name, definition in (self.functions or {}).items()
            if name not in previous or previous[name].syntax_digest != definition.syntax_digest
        ]

    def range_of_lines(self, first_line: int, last_line: int) -> types.Range:
        """Return the range of lines from 1, without the indentation of the first."""
        start, end = self.positions.bounds_of_line(first_line - 1)
        indentation = len(self.text[start:end]) - len(self.text[start:end].lstrip())
        _, end = self.positions.bounds_of_line(max(last_line, first_line) - 1)
        return self.positions.range_of(start + indentation, end)


@lru_cache(maxsize=CACHED_TEXTS)
def find_functions(source: str) -> dict[str, FunctionDefinition] | None:
    """Return the functions of a module by their dotted names; `None` if it is no Python."""
    if len(source) > MAX_FILE_CHARACTERS:
        return None
    try:
        tree = ast.parse(source)
        lines = split_lines(source)
        return {each.name: each for each in _find_in(tree, "", lines)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def split_lines(source: str) -> list[str]:
    """Split at LF, CR LF and CR and nowhere else, as Python's grammar and editors do."""
    return source.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _find_in(node: ast.AST, prefix: str, lines: list[str]) -> Iterator[FunctionDefinition]:
    for statement in _statements(node):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                first = min((statement.lineno, *(each.lineno for each in statement.decorator_list)))
                last = statement.end_lineno or statement.lineno
                text = "\n".join(lines[first - 1 : last])
                yield FunctionDefinition(
                    prefix + statement.name,
                    first,
                    statement.lineno,
                    last,
                    _digest(ast.dump(statement)),
                    _digest(text),
                )
            case ast.ClassDef():
                yield from _find_in(statement, f"{prefix}{statement.name}.", lines)
            case _:
                yield from _find_in(statement, prefix, lines)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield from block


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
