"""Inline completion: the best step that proves the goal, as ghost text at the caret."""

from lsprotocol import types

from stepcheck.lsp.features.position_suggestions import find_suggestions
from stepcheck.lsp.features.recheck import RECHECK
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.proposed_edits import ProposedStep

TIMEOUT_SECONDS = 20.0


def register(server: StepcheckLanguageServer) -> None:
    """Answer requests for inline completions; clients without them have the code actions."""
    options = types.InlineCompletionOptions()

    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, options)
    async def inline_completions(
        params: types.InlineCompletionParams,
    ) -> list[types.InlineCompletionItem] | None:
        session = await server.session()
        if not session.settings.editor.inline_completion:
            return None
        uri, position = params.text_document.uri, params.position
        found = await find_suggestions(server, uri, position, TIMEOUT_SECONDS, is_caret=True)
        if found is None or found.insertion_point is None:
            return None
        for ranked in found.report.shown:
            proposed = ProposedStep(found.document, found.insertion_point, ranked)
            if proposed.is_proved and (item := _item(server, proposed, position)) is not None:
                return [item]
        return None


def _item(
    server: StepcheckLanguageServer, proposed: ProposedStep, caret: types.Position
) -> types.InlineCompletionItem | None:
    """Return the step as ghost text; `None` if it changes more than what follows the caret."""
    document, edit, position = proposed.document, proposed.edit(), proposed.position
    is_on_line = edit.range.start.line == edit.range.end.line == caret.line
    offset = document.positions.offset_at(caret)
    typed = document.text[position.start : offset]
    is_at_caret = position.start <= offset <= position.end
    if not (is_on_line and is_at_caret and edit.new_text.startswith(typed)):
        return None
    # What stands behind the caret is no part of the ghost: only blanks may give way.
    if document.text[offset : position.end].strip():
        return None
    identifier = server.proposed_edits.add(proposed)
    command = types.Command("check the whole file", RECHECK, arguments=[identifier])
    return types.InlineCompletionItem(edit.new_text, range=edit.range, command=command)
