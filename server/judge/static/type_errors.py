"""What an edit breaks in the types: errors that mypy finds after it and did not find before.

Where mypy is not installed, nothing is found. It reads the code and runs none of it: no settings
of a project are read, so that no plugin is loaded, and no installed packages are looked at.
"""

import atexit
import importlib.util
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from stepcheck.server.judge.cache_folder import cache_folder
from stepcheck.server.judge.languages.python.changes import find_member
from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.launcher import Launcher
from stepcheck.server.sandbox.processes import read_chunks

_MODULE = "stepcheck.server.judge.static.mypy_run"
_SECONDS = 20.0
_DEPTH = 5
"""Packages above the code, so that relative imports have something to be relative to."""

_SHOWN = frozenset(
    {
        "arg-type",
        "attr-defined",
        "call-arg",
        "call-overload",
        "dict-item",
        "func-returns-value",
        "index",
        "list-item",
        "operator",
        "return",
        "return-value",
        "str-format",
        "typeddict-item",
        "union-attr",
    }
)
"""mypy's codes of errors that show in what code does, rather than in how it is annotated."""


@dataclass(frozen=True, slots=True)
class TypeFinding:
    """An error that mypy found; the line counts from 1."""

    line: int
    message: str


def examine(source: str, before: str, function: str) -> Evidence:
    """Look for errors of type in the function that `before` had nowhere; they refute nothing."""
    try:
        member = find_member(parse(source), function)
        parse(before)
    except SourceError:
        return _nothing()
    if member is None or importlib.util.find_spec("mypy") is None:
        return _nothing()
    try:
        old, new = check((before, source))
    except TimeoutError:
        note = f"the types could not be checked within {_SECONDS:g} s"
        return Evidence(EvidenceKind.STATIC, Finding.NOTHING, notes=(note,), unfinished=1)
    known = {finding.message for finding in old}
    faults = tuple(
        Fault(Range(each.line, each.line), Severity.SMALL, FaultKind.TYPE, each.message)
        for each in new
        if each.message not in known
        and member.range.first_line <= each.line <= member.range.last_line
    )
    return Evidence(EvidenceKind.STATIC, Finding.NOTHING, faults=faults)


def warm_up() -> None:
    """Start what checks types, if mypy is installed."""
    if importlib.util.find_spec("mypy") is not None:
        _launcher().start()


@lru_cache(maxsize=16)
def check(sources: tuple[str, ...]) -> tuple[tuple[TypeFinding, ...], ...]:
    """Return what mypy finds in each source, nothing if it fails; raises `TimeoutError`."""
    found: list[list[TypeFinding]] = [[] for _ in sources]
    with tempfile.TemporaryDirectory(prefix="stepcheck-types-") as folder:
        files = [_write(Path(folder), number, text) for number, text in enumerate(sources)]
        arguments = [
            "--config-file=",
            "--no-site-packages",
            f"--cache-dir={_cache()}",
            "--follow-imports=skip",
            "--ignore-missing-imports",
            "--check-untyped-defs",
            "--no-error-summary",
            "--hide-error-context",
            "--output=json",
            *files,
        ]
        order = {"folder": folder, "arguments": arguments}
        with _launcher().launch(_MODULE, order, ()) as process:
            output = b"".join(_read_all(process.stdout.fileno()))
    for number, finding in _read(output):
        found[number].append(finding)
    return tuple(map(tuple, found))


@cache
def _launcher() -> Launcher:
    """Return what forks mypy from a process that has it imported, which takes most of its time."""
    launcher = Launcher(("-I", "-B"), (_MODULE,))
    atexit.register(launcher.close)
    return launcher


def _read_all(descriptor: int) -> Iterator[bytes]:
    deadline = time.monotonic() + _SECONDS
    for _, chunk in read_chunks([descriptor], deadline, lambda: False):
        yield chunk
        if not chunk:
            return
    raise TimeoutError


def _nothing() -> Evidence:
    return Evidence(EvidenceKind.STATIC, Finding.NOTHING)


def _write(folder: Path, number: int, source: str) -> str:
    package = folder
    for _ in range(_DEPTH):
        package /= f"p{number}"
        package.mkdir()
        (package / "__init__.py").touch()
    file = package / "judged.py"
    file.write_text(source, encoding="utf-8", errors="replace")
    return str(file.relative_to(folder))


def _cache() -> str:
    folder = cache_folder() / "types"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return os.devnull
    return str(folder)


def _read(output: bytes) -> Iterator[tuple[int, TypeFinding]]:
    for line in output.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        match entry:
            case {
                "file": str() as file,
                "line": int() as number,
                "message": str() as message,
                "code": str() as code,
                "severity": "error",
            } if code in _SHOWN:
                yield int(Path(file).parts[0].removeprefix("p")), TypeFinding(number, message)
