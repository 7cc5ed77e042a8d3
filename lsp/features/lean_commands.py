"""Commands for Lean files: suggest steps again, restart Lean."""

import asyncio

from lsprotocol import types

from stepcheck.lean.errors import DocumentError
from stepcheck.lsp.features.text_synchronization import warm_up
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.protocol.progress import shown_progress

SUGGEST_AGAIN = "stepcheck.suggestAgain"
RESTART_LEAN = "stepcheck.restartLean"
TIMEOUT_SECONDS = 60.0


def register(server: StepcheckLanguageServer) -> None:
    """Register the commands."""

    @server.command(SUGGEST_AGAIN)
    async def suggest_again(uri: str, position: types.Position, is_caret: bool) -> int | None:
        """Ask the model again; return the number of steps that hovers show from now on."""
        document = server.lean_document(uri)
        try:
            target = document.insertion_point(position, is_caret=is_caret) if document else None
        except DocumentError:
            target = None
        if document is None or target is None:
            return None
        session = await server.session()
        session.suggestions.invalidate(target)
        asking = asyncio.create_task(session.suggestions.report(document, target, TIMEOUT_SECONDS))
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
            server.run_in_background(warm_up(server, uri))
