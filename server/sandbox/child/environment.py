"""Go on as the same interpreter in another environment, as if started by its executable.

What an environment brings along runs while it is entered (`.pth` files, `sitecustomize`): the
process must be isolated before.
"""

import os
import site
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    BuiltinImporter,
    ExtensionFileLoader,
    FileFinder,
    FrozenImporter,
    PathFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from typing import Any, cast
from zipimport import zipimporter

_SITE_FOLDERS = ("site-packages", "dist-packages")
_ALWAYS_LOADED = frozenset(
    {
        *("_collections_abc", "_sitebuiltins", "abc", "builtins", "codecs", "encodings"),
        *("genericpath", "io", "marshal", "os", "posix", "posixpath", "site", "stat", "sys"),
        *("time", "zipimport"),
    }
)
"""Modules that an interpreter has before it looks at any folder."""
_LOADERS = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


def enter_environment(executable: str, variables: Mapping[str, str], search: Sequence[str]) -> None:
    """Take on an environment's packages and variables, and forget those so far.

    `executable` is that of the environment: the program that it leads to must be this one. Modules
    in the folders of `search` stand before those of the standard library.
    """
    os.environ.clear()
    os.environ.update(variables)
    for name, module in list(sys.modules.items()):
        if _is_of_packages(getattr(module, "__file__", None) or ""):
            del sys.modules[name]
    sys.meta_path[:] = cast(Any, [BuiltinImporter, FrozenImporter, PathFinder])
    sys.path_hooks[:] = [zipimporter, FileFinder.path_hook(*_LOADERS)]
    sys.path_importer_cache.clear()
    sys.path[:] = [path for path in sys.path if _is_of_standard_library(path)]
    sys.executable = executable
    sys.prefix, sys.exec_prefix = sys.base_prefix, sys.base_exec_prefix
    site.PREFIXES[:] = [sys.prefix, sys.exec_prefix]
    site.main()
    for folder in search:
        for name in {entry.partition(".")[0] for entry in _list(folder)} - _ALWAYS_LOADED:
            sys.modules.pop(name, None)


def _list(folder: str) -> list[str]:
    try:
        return [entry.name for entry in Path(folder).iterdir()]
    except OSError:
        return []


def _is_of_packages(path: str) -> bool:
    return any(part in _SITE_FOLDERS for part in Path(path).parts)


def _is_of_standard_library(path: str) -> bool:
    return path.startswith((sys.base_prefix, sys.base_exec_prefix)) and not _is_of_packages(path)
