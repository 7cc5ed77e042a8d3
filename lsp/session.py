"""What depends on the settings: made when they are known, made anew when they change."""

from dataclasses import dataclass
from typing import Self

from stepcheck.client import SuggestionClient
from stepcheck.lsp.lean_sessions import LeanSessions, ShowProgress
from stepcheck.lsp.suggestions import Suggestions
from stepcheck.settings import Settings


@dataclass(frozen=True, slots=True)
class EditorSession:
    """The Leans, the client of the model server and the suggestions under one set of settings."""

    settings: Settings
    lean: LeanSessions
    client: SuggestionClient
    suggestions: Suggestions

    @classmethod
    def begin(cls, settings: Settings, show_progress: ShowProgress) -> Self:
        """Begin a session; Lean starts when a document needs it."""
        lean = LeanSessions(settings.lean, show_progress)
        client = SuggestionClient(settings.client)
        return cls(settings, lean, client, Suggestions(settings.suggestion, lean, client))

    async def end(self) -> None:
        """End every Lean and every connection."""
        await self.lean.close()
        await self.client.aclose()
