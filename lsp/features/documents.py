"""Opened, changed and closed documents."""

from lsprotocol import types

from stepcheck.lsp.language_server import StepcheckLanguageServer


def register(server: StepcheckLanguageServer) -> None:
    """Have Lean warm for opened files, and stop work on what has changed."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        server.run_in_background(warm(server, params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        await stop_work(server, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        server.forget_document(params.text_document.uri)
        await stop_work(server, params.text_document.uri)


async def warm(server: StepcheckLanguageServer, uri: str) -> None:
    """Start the Lean of a document and let it read the document's imports."""
    session = await server.session()
    document = server.lean_document(uri)
    if document is not None:
        await session.lean.warm(document.path, document.header_position)


async def stop_work(server: StepcheckLanguageServer, uri: str) -> None:
    """Give up what is computed for a text that is no longer there, and what was said of it."""
    session = await server.session()
    session.suggestions.abandon(uri)
    server.clear_warnings(uri)
