"""The faults that are shown in open files: where they are, and where they are after more edits."""

from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.python.document import FunctionPlace, PythonDocument
from stepcheck.use_cases.code_edits import EditedFunction, EditReport, FoundFault, Severity, Verdict

_SEVERITIES = {
    Severity.FATAL: types.DiagnosticSeverity.Error,
    Severity.MAJOR: types.DiagnosticSeverity.Error,
    Severity.SMALL: types.DiagnosticSeverity.Warning,
    Severity.NEGLIGIBLE: types.DiagnosticSeverity.Information,
}


@dataclass(frozen=True, slots=True)
class _Judged:
    document: PythonDocument
    report: EditReport


class FaultBoard:
    """Remembers the last judgement of each document."""

    def __init__(self) -> None:
        self._judged: dict[str, _Judged] = {}

    def put(self, document: PythonDocument, report: EditReport) -> None:
        """Remember what was said of a version of a document."""
        self._judged[document.uri] = _Judged(document, report)

    def drop(self, uri: str) -> None:
        """Forget a document."""
        self._judged.pop(uri, None)

    def has(self, uri: str) -> bool:
        """Whether anything is remembered of a document."""
        return uri in self._judged

    def functions(self, document: PythonDocument) -> list[tuple[EditedFunction, int]]:
        """Return what is known of the functions of a later version, and the lines they moved down.

        A function whose text is another is left out, and so is what belongs to no function.
        """
        judged = self._judged.get(document.uri)
        if judged is None:
            return []
        if judged.document.text == document.text:
            return [(function, 0) for function in judged.report.functions]
        return list(_unchanged(judged, document))

    def diagnostics(self, document: PythonDocument) -> list[types.Diagnostic]:
        """Return the faults that still stand in a document."""
        return [
            _diagnostic(document, function, fault, moved)
            for function, moved in self.functions(document)
            for fault in function.faults
        ]


def _unchanged(judged: _Judged, now: PythonDocument) -> Iterator[tuple[EditedFunction, int]]:
    was_places, places = judged.document.functions or {}, now.functions or {}
    for function in judged.report.functions:
        was, place = was_places.get(function.name), places.get(function.name)
        if was is not None and place is not None and was.text == place.text:
            yield function, place.first_line - was.first_line


def _diagnostic(
    document: PythonDocument, function: EditedFunction, fault: FoundFault, moved: int
) -> types.Diagnostic:
    place = (document.functions or {}).get(function.name)
    first, last = _lines_of(function, fault, place, moved)
    severity = _SEVERITIES[fault.severity]
    if function.verdict is not Verdict.INCORRECT and severity is types.DiagnosticSeverity.Error:
        severity = types.DiagnosticSeverity.Warning
    return types.Diagnostic(
        range=document.range_of_lines(first, last),
        message=markdown.show_invisible(fault.message),
        severity=severity,
        code=fault.kind.value,
        source="stepcheck",
        data={"function": function.name},
    )


def _lines_of(
    function: EditedFunction, fault: FoundFault, place: FunctionPlace | None, moved: int
) -> tuple[int, int]:
    if fault.range is not None:
        return fault.range.first_line + moved, fault.range.last_line + moved
    if place is not None:
        return place.header_line, place.header_line
    first = function.range.first_line if function.range else 1
    return first, first
