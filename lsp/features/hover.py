"""Hover: the checked suggestions for the goal at a position."""

from lsprotocol import types

from stepcheck.lsp.answers import find_answer
from stepcheck.lsp.hover_text import render_report
from stepcheck.lsp.language_server import StepcheckLanguageServer

PATIENCE_SECONDS = 10.0
"""After this a hover says that work goes on, rather than leave the person waiting."""


def register(server: StepcheckLanguageServer) -> None:
    """Answer hovers."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        answer = await find_answer(server, uri, params.position, PATIENCE_SECONDS)
        if answer is None:
            return None
        contents = render_report(answer.report, _markup_kind(server))
        if not contents.value:
            return None
        position = answer.place.position if answer.place else None
        if position is None or not position.replaced:
            return types.Hover(contents)
        replaced = answer.document.positions.range_of(position.start, position.end)
        return types.Hover(contents, replaced)


def _markup_kind(server: StepcheckLanguageServer) -> types.MarkupKind:
    text_document = server.client_capabilities.text_document
    hover = text_document.hover if text_document else None
    kinds = (hover.content_format if hover else None) or ()
    is_markdown = types.MarkupKind.Markdown in kinds
    return types.MarkupKind.Markdown if is_markdown else types.MarkupKind.PlainText
