"""The judgements and fixes of open Python files: computed once, cached, cancelled when outdated."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.client.errors import ClientError
from stepcheck.lsp.python.document import MAX_FILE_CHARACTERS, PythonDocument
from stepcheck.lsp.python.judge_server import JudgeServer
from stepcheck.lsp.scheduling.async_cache import AsyncCache
from stepcheck.lsp.scheduling.document_tasks import ContentModifiedError, DocumentTasks
from stepcheck.use_cases.code_edits import EditQuery, EditReport, FixReport, find_fixes, judge_edit
from stepcheck.use_cases.note import Note

CACHED_REPORTS = 128
TOO_LARGE = Note(
    f"This file cannot be judged: it has more than {MAX_FILE_CHARACTERS} characters.",
    "Move what you work on into a smaller file.",
)
STILL_REPAIRING = Note("Fixes are being looked for.", "Ask again in a moment.")
STILL_JUDGING = Note("The edit is being judged.", "Ask again in a moment.")
PROJECT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", ".git")


@dataclass(frozen=True, slots=True)
class EditedDocument:
    """A document and its text before the edit; without `before` the file is new."""

    document: PythonDocument
    before: str | None

    @property
    def key(self) -> bytes:
        """A digest that identifies the edit: of the URI and both texts."""
        digest = hashlib.blake2b(digest_size=16)
        before = "new" if self.before is None else f"was {self.before}"
        for part in (self.document.uri, self.document.text, before):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big"))
            digest.update(data)
        return digest.digest()

    def query(self, roots: Sequence[Path]) -> EditQuery:
        """Return the query for the judge; `roots` are the folders that it may see."""
        file = self.document.path
        if file is None:
            return EditQuery(self.document.text, self.before)
        file = file.resolve()
        project = find_project_of(file, roots)
        return EditQuery(self.document.text, self.before, file=file, project=project)


class Judgements:
    """Judges the edited functions of documents, and finds fixes for them.

    The same edit gives the same report, until it is invalidated.
    """

    def __init__(self, judge: JudgeServer) -> None:
        self._judge = judge
        self._reports: AsyncCache[bytes, EditReport] = AsyncCache(CACHED_REPORTS)
        self._fixes: AsyncCache[tuple[bytes, str], FixReport] = AsyncCache(CACHED_REPORTS)
        self._tasks = DocumentTasks()

    def cached_report(self, edit: EditedDocument) -> EditReport | None:
        """Return the judgement of an edit if it is cached."""
        return self._reports.find(edit.key)

    async def report(self, edit: EditedDocument, timeout: float) -> EditReport | None:
        """Return the judgement of an edit; `None` if the text has changed since.

        What keeps the judge from answering is a note of the report. After `timeout` seconds the
        work goes on without the caller, who is told to ask again.
        """
        if edit.before == edit.document.text:
            return EditReport()
        if edit.document.is_too_large:
            return EditReport(notes=(TOO_LARGE,))
        if (cached := self.cached_report(edit)) is not None:
            return cached
        try:
            return await self._tasks.run(edit.document.uri, self._judge_edit(edit), timeout)
        except TimeoutError:
            return EditReport(notes=(STILL_JUDGING,))
        except ContentModifiedError:
            return None
        except ClientError as error:
            return EditReport(notes=(Note(str(error), error.remedy),))

    def invalidate(self, edit: EditedDocument) -> None:
        """Judge an edit again when its report is next asked for."""
        if (report := self._reports.find(edit.key)) is not None:
            for function in report.functions:
                self._fixes.invalidate((edit.key, function.name))
        self._reports.invalidate(edit.key)

    def is_judging(self, uri: str) -> bool:
        """Whether an edit of a document is being judged."""
        return self._tasks.is_running(uri)

    def cancel(self, uri: str) -> None:
        """Cancel all work for a document whose text has changed."""
        self._tasks.cancel(uri)

    async def fixes(self, edit: EditedDocument, function: str, timeout: float) -> FixReport | None:
        """Return verified fixes of an edited function; `timeout` and `None` as in `report`."""
        if (cached := self.cached_fixes(edit, function)) is not None:
            return cached
        try:
            work = self._find_fixes(edit, function)
            return await self._tasks.run(edit.document.uri, work, timeout)
        except TimeoutError:
            return FixReport(notes=(STILL_REPAIRING,))
        except ContentModifiedError:
            return None
        except ClientError as error:
            return FixReport(notes=(Note(str(error), error.remedy),))

    def cached_fixes(self, edit: EditedDocument, function: str) -> FixReport | None:
        """Return the fixes of a function if they are cached."""
        return self._fixes.find((edit.key, function))

    async def _judge_edit(self, edit: EditedDocument) -> EditReport:
        query = edit.query(self._judge.project_roots)

        async def compute() -> EditReport:
            return await self._judge.ask(lambda client: judge_edit(client, query))

        return await self._reports.get_or_compute(edit.key, compute, _is_complete)

    async def _find_fixes(self, edit: EditedDocument, function: str) -> FixReport:
        query = edit.query(self._judge.project_roots)

        async def compute() -> FixReport:
            return await self._judge.ask(lambda client: find_fixes(client, query, function))

        return await self._fixes.get_or_compute((edit.key, function), compute)


def _is_complete(report: EditReport) -> bool:
    return not report.notes


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
