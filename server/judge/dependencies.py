"""What a judgement depends on beside the question: the judge's code, tools, and the project."""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from stepcheck.server.sandbox.interpreters import find_interpreter
from stepcheck.server.sandbox.project import Project

_LIBRARIES = (
    *("hypothesis", "mypy", "ruff", "tree-sitter", "tree-sitter-cpp", "tree-sitter-go"),
    *("tree-sitter-java", "tree-sitter-javascript"),
)
_TOOLS = ("cc", "c++", "clang++", "g++", "go", "java", "javac", "node")
_SKIPPED_FOLDERS = frozenset({".git", ".hg", "__pycache__", "node_modules"})
_CACHE_SUFFIXES = ("_cache",)
_MAX_ENTRIES = 20_000


def describe_dependencies(
    project: Project | None, path: Path | None, language: str
) -> tuple[object, ...] | None:
    """Return what a judgement depends on, or None for a project with too many files.

    Of a project's files, size and time of change stand for the content; the judged one, which the
    question holds, is left out.
    """
    described: tuple[object, ...] = (_describe_judge(), *_describe_tools(language))
    if project is None:
        return described
    files = _describe_project(project, path)
    return None if files is None else (*described, files)


@cache
def _describe_judge() -> str:
    """Return a digest of the judge's own code and fitted figures, and of what runs it."""
    digest = hashlib.sha256()
    server = Path(__file__).parent.parent
    own = ("judge/**/*.py", "judge/**/*.json", "judge/languages/harness/*", "sandbox/**/*.py")
    for file in sorted(file for pattern in own for file in server.glob(pattern)):
        digest.update(f"{file.relative_to(server)}\0".encode())
        digest.update(file.read_bytes())
    versions = [sys.version, platform.platform()]
    versions += map(_version, _LIBRARIES)
    digest.update("\0".join(versions).encode())
    return digest.hexdigest()


def _version(library: str) -> str:
    try:
        return f"{library} {importlib.metadata.version(library)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {library}"


def _describe_tools(language: str) -> Iterator[tuple[str, int]]:
    if language == "python":
        return
    for tool in _TOOLS:
        if place := shutil.which(tool):
            yield place, Path(place).stat().st_mtime_ns


def _describe_project(project: Project, path: Path | None) -> str | None:
    root = project.root.resolve()
    judged = None if path is None else os.fspath(root / path)
    digest = hashlib.sha256(os.fsencode(root))
    interpreter = project.interpreter or find_interpreter(root)
    sites = sorted(interpreter.parent.parent.glob("lib/python3*/*-packages"))
    for place in (interpreter, *sites):
        digest.update(_describe_file(place))
    waiting, count = [os.fspath(root)], 0
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue
        count += len(entries)
        if count > _MAX_ENTRIES:
            return None
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _SKIPPED_FOLDERS and not entry.name.endswith(_CACHE_SUFFIXES):
                    waiting.append(entry.path)
            elif entry.path != judged:
                digest.update(_describe_file(Path(entry.path)))
    return digest.hexdigest()


def _describe_file(file: Path) -> bytes:
    try:
        status = file.stat()
    except OSError:
        return os.fsencode(file) + b"\0missing\0"
    return os.fsencode(file) + f"\0{status.st_size} {status.st_mtime_ns}\0".encode()
