"""Opened, changed, saved and closed documents."""

from lsprotocol import types

from stepcheck.lsp.features.judging import judge_later, judge_now, show_faults_that_stand
from stepcheck.lsp.language_server import StepcheckLanguageServer

SETTLING_SECONDS = 0.15
"""How long a text has to rest before the faults shown in it are looked at again."""


def register(server: StepcheckLanguageServer) -> None:
    """Have Lean warm for opened files, and stop work on what has changed."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.baselines.open(uri, params.text_document.text)
        server.run_in_background(warm(server, uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        await stop_work(server, uri)
        if server.python_document(uri) is None:
            server.clear_diagnostics(uri)
            return
        await judge_later(server, uri)
        server.debounce.run_after(
            f"faults {uri}", SETTLING_SECONDS, lambda: show_faults_that_stand(server, uri)
        )

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.baselines.refresh(uri)
        session = await server.session()
        if session.settings.editor.judge != "demand":
            server.run_in_background(judge_now(server, uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.forget_document(uri)
        server.clear_diagnostics(uri)
        await stop_work(server, uri)


async def warm(server: StepcheckLanguageServer, uri: str) -> None:
    """Start the Lean of a document and let it read the document's imports."""
    session = await server.session()
    document = server.lean_document(uri)
    if document is not None:
        await session.lean.warm(document.path, document.header_position)


async def stop_work(server: StepcheckLanguageServer, uri: str) -> None:
    """Give up what is computed for a text that is no longer there."""
    session = await server.session()
    session.suggestions.abandon(uri)
    session.judgements.abandon(uri)
    server.searches.abandon(uri)
