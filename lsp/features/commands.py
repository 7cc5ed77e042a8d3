"""Commands that a person runs by name or through a code action."""

import asyncio

from lsprotocol import types

from stepcheck.lean.errors import DocumentError
from stepcheck.lsp.features.documents import warm
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.protocol.progress import shown_progress

SUGGEST_AGAIN = "stepcheck.suggestAgain"
RESTART_LEAN = "stepcheck.restartLean"
PATIENCE_SECONDS = 60.0


def register(server: StepcheckLanguageServer) -> None:
    """Offer the commands."""

    @server.command(SUGGEST_AGAIN)
    async def suggest_again(uri: str, position: types.Position, is_caret: bool) -> int | None:
        """Ask the model anew; return the number of steps that hovers show from now on."""
        document = server.lean_document(uri)
        try:
            place = document.step_place(position, is_caret=is_caret) if document else None
        except DocumentError:
            place = None
        if document is None or place is None:
            return None
        session = await server.session()
        session.suggestions.forget(place)
        asking = asyncio.create_task(session.suggestions.report(document, place, PATIENCE_SECONDS))
        try:
            async with shown_progress(server, "stepcheck: suggesting again", asking.cancel):
                await asyncio.wait({asking})
        finally:
            asking.cancel()
        report = None if asking.cancelled() else asking.result()
        return len(report.shown) if report else None

    @server.command(RESTART_LEAN)
    async def restart_lean() -> None:
        """End every Lean, forget what they said, and start those that open files need."""
        session = await server.session()
        session.suggestions.clear()
        await session.lean.close()
        for uri in server.lean_uris():
            server.run_in_background(warm(server, uri))
