"""The use case of code edits: the judgement of each edited function, and fixes for it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from stepcheck.client.server_client import ServerClient
from stepcheck.server.api.judge_schemas import (
    EditedFunction,
    FoundEvidence,
    FoundFault,
    JudgeEditRequest,
)
from stepcheck.server.api.repair_schemas import CheckedFix, RepairRequest, TextRange
from stepcheck.server.judge.verdict import EvidenceKind, Finding, Severity, Verdict
from stepcheck.use_cases.note import Note

__all__ = [
    "CheckedFix",
    "EditQuery",
    "EditReport",
    "EditedFunction",
    "EvidenceKind",
    "Finding",
    "FixReport",
    "FoundEvidence",
    "FoundFault",
    "Severity",
    "TextRange",
    "Verdict",
    "find_fixes",
    "judge_edit",
]

MAX_FIXES = 3


@dataclass(frozen=True, slots=True)
class EditQuery:
    """A file before and after an edit; without `before` it is new.

    `file` is where it is, `project` the folder that it belongs to, if any.
    """

    after: str
    before: str | None
    language: str = "python"
    file: Path | None = None
    project: Path | None = None

    @property
    def path_in_project(self) -> str | None:
        """Where the file is within the project."""
        if self.file is None or self.project is None:
            return None
        return self.file.relative_to(self.project).as_posix()

    @property
    def project_folder(self) -> str | None:
        """The project, as a request names it."""
        return str(self.project) if self.project else None


@dataclass(frozen=True, slots=True)
class EditReport:
    """The judgement of every function that an edit touched.

    `notes` tell what went wrong, such as a file that is too large.
    """

    functions: tuple[EditedFunction, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class FixReport:
    """The fixes of a function after which it was found correct, the best first.

    `notes` tell what went wrong, or why there is none.
    """

    fixes: tuple[CheckedFix, ...] = ()
    notes: tuple[Note, ...] = ()


async def judge_edit(client: ServerClient, query: EditQuery) -> EditReport:
    """Have an edit judged. Raises `ClientError`."""
    try:
        request = JudgeEditRequest(
            language=query.language,
            path=query.path_in_project,
            before=query.before,
            after=query.after,
            project=query.project_folder,
        )
    except ValidationError as error:
        return EditReport(notes=(_explain_refusal(error),))
    answer = await client.judge_edit(request)
    return EditReport(tuple(answer.functions))


async def find_fixes(client: ServerClient, query: EditQuery, function: str) -> FixReport:
    """Look for small edits that make a function right. Raises `ClientError`."""
    try:
        request = RepairRequest(
            language=query.language,
            code=query.after,
            function=function,
            before=query.before,
            path=query.path_in_project,
            project=query.project_folder,
            limit=MAX_FIXES,
        )
    except ValidationError as error:
        return FixReport(notes=(_explain_refusal(error),))
    answer = await client.repair(request)
    notes = (Note(answer.note),) if answer.note and not answer.fixes else ()
    return FixReport(tuple(answer.fixes), notes)


def _explain_refusal(error: ValidationError) -> Note:
    problem = f"This file cannot be judged: {error.errors()[0]['msg']}."
    return Note(problem, "Move what you work on into a smaller file.")
