"""Hover: the checked steps for a goal in Lean, the verdict on an edited function in Python."""

import asyncio

from lsprotocol import types

from stepcheck.lsp.features.diagnostics import find_edited_document, judge
from stepcheck.lsp.features.position_suggestions import find_suggestions
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.hover_text import render_report
from stepcheck.lsp.protocol.markup import new_markup
from stepcheck.lsp.python.hover_text import add_report

TIMEOUT_SECONDS = 10.0
"""After this a hover says that work goes on, rather than leave the person waiting."""


def register(server: StepcheckLanguageServer) -> None:
    """Answer hover requests."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        if server.python_document(uri) is not None:
            return await _python_hover(server, uri, params.position)
        return await _lean_hover(server, uri, params.position)


async def _lean_hover(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Hover | None:
    found = await find_suggestions(server, uri, position, TIMEOUT_SECONDS)
    if found is None:
        return None
    contents = render_report(found.report, _markup_kind(server))
    if not contents.value:
        return None
    position_in_proof = found.insertion_point.position if found.insertion_point else None
    if position_in_proof is None or not position_in_proof.replaced:
        return types.Hover(contents)
    start, end = position_in_proof.start, position_in_proof.end
    return types.Hover(contents, found.document.positions.range_of(start, end))


async def _python_hover(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Hover | None:
    edit = await find_edited_document(server, uri)
    if edit is None:
        return None
    session = await server.session()
    line = position.line + 1
    changed = await asyncio.to_thread(edit.document.changed_functions, edit.before)
    names = {each.name for each in changed if each.first_line <= line <= each.last_line}
    report = session.judgements.cached_report(edit)
    if report is None and names and session.settings.editor.judge != "demand":
        report = await judge(server, edit, TIMEOUT_SECONDS)
    if report is None:
        return None
    if not names:
        # Nearest last: the code of a class or of the module holds functions.
        around = [
            function
            for function in report.functions
            if function.range and function.range.first_line <= line <= function.range.last_line
        ]
        names = {function.name for function in around[-1:]}
    kind = _markup_kind(server)
    markup = new_markup(kind)
    if names:
        add_report(markup, report, names)
    return types.Hover(types.MarkupContent(kind, markup.text)) if markup.text else None


def _markup_kind(server: StepcheckLanguageServer) -> types.MarkupKind:
    text_document = server.client_capabilities.text_document
    hover = text_document.hover if text_document else None
    kinds = (hover.content_format if hover else None) or ()
    is_markdown = types.MarkupKind.Markdown in kinds
    return types.MarkupKind.Markdown if is_markdown else types.MarkupKind.PlainText
