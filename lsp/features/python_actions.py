"""Code actions in Python files: verified fixes of a function, and to have the edit judged again."""

import asyncio

from lsprotocol import types

from stepcheck.lsp.action_support import command_action, is_wanted
from stepcheck.lsp.features.judging import JUDGE_AGAIN, edit_of
from stepcheck.lsp.language_server import StepcheckLanguageServer


async def find_python_actions(
    server: StepcheckLanguageServer, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    """Return what can be done at a place of a Python file."""
    uri, line = params.text_document.uri, params.range.start.line + 1
    edit = await edit_of(server, uri)
    if edit is None or not is_wanted(types.CodeActionKind.QuickFix, params.context.only):
        return None
    changed = await asyncio.to_thread(edit.document.changed_functions, edit.before)
    if not any(place.first_line <= line <= place.last_line for place in changed):
        return None
    actions = [command_action("stepcheck: judge this edit again", JUDGE_AGAIN, uri)]
    for action in actions:
        action.kind = types.CodeActionKind.QuickFix
    return actions
