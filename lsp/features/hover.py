"""Hover: the checked steps for a goal in Lean, the verdict on an edited function in Python."""

import asyncio

from lsprotocol import types

from stepcheck.lsp.features.judging import edit_of, judge
from stepcheck.lsp.features.position_suggestions import find_answer
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.hover_text import render_report
from stepcheck.lsp.protocol.markup import new_page
from stepcheck.lsp.python.descriptions import add_report

PATIENCE_SECONDS = 10.0
"""After this a hover says that work goes on, rather than leave the person waiting."""


def register(server: StepcheckLanguageServer) -> None:
    """Answer hovers."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        if server.python_document(uri) is not None:
            return await _python_hover(server, uri, params.position)
        return await _lean_hover(server, uri, params.position)


async def _lean_hover(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Hover | None:
    answer = await find_answer(server, uri, position, PATIENCE_SECONDS)
    if answer is None:
        return None
    contents = render_report(answer.report, _markup_kind(server))
    if not contents.value:
        return None
    found = answer.place.position if answer.place else None
    if found is None or not found.replaced:
        return types.Hover(contents)
    return types.Hover(contents, answer.document.positions.range_of(found.start, found.end))


async def _python_hover(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Hover | None:
    edit = await edit_of(server, uri)
    if edit is None:
        return None
    session = await server.session()
    line = position.line + 1
    changed = await asyncio.to_thread(edit.document.changed_functions, edit.before)
    names = {place.name for place in changed if place.first_line <= line <= place.last_line}
    report = session.judgements.known_report(edit)
    if report is None and names and session.settings.editor.judge != "demand":
        report = await judge(server, edit, PATIENCE_SECONDS)
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
    page = new_page(kind)
    if names:
        add_report(page, report, names)
    return types.Hover(types.MarkupContent(kind, page.text)) if page.text else None


def _markup_kind(server: StepcheckLanguageServer) -> types.MarkupKind:
    text_document = server.client_capabilities.text_document
    hover = text_document.hover if text_document else None
    kinds = (hover.content_format if hover else None) or ()
    is_markdown = types.MarkupKind.Markdown in kinds
    return types.MarkupKind.Markdown if is_markdown else types.MarkupKind.PlainText
