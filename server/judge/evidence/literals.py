"""Values written in prose or in JSON, read as Python."""

import ast
from typing import Any

from stepcheck.server.sandbox.parsing import parse_expression

_CONSTANTS = {"true": True, "false": False, "null": None, "nil": None}
_PLAIN = (
    *(ast.Constant, ast.List, ast.Tuple, ast.Set, ast.Dict),
    *(ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.expr_context),
)


class _Respell(ast.NodeTransformer):
    """Names that other languages give to Python's constants become these."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_CONSTANTS[node.id]) if node.id in _CONSTANTS else node


def read_expression(text: str) -> ast.expr | None:
    """Return the expression that the text is, or None."""
    try:
        expression: ast.expr = _Respell().visit(parse_expression(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return expression


def read_value(text: str) -> ast.expr | None:
    """Return the plain value that the whole text is, or None."""
    tree = read_expression(text)
    return tree if tree is not None and is_plain(tree) else None


def is_plain(node: ast.expr) -> bool:
    """Tell whether an expression has literals alone."""
    return all(isinstance(inner, _PLAIN) for inner in ast.walk(node)) and not (
        isinstance(node, ast.Constant) and node.value is ...
    )


def read_arguments(call: str) -> tuple[str, tuple[Any, ...]] | None:
    """Return the name and the arguments of a call of plain values by position, or None."""
    try:
        tree = parse_expression(call.strip())
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.keywords:
            return None
        return tree.func.id, tuple(ast.literal_eval(argument) for argument in tree.args)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
