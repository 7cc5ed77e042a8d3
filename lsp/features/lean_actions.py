"""Code actions in Lean files: insert a checked step, have steps suggested again, search a proof.

A step that was shown as `proved` is checked once more on the whole file when it is chosen. That
takes as long as Lean needs for the file, so the edit is made first, and the command that follows it
says whether the file agrees (`recheck`).
"""

from lsprotocol import types

from stepcheck.lean.verdict import StepVerdict
from stepcheck.lsp.features.commands import RESTART_LEAN, SUGGEST_AGAIN
from stepcheck.lsp.features.position_suggestions import Answer, find_answer
from stepcheck.lsp.features.prove import PROVE
from stepcheck.lsp.features.recheck import RECHECK
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.hover_text import verdict_label
from stepcheck.lsp.lean.suggestions import STILL_WORKING
from stepcheck.lsp.proposed_edits import Offer
from stepcheck.lsp.protocol import markdown
from stepcheck.lsp.protocol.code_actions import (
    command_action,
    is_wanted,
    resolves_edits,
    shows_disabled,
)
from stepcheck.lsp.protocol.edits import workspace_edit

PATIENCE_SECONDS = 20.0
MAX_ACTIONS = 8
MAX_TITLE_CHARACTERS = 100


async def find_lean_actions(
    server: StepcheckLanguageServer, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    """Return what can be done at a place of a Lean file."""
    # Editors ask of themselves wherever the caret goes: then only what is known is offered.
    is_automatic = params.context.trigger_kind is types.CodeActionTriggerKind.Automatic
    uri, position = params.text_document.uri, params.range.start
    is_caret = position == params.range.end
    patience = 0.0 if is_automatic else PATIENCE_SECONDS
    answer = await find_answer(server, uri, position, patience, is_caret=is_caret)
    if answer is None:
        return None
    actions = [*_step_actions(server, answer), *_problem_actions(server, answer)]
    if answer.report.steps:
        actions.append(
            command_action("stepcheck: suggest again", SUGGEST_AGAIN, uri, position, is_caret)
        )
    is_proved = any(step.checked.verdict is StepVerdict.PROVED for step in answer.report.steps)
    if answer.report.steps and not is_proved:
        actions.append(command_action("stepcheck: search a proof here", PROVE, uri, position))
    kind = _kind(answer)
    for action in actions:
        action.kind = kind
    return actions if is_wanted(kind, params.context.only) else None


def _step_actions(server: StepcheckLanguageServer, answer: Answer) -> list[types.CodeAction]:
    if answer.place is None:
        return []
    offers = [
        Offer(answer.document, answer.place, ranked) for ranked in answer.report.shown[:MAX_ACTIONS]
    ]
    actions = [_step_action(server, offer) for offer in offers]
    if offers and offers[0].is_proved:
        actions[0].is_preferred = True
    return actions


def _step_action(server: StepcheckLanguageServer, offer: Offer) -> types.CodeAction:
    name = server.offers.add(offer)
    action = types.CodeAction(title=_title(offer), data=name)
    if offer.is_proved:
        action.command = types.Command("check the whole file", RECHECK, arguments=[name])
    if not resolves_edits(server):
        action.edit = workspace_edit(server, offer.document, offer.edits())
    return action


def _problem_actions(server: StepcheckLanguageServer, answer: Answer) -> list[types.CodeAction]:
    """Say why nothing is offered, and offer to start Lean anew if that may be why."""
    notes = answer.report.notes
    if not notes or answer.report.shown:
        return []
    actions = []
    if shows_disabled(server):
        reason = " ".join(f"{note.problem} {note.remedy}".strip() for note in notes)
        disabled = types.CodeActionDisabled(markdown.show_invisible(reason))
        actions.append(types.CodeAction("stepcheck: no suggestion", disabled=disabled))
    if not answer.report.goals and answer.place and STILL_WORKING not in notes:
        actions.append(command_action("stepcheck: restart Lean", RESTART_LEAN))
    return actions


def _title(offer: Offer) -> str:
    step = markdown.one_line(offer.step, MAX_TITLE_CHARACTERS)
    rest = " (replaces the rest of the block)" if offer.replaces_block else ""
    return f"{verdict_label(offer.ranked)}: {step}{rest}"


def _kind(answer: Answer) -> types.CodeActionKind:
    """Return the kind: filling a hole is a fix, going beside or over tactics a rewrite."""
    is_rewrite = answer.place is not None and bool(
        answer.place.position.trail or answer.place.prefix
    )
    return types.CodeActionKind.RefactorRewrite if is_rewrite else types.CodeActionKind.QuickFix
