"""Run the candidate's text as a module: on its own, or as one of a project.

In a project, it runs on the project's interpreter, which may be as old as Python 3.9.
"""

from __future__ import annotations

import importlib
import linecache
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

FILE_NAME = "<candidate>"


class _CandidateFinder:
    """Finds one module, and loads the text that stands in for its file.

    The classes that finders and loaders may inherit from take long to import, and add nothing.
    """

    def __init__(self, name: str, file: str, source: str, code: CodeType | None) -> None:
        self._name = name
        self._file = file
        self._source = source
        self._code = code

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find that module, and none other."""
        if fullname != self._name:
            return None
        is_package = Path(self._file).name == "__init__.py"
        folders = [str(Path(self._file).parent)] if is_package else None
        return spec_from_file_location(
            fullname, self._file, loader=cast(Any, self), submodule_search_locations=folders
        )

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the text."""
        _execute(self._code or self._source, self._file, module)

    def get_source(self, _fullname: str) -> str:
        """Return the text, for tracebacks and `inspect`."""
        return self._source


def load_candidate(
    source: str, place: dict[str, Any] | None, code: CodeType | None = None
) -> ModuleType:
    """Return the module that `source` makes; raises what it raises.

    `code` runs for it if there is some. `place` says as which `module` and `file` of a project, and
    with which folders in `search`.
    """
    file = place["file"] if place else FILE_NAME
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    if place is None:
        module = ModuleType("candidate")
        sys.modules["candidate"] = module
        _execute(code or source, file, module)
        return module
    # A project may have modules named as ours are, and even be ours.
    for name in [name for name in sys.modules if name.partition(".")[0] == "stepcheck"]:
        del sys.modules[name]
    sys.path[:0] = place["search"]
    sys.meta_path.insert(0, cast(Any, _CandidateFinder(place["module"], file, source, code)))
    return importlib.import_module(place["module"])


def _execute(source: str | CodeType, file: str, module: ModuleType) -> None:
    code = (
        source if isinstance(source, CodeType) else compile(source, file, "exec", dont_inherit=True)
    )
    exec(code, module.__dict__)  # noqa: S102 - it is isolated
