"""Faults as a SARIF log (OASIS Static Analysis Results Interchange Format, version 2.1.0)."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from stepcheck import __version__
from stepcheck.server.judge.edits import JudgedFunction
from stepcheck.server.judge.verdict import Fault, FaultKind, Range, Severity

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.FATAL: "error",
    Severity.MAJOR: "error",
    Severity.SMALL: "warning",
    Severity.NEGLIGIBLE: "note",
}
_ROOT = "%SRCROOT%"
_FINGERPRINT = "stepcheckFault/v1"


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file with its judged functions, or why there are none; `path` is below the tree's root."""

    path: Path
    functions: tuple[JudgedFunction, ...] = ()
    skipped: str = ""


def to_sarif(files: Sequence[JudgedFile]) -> dict[str, Any]:
    """Return the log of one run; what was skipped is a notification, not a result."""
    rules = list(FaultKind)
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "stepcheck",
                        "semanticVersion": __version__,
                        "rules": [_to_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _to_result(file.path, function, fault, rules.index(fault.kind))
                    for file, function, fault in _distinct_faults(files)
                ],
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {
                                "level": "warning",
                                "message": {"text": f"{file.path.as_posix()} {file.skipped}"},
                                "locations": [_to_location(file.path, None)],
                            }
                            for file in files
                            if file.skipped
                        ],
                    }
                ],
            }
        ],
    }


def _distinct_faults(
    files: Sequence[JudgedFile],
) -> Iterator[tuple[JudgedFile, JudgedFunction, Fault]]:
    """Yield each fault once: a failing test of a module speaks against several functions."""
    for file in files:
        seen = set()
        for function in file.functions:
            for fault in function.judgement.faults:
                if fault not in seen:
                    seen.add(fault)
                    yield file, function, fault


def _to_rule(kind: FaultKind) -> dict[str, Any]:
    words = kind.replace("_", " ")
    return {
        "id": kind.value,
        "name": words.title().replace(" ", ""),
        "shortDescription": {"text": words.capitalize()},
    }


def _to_result(path: Path, function: JudgedFunction, fault: Fault, index: int) -> dict[str, Any]:
    location = _to_location(path, fault.range or function.range)
    location["logicalLocations"] = [{"fullyQualifiedName": function.name}]
    return {
        "ruleId": fault.kind.value,
        "ruleIndex": index,
        "level": _LEVELS[fault.severity],
        "message": {"text": f"{function.name}: {fault.message}"},
        "locations": [location],
        "partialFingerprints": {_FINGERPRINT: _fingerprint(path, function, fault)},
    }


def _to_location(path: Path, lines: Range | None) -> dict[str, Any]:
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(path.as_posix()), "uriBaseId": _ROOT}
    }
    if lines is not None:
        physical["region"] = {"startLine": lines.first_line, "endLine": lines.last_line}
    return {"physicalLocation": physical}


def _fingerprint(path: Path, function: JudgedFunction, fault: Fault) -> str:
    # Without lines, so that a fault stays the same when code above it moves.
    parts = (path.as_posix(), function.name, fault.kind.value, fault.message)
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()
