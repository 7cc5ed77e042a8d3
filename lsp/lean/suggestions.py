"""The suggestions for points in open documents: computed once, cached, cancelled when outdated."""

import hashlib
from pathlib import Path

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.errors import LeanError, NoGoalError
from stepcheck.lsp.lean.checkers import LeanCheckers
from stepcheck.lsp.lean.document import InsertionPoint, LeanDocument
from stepcheck.lsp.scheduling.async_cache import AsyncCache
from stepcheck.lsp.scheduling.document_tasks import ContentModifiedError, DocumentTasks
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.checked_suggestions import StepSuggester, SuggestionReport
from stepcheck.use_cases.note import Note
from stepcheck.use_cases.suggestion_query import SuggestionQuery

REMEMBERED_REPORTS = 256

STILL_WORKING = Note("Lean or the model is still at work.", "Ask again in a moment.")


class Suggestions:
    """Finds the checked suggestions for an insertion point.

    The same point in the same text gives the same report, until it is invalidated.
    """

    def __init__(
        self, settings: SuggestionSettings, checkers: LeanCheckers, client: ServerClient
    ) -> None:
        self._settings = settings
        self._checkers = checkers
        self._client = client
        self._reports: AsyncCache[str, SuggestionReport] = AsyncCache(REMEMBERED_REPORTS)
        self._tasks = DocumentTasks()

    def cached_report(self, point: InsertionPoint) -> SuggestionReport | None:
        """Return the report for a point if it is cached."""
        return self._reports.find(_key(point))

    async def report(
        self, document: LeanDocument, point: InsertionPoint, timeout: float
    ) -> SuggestionReport | None:
        """Return the checked suggestions for a point; `None` without a goal or for an old text.

        What keeps Lean or the model from answering is a note of the report. After `timeout`
        seconds the work goes on without the caller, who is told to ask again. Cancelling the last
        caller cancels the work, in Lean and in the model server too.
        """
        work = self._suggest(document.path, point)
        try:
            return await self._tasks.run(document.uri, work, timeout)
        except TimeoutError:
            return SuggestionReport(notes=(STILL_WORKING,))
        except (NoGoalError, ContentModifiedError):
            return None
        except LeanError as error:
            return SuggestionReport(notes=(Note(error.problem, error.remedy),))

    def invalidate(self, point: InsertionPoint) -> None:
        """Compute the report for a point again when it is next asked for."""
        self._reports.invalidate(_key(point))

    def clear(self) -> None:
        """Invalidate every report."""
        self._reports.clear()

    def cancel(self, uri: str) -> None:
        """Cancel all work for a document whose text has changed."""
        self._tasks.cancel(uri)

    async def _suggest(self, file: Path | None, point: InsertionPoint) -> SuggestionReport:
        async def compute() -> SuggestionReport:
            checker = await self._checkers.checker_for(file)
            query = SuggestionQuery.from_settings(self._settings, point.position, point.prefix)
            return await StepSuggester(checker, self._client).suggest(query)

        return await self._reports.get_or_compute(_key(point), compute, _is_complete)


def _is_complete(report: SuggestionReport) -> bool:
    return not report.notes


def _key(point: InsertionPoint) -> str:
    position = point.position
    parts = (position.before, position.after, point.prefix)
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
