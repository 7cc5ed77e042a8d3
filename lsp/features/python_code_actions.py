"""Code actions in Python files: verified fixes of a function, and to have the edit judged again."""

import asyncio
from collections.abc import Sequence

from lsprotocol import types

from stepcheck.lsp.features.diagnostics import JUDGE_AGAIN, find_edited_document, judge
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.proposed_edits import ProposedFix
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.code_actions import (
    command_action,
    is_requested,
    supports_disabled_actions,
    supports_edit_resolution,
)
from stepcheck.lsp.protocol.edits import workspace_edit
from stepcheck.lsp.python.judgements import EditedDocument
from stepcheck.use_cases.code_edits import EditedFunction, EditReport, FixReport, Verdict

TIMEOUT_SECONDS = 8.0
"""Less than the ten seconds that Emacs waits; the work goes on, for the next request."""
MAX_TITLE_CHARACTERS = 100


async def find_python_code_actions(
    server: StepcheckLanguageServer, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    """Return what can be done at a place of a Python file."""
    # Editors also ask wherever the caret goes: then only cached fixes are returned.
    is_automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
    uri, line = params.text_document.uri, params.range.start.line + 1
    edit = await find_edited_document(server, uri)
    if edit is None or not is_requested(types.CodeActionKind.QuickFix, params.context.only):
        return None
    session = await server.session()
    report = session.judgements.cached_report(edit)
    if report is None and not is_automatic and session.settings.editor.judge != "demand":
        report = await judge(server, edit, TIMEOUT_SECONDS)
    actions: list[types.CodeAction] = []
    for function in _functions_at(report, line):
        if function.verdict is Verdict.INCORRECT:
            found = session.judgements.cached_fixes(edit, function.name)
            if found is None and not is_automatic:
                found = await session.judgements.fixes(edit, function.name, TIMEOUT_SECONDS)
            if found is not None and server.is_current(edit.document):
                actions += _fix_actions(server, edit, function, found, params.context.diagnostics)
    changed = await asyncio.to_thread(edit.document.changed_functions, edit.before)
    if actions or any(each.first_line <= line <= each.last_line for each in changed):
        actions.append(command_action("stepcheck: judge this edit again", JUDGE_AGAIN, uri))
    for action in actions:
        action.kind = types.CodeActionKind.QuickFix
    return actions


def _functions_at(report: EditReport | None, line: int) -> list[EditedFunction]:
    """Return the innermost edited function at a line, if there is one."""
    found = [
        function
        for function in (report.functions if report else ())
        if function.range and function.range.first_line <= line <= function.range.last_line
    ]
    return found[-1:]


def _fix_actions(
    server: StepcheckLanguageServer,
    edit: EditedDocument,
    function: EditedFunction,
    found: FixReport,
    shown: Sequence[types.Diagnostic],
) -> list[types.CodeAction]:
    fixed = [each for each in shown if _is_about(each, function.name)]
    actions: list[types.CodeAction] = []
    for fix in found.fixes:
        proposed = ProposedFix(edit.document, fix)
        title = markdown.one_line(f"✓ {fix.message}", MAX_TITLE_CHARACTERS)
        identifier = server.proposed_edits.add(proposed)
        action = types.CodeAction(title, diagnostics=fixed or None, data=identifier)
        # Every proposed fix was verified; the first is the likeliest.
        action.is_preferred = not actions or None
        if not supports_edit_resolution(server):
            action.edit = workspace_edit(server, proposed.document, proposed.edits())
        actions.append(action)
    if not actions and found.notes and supports_disabled_actions(server):
        reason = " ".join(f"{note.problem} {note.remedy}".strip() for note in found.notes)
        disabled = types.CodeActionDisabled(markdown.show_invisible(reason))
        actions.append(types.CodeAction("stepcheck: no verified fix", disabled=disabled))
    return actions


def _is_about(diagnostic: types.Diagnostic, function: str) -> bool:
    data = diagnostic.data
    is_ours = diagnostic.source == "stepcheck"
    return is_ours and isinstance(data, dict) and data.get("function") == function
