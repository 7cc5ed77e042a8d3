"""Examples that await at the top level, as Python's asyncio console and IPython allow."""

import ast
import contextlib

from stepcheck.server.sandbox.parsing import parse_module

_FUNCTION = "_example"
_FILE = "<example>"


def run_awaits(source: str) -> str:
    """Return the example such that an ordinary interpreter runs it: what it awaits, by a loop."""
    if "await" not in source and "async" not in source:
        return source
    try:
        with contextlib.suppress(SyntaxError):
            compile(source, _FILE, "exec", dont_inherit=True)
            return source
        compile(source, _FILE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        return _wrap(parse_module(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


def _wrap(tree: ast.Module) -> str:
    assigned = sorted(
        {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
    )
    body: list[ast.stmt] = [ast.Global(assigned)] if assigned else []
    for statement in tree.body:
        shown = statement
        if isinstance(statement, ast.Expr):
            display = ast.Attribute(ast.Name("_sys"), "displayhook")
            shown = ast.Expr(ast.Call(display, [statement.value], []))
        body.append(shown)
    function = ast.AsyncFunctionDef(
        _FUNCTION, ast.arguments([], [], None, [], [], None, []), body, []
    )
    text = ast.unparse(ast.fix_missing_locations(ast.Module([function], [])))
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    # One statement, as an interactive interpreter takes one at a time.
    return (
        "if True:\n    import asyncio as _asyncio, sys as _sys\n"
        f"{lines}\n    _asyncio.run({_FUNCTION}())\n"
    )
