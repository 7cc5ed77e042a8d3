"""Count the steps of a program, and end it when it has taken too many.

A step is a turn of a loop or the start of a function. A call is put there, into the tree: cheaper
than tracing, and the same on a busy machine as on an idle one.
"""

from __future__ import annotations

import ast
import builtins
import operator
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import NoReturn

_NAME = "__step__"
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class LimitError(BaseException):
    """The program has taken too many steps, or too long; raised within it, to show where it was."""


class _Exhausted:
    """What comes after the last step."""

    def __iter__(self) -> _Exhausted:
        return self

    def __next__(self) -> NoReturn:
        raise LimitError


class StepCounter:
    """Lets a program take so many steps, and tells how many it took."""

    def __init__(self) -> None:
        self.limit(0)

    def limit(self, steps: int) -> None:
        """Allow so many steps, from here."""
        self._limit = steps
        self._left = repeat(None, steps)
        step: Callable[[], None] = chain(self._left, _Exhausted()).__next__
        # Where a program finds it, and nothing that it lists shows it.
        setattr(builtins, _NAME, step)

    @property
    def taken(self) -> int:
        """The steps taken since the limit was set."""
        return self._limit - operator.length_hint(self._left)


def count_steps(tree: ast.Module) -> ast.Module:
    """Have the program count its steps, with a `StepCounter`; changes the tree, and returns it."""
    for block, is_counted, has_docstring in list(_find_blocks(tree)):
        if is_counted:
            step = _make_step(block[-1 if len(block) == 1 else has_docstring])
            block.insert(has_docstring, step)
    return tree


def _find_blocks(tree: ast.Module) -> Iterator[tuple[list[ast.stmt], bool, bool]]:
    """Yield the blocks of statements: whether steps are counted there, and a docstring opens it."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for name in _BLOCKS:
            block = getattr(node, name, None)
            # A lambda's body is an expression.
            if isinstance(block, list) and block:
                waiting += block
                if isinstance(block[0], ast.stmt) and name == "body":
                    is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                    is_loop = isinstance(node, (ast.While, ast.For, ast.AsyncFor))
                    yield block, is_function or is_loop, is_function and _is_text(block[0])


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _make_step(before: ast.stmt) -> ast.Expr:
    where = {
        "lineno": before.lineno,
        "col_offset": before.col_offset,
        "end_lineno": before.lineno,
        "end_col_offset": before.col_offset,
    }
    name = ast.Name(_NAME, ast.Load(), **where)
    return ast.Expr(ast.Call(name, [], [], **where), **where)
