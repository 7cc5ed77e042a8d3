"""The suggestions for places in open documents: asked once, remembered, given up when stale."""

import hashlib
from pathlib import Path

from stepcheck.client.server_client import SuggestionClient
from stepcheck.lean.errors import LeanError, NoGoalError
from stepcheck.lsp.lean.checkers import LeanSessions
from stepcheck.lsp.lean.document import LeanDocument, StepPlace
from stepcheck.lsp.scheduling.document_tasks import AbandonedError, DocumentWork
from stepcheck.lsp.scheduling.shared_results import SharedComputations
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.checked_suggestions import (
    Assistant,
    Note,
    SuggestionQuery,
    SuggestionReport,
)

REMEMBERED_REPORTS = 256

STILL_WORKING = Note("Lean or the model is still at work.", "Ask again in a moment.")


class Suggestions:
    """Answers what can be done at a place.

    The same place in the same text gives the same answer, until somebody asks to suggest again.
    """

    def __init__(
        self, settings: SuggestionSettings, sessions: LeanSessions, client: SuggestionClient
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._client = client
        self._reports: SharedComputations[str, SuggestionReport] = SharedComputations(
            REMEMBERED_REPORTS
        )
        self._work = DocumentWork()

    def known_report(self, place: StepPlace) -> SuggestionReport | None:
        """Return the answer for `place` if it is known already."""
        return self._reports.peek(_key(place))

    async def report(
        self, document: LeanDocument, place: StepPlace, patience: float
    ) -> SuggestionReport | None:
        """Return the checked suggestions for `place`; `None` if there is no goal, or no more.

        What keeps Lean or the model from answering is a note of the report. After `patience`
        seconds the work goes on without the caller, who is told to ask again. Cancelling the last
        caller cancels the work, in Lean and in the model server too.
        """
        work = self._ask(document.path, place)
        try:
            return await self._work.run(document.uri, work, patience)
        except TimeoutError:
            return SuggestionReport(notes=(STILL_WORKING,))
        except (NoGoalError, AbandonedError):
            return None
        except LeanError as error:
            return SuggestionReport(notes=(Note(error.problem, error.remedy),))

    def forget(self, place: StepPlace) -> None:
        """Ask anew for `place` when somebody next wants to know."""
        self._reports.forget(_key(place))

    def clear(self) -> None:
        """Ask anew for every place."""
        self._reports.clear()

    def abandon(self, uri: str) -> None:
        """Stop all work for a document whose text is no longer what it was."""
        self._work.abandon(uri)

    async def _ask(self, file: Path | None, place: StepPlace) -> SuggestionReport:
        async def compute() -> SuggestionReport:
            checker = await self._sessions.checker_for(file)
            query = SuggestionQuery.from_settings(self._settings, place.position, place.prefix)
            return await Assistant(checker, self._client).suggest(query)

        return await self._reports.get(_key(place), compute, lambda report: not report.notes)


def _key(place: StepPlace) -> str:
    position = place.position
    parts = (position.before, position.after, place.prefix)
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()
