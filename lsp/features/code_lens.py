"""Code lenses: the verdict above every edited function, a proof search at every open place."""

import asyncio
from typing import Any

from lsprotocol import types

from stepcheck.lsp.features.diagnostics import JUDGE, JUDGE_AGAIN, find_edited_document
from stepcheck.lsp.features.proof_search import PROVE
from stepcheck.lsp.features.recheck import INSERT
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import LeanDocument
from stepcheck.lsp.proposed_edits import ProposedStep
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.python.hover_text import lens_title
from stepcheck.lsp.python.judgements import EditedDocument

MAX_LENSES = 200
MAX_TITLE_CHARACTERS = 60


def register(server: StepcheckLanguageServer) -> None:
    """Answer requests for code lenses; their commands are resolved when they come into view."""
    options = types.CodeLensOptions(resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, options)
    async def code_lenses(params: types.CodeLensParams) -> list[types.CodeLens] | None:
        session = await server.session()
        if not session.settings.editor.code_lens:
            return None
        uri = params.text_document.uri
        document = server.lean_document(uri)
        if document is not None:
            return await asyncio.to_thread(_proof_lenses, document)
        edit = await find_edited_document(server, uri)
        return await _verdict_lenses(server, edit) if edit else None

    @server.feature(types.CODE_LENS_RESOLVE)
    async def resolve(lens: types.CodeLens) -> types.CodeLens:
        data: Any = lens.data
        if isinstance(data, dict) and isinstance(uri := data.get("uri"), str):
            if isinstance(name := data.get("function"), str):
                lens.command = await _make_verdict_command(server, uri, name)
            else:
                lens.command = await _make_proof_command(server, uri, lens.range.start)
        return lens


def _proof_lenses(document: LeanDocument) -> list[types.CodeLens]:
    places = document.open_places()[:MAX_LENSES]
    return [types.CodeLens(place, data={"uri": document.uri}) for place in places]


async def _verdict_lenses(
    server: StepcheckLanguageServer, edit: EditedDocument
) -> list[types.CodeLens]:
    document = edit.document
    changed = await asyncio.to_thread(document.changed_functions, edit.before)
    lines = {definition.name: definition.header_line for definition in changed}
    for function, line_offset in server.judgement_diagnostics.unchanged_functions(document):
        if function.range is not None:
            lines.setdefault(function.name, function.range.first_line + line_offset)
    return [
        types.CodeLens(
            document.range_of_lines(line, line), data={"uri": document.uri, "function": name}
        )
        for name, line in list(lines.items())[:MAX_LENSES]
    ]


async def _make_verdict_command(
    server: StepcheckLanguageServer, uri: str, name: str
) -> types.Command:
    document = server.python_document(uri)
    judged = server.judgement_diagnostics.unchanged_functions(document) if document else []
    for function, _ in judged:
        if function.name == name:
            return types.Command(lens_title(function), JUDGE_AGAIN, arguments=[uri])
    session = await server.session()
    if session.judgements.is_judging(uri):
        return types.Command("edit: being judged …", JUDGE, arguments=[uri])
    return types.Command("judge this edit", JUDGE, arguments=[uri])


async def _make_proof_command(
    server: StepcheckLanguageServer, uri: str, position: types.Position
) -> types.Command:
    session = await server.session()
    document = server.lean_document(uri)
    place = document.insertion_point(position) if document else None
    report = session.suggestions.cached_report(place) if place else None
    if document is not None and place is not None and report is not None and report.shown:
        proposed = ProposedStep(document, place, report.shown[0])
        if proposed.is_proved:
            step = markdown.one_line(proposed.step, MAX_TITLE_CHARACTERS)
            name = server.proposed_edits.add(proposed)
            return types.Command(f"close this: {step}", INSERT, arguments=[name])
    return types.Command("search a proof here", PROVE, arguments=[uri, position])
