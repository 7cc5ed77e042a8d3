"""Code actions in Lean files: insert a checked step, have steps suggested again, search a proof.

A step that was shown as `proved` is checked once more on the whole file when it is chosen. That
takes as long as Lean needs for the file, so the edit is made first, and the command that follows it
says whether the file agrees (`recheck`).
"""

from lsprotocol import types

from stepcheck.lean.verdict import StepVerdict
from stepcheck.lsp.features.lean_commands import RESTART_LEAN, SUGGEST_AGAIN
from stepcheck.lsp.features.position_suggestions import PositionSuggestions, find_suggestions
from stepcheck.lsp.features.proof_search import PROVE
from stepcheck.lsp.features.recheck import RECHECK
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.hover_text import verdict_label
from stepcheck.lsp.lean.suggestions import STILL_WORKING
from stepcheck.lsp.proposed_edits import ProposedStep
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.code_actions import (
    command_action,
    is_requested,
    supports_disabled_actions,
    supports_edit_resolution,
)
from stepcheck.lsp.protocol.edits import workspace_edit

TIMEOUT_SECONDS = 20.0
MAX_ACTIONS = 8
MAX_TITLE_CHARACTERS = 100


async def find_lean_code_actions(
    server: StepcheckLanguageServer, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    """Return what can be done at a place of a Lean file."""
    # Editors also ask wherever the caret goes: then only cached suggestions are returned.
    is_automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
    uri, position = params.text_document.uri, params.range.start
    is_caret = position == params.range.end
    timeout = 0.0 if is_automatic else TIMEOUT_SECONDS
    found = await find_suggestions(server, uri, position, timeout, is_caret=is_caret)
    if found is None:
        return None
    actions = [*_step_actions(server, found), *_problem_actions(server, found)]
    if found.report.steps:
        actions.append(
            command_action("stepcheck: suggest again", SUGGEST_AGAIN, uri, position, is_caret)
        )
    is_proved = any(step.checked.verdict is StepVerdict.PROVED for step in found.report.steps)
    if found.report.steps and not is_proved:
        actions.append(command_action("stepcheck: search a proof here", PROVE, uri, position))
    kind = _kind(found)
    for action in actions:
        action.kind = kind
    return actions if is_requested(kind, params.context.only) else None


def _step_actions(
    server: StepcheckLanguageServer, found: PositionSuggestions
) -> list[types.CodeAction]:
    if found.insertion_point is None:
        return []
    proposals = [
        ProposedStep(found.document, found.insertion_point, ranked)
        for ranked in found.report.shown[:MAX_ACTIONS]
    ]
    actions = [_step_action(server, proposed) for proposed in proposals]
    if proposals and proposals[0].is_proved:
        actions[0].is_preferred = True
    return actions


def _step_action(server: StepcheckLanguageServer, proposed: ProposedStep) -> types.CodeAction:
    identifier = server.proposed_edits.add(proposed)
    action = types.CodeAction(title=_title(proposed), data=identifier)
    if proposed.is_proved:
        action.command = types.Command("check the whole file", RECHECK, arguments=[identifier])
    if not supports_edit_resolution(server):
        action.edit = workspace_edit(server, proposed.document, proposed.edits())
    return action


def _problem_actions(
    server: StepcheckLanguageServer, found: PositionSuggestions
) -> list[types.CodeAction]:
    """Return a disabled action that says why there is no suggestion, and one to restart Lean."""
    notes = found.report.notes
    if not notes or found.report.shown:
        return []
    actions = []
    if supports_disabled_actions(server):
        reason = " ".join(f"{note.problem} {note.remedy}".strip() for note in notes)
        disabled = types.CodeActionDisabled(markdown.show_invisible(reason))
        actions.append(types.CodeAction("stepcheck: no suggestion", disabled=disabled))
    if not found.report.goals and found.insertion_point and STILL_WORKING not in notes:
        actions.append(command_action("stepcheck: restart Lean", RESTART_LEAN))
    return actions


def _title(proposed: ProposedStep) -> str:
    step = markdown.one_line(proposed.step, MAX_TITLE_CHARACTERS)
    rest = " (replaces the rest of the block)" if proposed.replaces_block else ""
    return f"{verdict_label(proposed.ranked)}: {step}{rest}"


def _kind(found: PositionSuggestions) -> types.CodeActionKind:
    """Return the kind: filling a `sorry` is a quick fix, changing existing tactics a rewrite."""
    insertion_point = found.insertion_point
    is_rewrite = insertion_point is not None and bool(
        insertion_point.position.trail or insertion_point.prefix
    )
    return types.CodeActionKind.RefactorRewrite if is_rewrite else types.CodeActionKind.QuickFix
