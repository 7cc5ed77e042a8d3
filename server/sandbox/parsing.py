"""Syntax trees where several threads make them.

CPython 3.11 counts the depth of all threads' trees together, and raises `SystemError` where one is
interrupted by another (gh-106905); trying again is enough. Whatever parses
Python in a thread calls these.
"""

import ast
import contextlib

_TRIES = 10


def parse_module(source: str) -> ast.Module:
    """Return the syntax tree of statements; raises what `ast.parse` does for a text."""
    tree = _parse(source, "exec")
    assert isinstance(tree, ast.Module)  # noqa: S101 - asked for
    return tree


def parse_expression(source: str) -> ast.expr:
    """Return the syntax tree of an expression; raises what `ast.parse` does for a text."""
    tree = _parse(source, "eval")
    assert isinstance(tree, ast.Expression)  # noqa: S101 - asked for
    return tree.body


def _parse(source: str, mode: str) -> ast.AST:
    for _ in range(_TRIES):
        with contextlib.suppress(SystemError):
            return ast.parse(source, mode=mode)
    raise ValueError("the parser failed")
