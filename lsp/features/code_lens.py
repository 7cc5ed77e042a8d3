"""Code lenses: the verdict above every edited function, and a search for a proof at every hole."""

import asyncio
from typing import Any

from lsprotocol import types

from stepcheck.lsp.features.judging import JUDGE, JUDGE_AGAIN, edit_of
from stepcheck.lsp.features.prove import PROVE
from stepcheck.lsp.features.recheck import INSERT
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import LeanDocument
from stepcheck.lsp.proposed_edits import Offer
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.python.descriptions import lens_title
from stepcheck.lsp.python.judgements import Edit

MAX_LENSES = 200
MAX_TITLE_CHARACTERS = 60


def register(server: StepcheckLanguageServer) -> None:
    """Answer requests for code lenses; what they say is found out when they come into view."""
    options = types.CodeLensOptions(resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, options)
    async def code_lenses(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        session = await server.session()
        if not session.settings.editor.code_lens:
            return None
        uri = params.text_document.uri
        document = server.lean_document(uri)
        if document is not None:
            return await asyncio.to_thread(_hole_lenses, document)
        edit = await edit_of(server, uri)
        return await _edit_lenses(server, edit) if edit else None

    @server.feature(types.CODE_LENS_RESOLVE)
    async def resolve(lens: types.CodeLens) -> types.CodeLens:
        data: Any = lens.data
        if isinstance(data, dict) and isinstance(uri := data.get("uri"), str):
            if isinstance(name := data.get("function"), str):
                lens.command = await _verdict(server, uri, name)
            else:
                lens.command = await _search(server, uri, lens.range.start)
        return lens


def _hole_lenses(document: LeanDocument) -> list[types.CodeLens]:
    holes = document.holes()[:MAX_LENSES]
    return [types.CodeLens(hole, data={"uri": document.uri}) for hole in holes]


async def _edit_lenses(server: StepcheckLanguageServer, edit: Edit) -> list[types.CodeLens]:
    document = edit.document
    changed = await asyncio.to_thread(document.changed_functions, edit.before)
    lines = {place.name: place.header_line for place in changed}
    for function, moved in server.faults.functions(document):
        if function.range is not None:
            lines.setdefault(function.name, function.range.first_line + moved)
    return [
        types.CodeLens(
            document.range_of_lines(line, line), data={"uri": document.uri, "function": name}
        )
        for name, line in list(lines.items())[:MAX_LENSES]
    ]


async def _verdict(server: StepcheckLanguageServer, uri: str, name: str) -> types.Command:
    document = server.python_document(uri)
    judged = server.faults.functions(document) if document else []
    for function, _ in judged:
        if function.name == name:
            return types.Command(lens_title(function), JUDGE_AGAIN, arguments=[uri])
    session = await server.session()
    if session.judgements.is_judging(uri):
        return types.Command("edit: being judged …", JUDGE, arguments=[uri])
    return types.Command("judge this edit", JUDGE, arguments=[uri])


async def _search(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Command:
    session = await server.session()
    document = server.lean_document(uri)
    place = document.step_place(position) if document else None
    report = session.suggestions.known_report(place) if place else None
    if document is not None and place is not None and report is not None and report.shown:
        offer = Offer(document, place, report.shown[0])
        if offer.is_proved:
            step = markdown.one_line(offer.step, MAX_TITLE_CHARACTERS)
            name = server.offers.add(offer)
            return types.Command(f"close this: {step}", INSERT, arguments=[name])
    return types.Command("search a proof here", PROVE, arguments=[uri, position])
