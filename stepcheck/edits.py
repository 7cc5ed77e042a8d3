"""The use case for code: what an edit of a file made of its functions, judged by running it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from stepcheck.assistant import Note
from stepcheck.client import SuggestionClient
from stepcheck.server.judge.verdict import FaultKind, Finding, Severity, Verdict
from stepcheck.server.judge_schemas import (
    EditedFunction,
    FoundEvidence,
    FoundFault,
    JudgeEditRequest,
    LineRange,
)

__all__ = [
    "EditQuery",
    "EditReport",
    "EditedFunction",
    "FaultKind",
    "Finding",
    "Fix",
    "FixReport",
    "FoundEvidence",
    "FoundFault",
    "LineRange",
    "Replacement",
    "Severity",
    "Verdict",
    "judge_edit",
]


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


@dataclass(frozen=True, slots=True)
class EditReport:
    """The judgement of every function that an edit touched.

    `notes` tell what went wrong, such as a file that is too large.
    """

    functions: tuple[EditedFunction, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Text that takes the place of what is between two offsets, in characters."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A small edit that was verified: with it, the code passed what is in `checked`."""

    edits: tuple[Replacement, ...]
    message: str
    confidence: float
    checked: tuple[FoundEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class FixReport:
    """The verified fixes of a function, best first; `notes` tell what went wrong."""

    fixes: tuple[Fix, ...] = ()
    notes: tuple[Note, ...] = ()


async def judge_edit(client: SuggestionClient, query: EditQuery) -> EditReport:
    """Have an edit judged. Raises `stepcheck.client.ClientError`."""
    try:
        request = JudgeEditRequest(
            language=query.language,
            path=query.path_in_project,
            before=query.before,
            after=query.after,
            project=str(query.project) if query.project else None,
        )
    except ValidationError as error:
        problem = f"This file cannot be judged: {error.errors()[0]['msg']}."
        return EditReport(notes=(Note(problem, "Move what you work on into a smaller file."),))
    answer = await client.judge_edit(request)
    return EditReport(tuple(answer.functions))
