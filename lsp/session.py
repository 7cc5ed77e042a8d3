"""What the language server has under one set of settings: checkers, clients, cached reports.

A change of settings replaces the whole session; what outlives it is in
`stepcheck.lsp.language_server`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from stepcheck.client.server_client import ServerClient
from stepcheck.lsp.lean.checkers import LeanCheckers, ShowProgress
from stepcheck.lsp.lean.suggestions import Suggestions
from stepcheck.lsp.python.judge_server import JudgeServer
from stepcheck.lsp.python.judgements import Judgements
from stepcheck.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class EditorSession:
    """The Lean checkers, the client of the model server, the judge, and their cached reports.

    All under one set of settings and one set of workspace folders.
    """

    settings: Settings
    folders: tuple[Path, ...]
    lean: LeanCheckers
    client: ServerClient
    suggestions: Suggestions
    judge: JudgeServer
    judgements: Judgements

    @classmethod
    def begin(
        cls, settings: Settings, folders: Sequence[Path], show_progress: ShowProgress
    ) -> Self:
        """Begin a session; Lean and the judge start when a document needs them."""
        lean = LeanCheckers(settings.lean, show_progress)
        client = ServerClient(settings.client)
        suggestions = Suggestions(settings.suggestion, lean, client)
        judge = JudgeServer(settings.judge, folders)
        judgements = Judgements(judge)
        return cls(settings, tuple(folders), lean, client, suggestions, judge, judgements)

    async def end(self) -> None:
        """End every checker, the judge, and every connection."""
        await self.lean.close()
        await self.judge.close()
        await self.client.aclose()
