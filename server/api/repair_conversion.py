"""From what is asked of a repair to its question, and from fixes to answers."""

from pathlib import Path

from stepcheck.server.api.judge_conversion import to_found_evidence
from stepcheck.server.api.repair_schemas import (
    CheckedFix,
    RangeEdit,
    RepairRequest,
    RepairResponse,
    TextRange,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.repair.program import TextEdit, line_starts
from stepcheck.server.repair.repair import Fix, Repair
from stepcheck.server.sandbox.project import Project


def to_repair_question(asked: RepairRequest, project: Path | None) -> Question:
    """Return what the judge will be asked of each edit."""
    return Question(
        code=asked.code,
        language=asked.language,
        before=asked.before,
        intent=asked.intent,
        examples=asked.examples,
        tests=asked.tests,
        reference=asked.reference,
        function=asked.function,
        project=Project(project) if project else None,
        path=Path(asked.path) if asked.path else None,
    )


def to_repair_response(code: str, repair: Repair) -> RepairResponse:
    """Return what a repair of `code` found, as the contract words it."""
    return RepairResponse(
        fixes=[_to_fix(code, fix) for fix in repair.fixes],
        tried=repair.tried,
        milliseconds=repair.milliseconds,
        note=repair.note,
    )


def _to_fix(code: str, fix: Fix) -> CheckedFix:
    starts = line_starts(code)
    return CheckedFix(
        edits=[RangeEdit(range=_to_range(starts, edit), text=edit.text) for edit in fix.edits],
        message=fix.message,
        checked=list(map(to_found_evidence, fix.judgement.evidence)),
        confidence=fix.confidence,
    )


def _to_range(starts: list[int], edit: TextEdit) -> TextRange:
    first_line, first_column = _to_place(starts, edit.start)
    last_line, last_column = _to_place(starts, edit.end)
    return TextRange(
        first_line=first_line,
        first_column=first_column,
        last_line=last_line,
        last_column=last_column,
    )


def _to_place(starts: list[int], offset: int) -> tuple[int, int]:
    # The last of the starts is the end of the text, where a line begins only after a line break.
    line = max(1, sum(start <= offset for start in starts[:-1]))
    return line, offset - starts[line - 1]
