"""What depends on the settings: made when they are known, made anew when they change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stepcheck.client.server_client import SuggestionClient
from stepcheck.lsp.lean.checkers import LeanSessions, ShowProgress
from stepcheck.lsp.lean.suggestions import Suggestions
from stepcheck.lsp.python.judge_server import JudgeServer
from stepcheck.lsp.python.judgements import Judgements
from stepcheck.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class EditorSession:
    """The Leans, the client of the model server, the judge, and what they said.

    All under one set of settings and one set of workspace folders.
    """

    settings: Settings
    folders: tuple[Path, ...]
    lean: LeanSessions
    client: SuggestionClient
    suggestions: Suggestions
    judge: JudgeServer
    judgements: Judgements

    @classmethod
    def begin(
        cls, settings: Settings, folders: Sequence[Path], show_progress: ShowProgress
    ) -> Self:
        """Begin a session; Lean and the judge start when a document needs them."""
        lean = LeanSessions(settings.lean, show_progress)
        client = SuggestionClient(settings.client)
        suggestions = Suggestions(settings.suggestion, lean, client)
        judge = JudgeServer(settings.judge, folders)
        judgements = Judgements(judge)
        return cls(settings, tuple(folders), lean, client, suggestions, judge, judgements)

    async def end(self) -> None:
        """End every Lean, the judge, and every connection."""
        await self.lean.close()
        await self.judge.close()
        await self.client.aclose()
