"""The diagnostics of judged documents, kept up to date while their texts change."""

from collections.abc import Iterator
from dataclasses import dataclass

from lsprotocol import types

from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.python.document import FunctionDefinition, PythonDocument
from stepcheck.use_cases.code_edits import EditedFunction, EditReport, FoundFault, Severity, Verdict

_SEVERITIES = {
    Severity.FATAL: types.DiagnosticSeverity.Error,
    Severity.MAJOR: types.DiagnosticSeverity.Error,
    Severity.SMALL: types.DiagnosticSeverity.Warning,
    Severity.NEGLIGIBLE: types.DiagnosticSeverity.Information,
}


@dataclass(frozen=True, slots=True)
class _JudgedDocument:
    document: PythonDocument
    report: EditReport


class JudgementDiagnostics:
    """Keeps the last judgement of each document, and makes diagnostics of its faults."""

    def __init__(self) -> None:
        self._judged: dict[str, _JudgedDocument] = {}

    def update(self, document: PythonDocument, report: EditReport) -> None:
        """Keep the judgement of a version of a document, in place of the one before."""
        self._judged[document.uri] = _JudgedDocument(document, report)

    def forget(self, uri: str) -> None:
        """Forget a document."""
        self._judged.pop(uri, None)

    def has_judgement(self, uri: str) -> bool:
        """Whether a version of a document was judged."""
        return uri in self._judged

    def unchanged_functions(self, document: PythonDocument) -> list[tuple[EditedFunction, int]]:
        """Return the judged functions whose text is the same in a later version.

        Each with its line offset: how many lines it has moved down. What belongs to no function is
        left out of a later version.
        """
        judged = self._judged.get(document.uri)
        if judged is None:
            return []
        if judged.document.text == document.text:
            return [(function, 0) for function in judged.report.functions]
        return list(_find_unchanged(judged, document))

    def diagnostics(self, document: PythonDocument) -> list[types.Diagnostic]:
        """Return diagnostics for the faults of the unchanged functions of a document."""
        return [
            _make_diagnostic(document, function, fault, line_offset)
            for function, line_offset in self.unchanged_functions(document)
            for fault in function.faults
        ]


def _find_unchanged(
    judged: _JudgedDocument, document: PythonDocument
) -> Iterator[tuple[EditedFunction, int]]:
    old_definitions, definitions = judged.document.functions or {}, document.functions or {}
    for function in judged.report.functions:
        old, new = old_definitions.get(function.name), definitions.get(function.name)
        if old is not None and new is not None and old.text_digest == new.text_digest:
            yield function, new.first_line - old.first_line


def _make_diagnostic(
    document: PythonDocument, function: EditedFunction, fault: FoundFault, line_offset: int
) -> types.Diagnostic:
    definition = (document.functions or {}).get(function.name)
    first, last = _lines_of(function, fault, definition, line_offset)
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
    function: EditedFunction,
    fault: FoundFault,
    definition: FunctionDefinition | None,
    line_offset: int,
) -> tuple[int, int]:
    if fault.range is not None:
        return fault.range.first_line + line_offset, fault.range.last_line + line_offset
    if definition is not None:
        return definition.header_line, definition.header_line
    first = function.range.first_line if function.range else 1
    return first, first
