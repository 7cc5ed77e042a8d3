"""Text document synchronization: what happens when documents open, change, are saved or close."""

import time

from lsprotocol import types

from stepcheck.lsp.features.diagnostics import judge_now, schedule_judgement, update_diagnostics
from stepcheck.lsp.features.own_steps import begin_observing, keep_new_steps
from stepcheck.lsp.language_server import StepcheckLanguageServer

DIAGNOSTICS_DELAY_SECONDS = 0.15
"""How long a text must stay unchanged before its diagnostics are updated."""


def register(server: StepcheckLanguageServer) -> None:
    """Start what opened files need, judge changed ones, and cancel work on outdated texts."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: types.DidOpenTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.previous_texts.record_opened(uri, params.text_document.text)
        server.run_in_background(warm_up(server, uri))
        server.run_in_background(begin_observing(server, uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.last_change = time.monotonic()
        await cancel_work(server, uri)
        if server.python_document(uri) is None:
            server.clear_diagnostics(uri)
            return
        await schedule_judgement(server, uri)
        server.debounce.run_after(
            f"diagnostics {uri}", DIAGNOSTICS_DELAY_SECONDS, lambda: update_diagnostics(server, uri)
        )

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: types.DidSaveTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.previous_texts.invalidate(uri)
        session = await server.session()
        if session.settings.editor.judge != "demand":
            server.run_in_background(judge_now(server, uri))
        keep_new_steps(server, uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.forget_document(uri)
        server.clear_diagnostics(uri)
        await cancel_work(server, uri)


async def warm_up(server: StepcheckLanguageServer, uri: str) -> None:
    """Start what a document will need: its Lean, which reads its imports, or the judge of code.

    A judge that answers on demand only is not started before.
    """
    session = await server.session()
    lean, python = server.lean_document(uri), server.python_document(uri)
    judges = session.settings.editor.judge != "demand"
    if lean is not None:
        await session.lean.warm_up(lean.path, lean.header_position)
    elif judges and python is not None and not python.is_too_large:
        await session.judge.warm_up()


async def cancel_work(server: StepcheckLanguageServer, uri: str) -> None:
    """Cancel what is computed for a text that has changed or was closed."""
    session = await server.session()
    session.suggestions.cancel(uri)
    session.judgements.cancel(uri)
    server.proof_searches.cancel(uri)
