"""Where code of no project runs that imports libraries: by our interpreter, in an empty folder."""

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from stepcheck.server.sandbox.interpreters import describe_interpreter
from stepcheck.server.sandbox.parsing import parse_module
from stepcheck.server.sandbox.project import Place

_FOLDER = Path("/tmp")  # noqa: S108 - the sandbox's own, in which nothing is
_NOT_LIBRARIES = frozenset({"stepcheck", "pytest"})
"""Ourselves, and what checks get without."""


def library_place(sources: Iterable[str]) -> Place | None:
    """Return where code runs that imports what is installed beside us; None where none does.

    Looking for a library runs none of its code. Raises `OSError` where our own interpreter cannot
    be described.
    """
    wanted = {name for source in sources for name in imported_libraries(source)}
    if not any(map(_is_installed, wanted)):
        return None
    interpreter = describe_interpreter(Path(sys.executable), _FOLDER)
    file = _FOLDER / "candidate.py"
    return Place(_FOLDER, "candidate", file, (_FOLDER,), interpreter, interpreter.readable, ())


def imported_libraries(source: str) -> Iterator[str]:
    """Yield the names of the packages that Python code imports, but for the standard library's."""
    try:
        tree = parse_module(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        for name in names:
            package = name.partition(".")[0]
            if package not in sys.stdlib_module_names and package not in _NOT_LIBRARIES:
                yield package


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False
