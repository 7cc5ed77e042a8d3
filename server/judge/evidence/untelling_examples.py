"""Examples that almost any code meets: they show no result, or only of which class it is.

What fails one of them is wrong; what passes is not known to be right.
"""

import ast
import re
from collections.abc import Sequence

from stepcheck.server.sandbox.parsing import parse_module
from stepcheck.server.sandbox.sandbox import Check

_OBJECT_ALONE = re.compile(
    r"<[\w.]+(?:\s+object)?(?:\s+at\s+(?:0x[0-9a-fA-F]*)?(?:\.\.\.)?)?:?\s*>"
    r"|<Figure size [\dx.]+ with \d+ Axes>"
)
_OF_CLASS = frozenset({"type", "isinstance", "issubclass", "callable"})


def is_untelling(check: Check) -> bool:
    """Tell whether passing a check says almost nothing of what its calls give."""
    session = check.session
    if session is None:
        return check.expected is not None and _asks_for_class(check.source)
    if session.exception is not None:
        return False
    if _asks_for_class(session.text):
        return True
    want = session.want.strip()
    return not session.is_claim and (not want or _OBJECT_ALONE.fullmatch(want) is not None)


def _asks_for_class(source: str) -> bool:
    try:
        statements: Sequence[ast.stmt] = parse_module(source.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    match statements:
        case [*_, ast.Expr(value=asked)]:
            return _is_class(asked)
    return False


def _is_class(node: ast.expr) -> bool:
    """Tell whether an expression depends on the class of a value alone."""
    match node:
        case ast.Call(func=ast.Name(id="print" | "str" | "repr"), args=[inner], keywords=[]):
            return _is_class(inner)
        case ast.Call(func=ast.Name(id=name)):
            return name in _OF_CLASS
        case ast.Attribute(value=value, attr="__name__" | "__qualname__"):
            return _is_class(value)
        case ast.Compare(left=left):
            return _is_class(left)
        case ast.BoolOp(values=values):
            return all(map(_is_class, values))
    return False
