"""What the judge says of the edits in open Python files: asked once, remembered, given up."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.client.server_client import ClientError
from stepcheck.lsp.python.document import LONGEST_FILE, PythonDocument
from stepcheck.lsp.python.judge_server import JudgeServer
from stepcheck.lsp.scheduling.document_tasks import AbandonedError, DocumentWork
from stepcheck.lsp.scheduling.shared_results import SharedComputations
from stepcheck.use_cases.checked_suggestions import Note
from stepcheck.use_cases.code_edits import EditQuery, EditReport, FixReport, find_fixes, judge_edit

REMEMBERED_REPORTS = 128
TOO_LARGE = Note(
    f"This file cannot be judged: it has more than {LONGEST_FILE} characters.",
    "Move what you work on into a smaller file.",
)
STILL_MENDING = Note("Fixes are being looked for.", "Ask again in a moment.")
STILL_JUDGING = Note("The edit is being judged.", "Ask again in a moment.")
PROJECT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", ".git")


@dataclass(frozen=True, slots=True)
class Edit:
    """A document and what it was before; without `before` it is new."""

    document: PythonDocument
    before: str | None

    @property
    def key(self) -> bytes:
        """What tells edits apart: where the file is, and what it says."""
        digest = hashlib.blake2b(digest_size=16)
        before = "new" if self.before is None else f"was {self.before}"
        for part in (self.document.uri, self.document.text, before):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return digest.digest()

    def query(self, roots: Sequence[Path]) -> EditQuery:
        """Return what is asked about it; `roots` are the folders that the judge may see."""
        file = self.document.path
        if file is None:
            return EditQuery(self.document.text, self.before)
        file = file.resolve()
        project = find_project_of(file, roots)
        return EditQuery(self.document.text, self.before, file=file, project=project)


class Judgements:
    """Answers what became of the functions that were edited.

    The same edit gives the same answer, until somebody asks to judge again.
    """

    def __init__(self, judge: JudgeServer) -> None:
        self._judge = judge
        self._reports: SharedComputations[bytes, EditReport] = SharedComputations(
            REMEMBERED_REPORTS
        )
        self._fixes: SharedComputations[tuple[bytes, str], FixReport] = SharedComputations(
            REMEMBERED_REPORTS
        )
        self._work = DocumentWork()

    def known_report(self, edit: Edit) -> EditReport | None:
        """Return the answer if it is known already."""
        return self._reports.peek(edit.key)

    async def report(self, edit: Edit, patience: float) -> EditReport | None:
        """Return the judgement of an edit; `None` if the text has changed since.

        What keeps the judge from answering is a note of the report. After `patience` seconds the
        work goes on without the caller, who is told to ask again.
        """
        if edit.before == edit.document.text:
            return EditReport()
        if len(edit.document.text) > LONGEST_FILE:
            return EditReport(notes=(TOO_LARGE,))
        if (known := self.known_report(edit)) is not None:
            return known
        try:
            return await self._work.run(edit.document.uri, self._ask(edit), patience)
        except TimeoutError:
            return EditReport(notes=(STILL_JUDGING,))
        except AbandonedError:
            return None
        except ClientError as error:
            return EditReport(notes=(Note(str(error), error.remedy),))

    def forget(self, edit: Edit) -> None:
        """Judge anew when somebody next wants to know."""
        if (report := self._reports.peek(edit.key)) is not None:
            for function in report.functions:
                self._fixes.forget((edit.key, function.name))
        self._reports.forget(edit.key)

    def is_judging(self, uri: str) -> bool:
        """Whether an edit of a document is being judged."""
        return self._work.is_under_way(uri)

    def abandon(self, uri: str) -> None:
        """Stop all work for a document whose text is no longer what it was."""
        self._work.abandon(uri)

    async def fixes(self, edit: Edit, function: str, patience: float) -> FixReport | None:
        """Return verified fixes of an edited function; as `report`."""
        if (known := self.known_fixes(edit, function)) is not None:
            return known
        try:
            work = self._find_fixes(edit, function)
            return await self._work.run(edit.document.uri, work, patience)
        except TimeoutError:
            return FixReport(notes=(STILL_MENDING,))
        except AbandonedError:
            return None
        except ClientError as error:
            return FixReport(notes=(Note(str(error), error.remedy),))

    def known_fixes(self, edit: Edit, function: str) -> FixReport | None:
        """Return the fixes if they are known already."""
        return self._fixes.peek((edit.key, function))

    async def _ask(self, edit: Edit) -> EditReport:
        query = edit.query(self._judge.project_roots)

        async def compute() -> EditReport:
            return await self._judge.ask(lambda client: judge_edit(client, query))

        return await self._reports.get(edit.key, compute, lambda report: not report.notes)

    async def _find_fixes(self, edit: Edit, function: str) -> FixReport:
        query = edit.query(self._judge.project_roots)

        async def compute() -> FixReport:
            return await self._judge.ask(lambda client: find_fixes(client, query, function))

        return await self._fixes.get((edit.key, function), compute)


def find_project_of(file: Path, roots: Sequence[Path]) -> Path | None:
    """Return the folder of the project that a file belongs to, within one of the roots.

    It is the nearest above the file with one of `PROJECT_MARKERS`, else the root itself.
    """
    file = file.resolve()
    for root in sorted((root.resolve() for root in roots), key=lambda r: -len(r.parts)):
        if not file.is_relative_to(root) or not root.is_dir():
            continue
        above = [folder for folder in file.parents if folder.is_relative_to(root)]
        for folder in above:
            if any((folder / marker).exists() for marker in PROJECT_MARKERS):
                return folder
        return root
    return None
