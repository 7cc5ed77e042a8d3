"""Make one call of the candidate and describe all that came of it: for comparison elsewhere.

A call is text: statements that prepare it, an expression, and plain values in its places. Each has
a new, empty folder, the same seeds and no figure left from another. No right answer is known here,
so the code can only lie about itself.
"""

from __future__ import annotations

import ast
import os
import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.coroutines import settle
from stepcheck.server.sandbox.child.description import Describer
from stepcheck.server.sandbox.child.file_description import checksum, describe_file
from stepcheck.server.sandbox.child.transport import UntransportableError

PLACE = "_place_{}"
"""The names under which the values of a call are known to its text."""

_CALL_FILE = "<call>"
_MAX_FILES = 50


def observe(module: Any, output: Any, *request: Any) -> dict[str, Any]:
    """Return what the call gives, prints, changes, draws and writes, as descriptions.

    The `request` is the texts of preparation and call, the values, and a seed; `output` collects
    what is printed. Where the preparation fails, that is all that is said. Raises what the call
    raises, and `UntransportableError` for what has no description.
    """
    setup, call, values, seed = request
    with _empty_folder() as folder:
        _seed(seed)
        return _observe(module, output, _parse(setup, call), values, folder)


@contextmanager
def _empty_folder() -> Iterator[str]:
    """Make a folder the working one for a while, and remove it with all that is in it."""
    former = os.getcwd()  # noqa: PTH109 - it need not be a Path
    folder = f"/tmp/call-{os.getpid()}"  # noqa: S108 - the sandbox's own
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(former)
        try:
            os.rmdir(folder)  # noqa: PTH106
        except OSError:
            import shutil  # There are files in it.

            shutil.rmtree(folder, ignore_errors=True)


def _parse(setup: str, call: str) -> tuple[ast.Module, ast.expr]:
    return ast.parse(setup), ast.parse(call, mode="eval").body


def _observe(
    module: Any, output: Any, text: tuple[ast.Module, ast.expr], values: list[Any], folder: str
) -> dict[str, Any]:
    names: dict[str, Any] = {"nodes": nodes, **vars(module), "__name__": "check"}
    names.update((PLACE.format(number), value) for number, value in enumerate(values))
    setup, expression = text
    with warnings.catch_warnings(), redirect_stdout(output), redirect_stderr(type(output)()):
        warnings.simplefilter("ignore")
        try:
            _close_figures()
            exec(compile(setup, _CALL_FILE, "exec"), names)  # noqa: S102 - it is isolated
            evaluated, arguments = _prepare(expression, names)
        except Exception as error:
            return {"unprepared": f"{type(error).__name__}: {error}"[:200]}
        output.take()
        describer = Describer(folder)
        value = settle(eval(evaluated, names))  # noqa: S307 - it is isolated
        described = describer.describe(value)
        if isinstance(described, list) and described[0] == "opaque":
            raise UntransportableError(f"nothing tells what the {described[1]} returned is")
        files = _list_files(folder)
        return {
            "value": described,
            "printed": describer.describe(output.take()),
            "arguments": describer.all(_lasting(names[name]) for name in arguments),
            "figures": _figures(describer),
            "files": [[name, describe_file(path, describer)] for name, path in files],
            "checksums": [checksum(path) for _, path in files],
        }


def _lasting(value: Any) -> Any:
    """Return what lasts of an argument: of a cursor the database, not the rows not yet read."""
    sqlite = sys.modules.get("sqlite3")
    return value.connection if sqlite and isinstance(value, sqlite.Cursor) else value


def _prepare(expression: ast.expr, names: dict[str, Any]) -> tuple[Any, list[str]]:
    """Evaluate the arguments of the outermost call under names of their own; return these."""
    arguments: list[str] = []

    def named(node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Starred):
            return node
        name = f"_argument_{len(arguments)}"
        names[name] = eval(_compile(node), names)  # noqa: S307 - it is isolated
        arguments.append(name)
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    if isinstance(expression, ast.Call):
        keywords = [
            ast.copy_location(ast.keyword(each.arg, named(each.value)), each.value)
            if each.arg
            else each
            for each in expression.keywords
        ]
        given = [named(argument) for argument in expression.args]
        function = expression.func
        if isinstance(function, ast.Attribute):
            # The object of a method comes last: what it holds afterwards is compared as well.
            owner = named(function.value)
            function = ast.copy_location(ast.Attribute(owner, function.attr, ast.Load()), function)
            if isinstance(names[arguments[-1]], types.ModuleType):
                arguments.pop()
        expression = ast.copy_location(ast.Call(function, given, keywords), expression)
    return _compile(expression), arguments


def _compile(expression: ast.expr) -> Any:
    return compile(ast.fix_missing_locations(ast.Expression(expression)), _CALL_FILE, "eval")


def _seed(seed: int) -> None:
    import random

    random.seed(seed)
    for name in ("numpy", "torch"):
        library = sys.modules.get(name)
        if library is None:
            continue
        if name == "numpy":
            library.random.seed(seed)
        else:
            library.manual_seed(seed)


def _close_figures() -> None:
    plots = sys.modules.get("matplotlib.pyplot")
    if plots is not None:
        plots.close("all")


def _figures(describer: Describer) -> list[Any]:
    plots = sys.modules.get("matplotlib.pyplot")
    if plots is None:
        return []
    return describer.all(map(plots.figure, plots.get_fignums()))


def _list_files(folder: str) -> list[tuple[str, str]]:
    """Return the first files in a folder, in order: each path from there, and the whole path."""
    found: list[tuple[str, str]] = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)  # noqa: PTH118 - it need not be a Path
            relative = os.path.relpath(path, folder)
            if len(found) < _MAX_FILES and os.path.isfile(path):  # noqa: PTH113
                found.append((relative, path))
    return found
