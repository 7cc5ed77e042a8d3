"""Code actions: insert a checked step, or have steps suggested again.

A step that was shown as `proved` is checked once more on the whole file when it is chosen. That
takes as long as Lean needs for the file, so the edit is made first, and the command that follows it
says whether the file agrees (`recheck`).
"""

from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from stepcheck.lsp import markdown
from stepcheck.lsp.answers import Answer, find_answer
from stepcheck.lsp.features.commands import RESTART_LEAN, SUGGEST_AGAIN
from stepcheck.lsp.features.recheck import RECHECK
from stepcheck.lsp.hover_text import verdict_label
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.offers import Offer
from stepcheck.lsp.suggestions import STILL_WORKING

PATIENCE_SECONDS = 20.0
MAX_ACTIONS = 8
MAX_TITLE_CHARACTERS = 100
KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite)


def register(server: StepcheckLanguageServer) -> None:
    """Answer requests for code actions."""
    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        if not _wants_any(params.context.only):
            return None
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
                _command_action("stepcheck: suggest again", SUGGEST_AGAIN, uri, position, is_caret)
            )
        kind = _kind(answer)
        for action in actions:
            action.kind = kind
        return actions if _is_wanted(kind, params.context.only) else None

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        if action.data is None:
            return action
        offer = server.offers.find(action.data)
        if offer is None or not server.is_current(offer.document):
            problem = "The file has changed since; ask for suggestions again."
            raise JsonRpcException(problem, types.LSPErrorCodes.ContentModified)
        action.edit = _workspace_edit(server, offer)
        return action


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
    if not _resolves_edits(server):
        action.edit = _workspace_edit(server, offer)
    return action


def _problem_actions(server: StepcheckLanguageServer, answer: Answer) -> list[types.CodeAction]:
    """Say why nothing is offered, and offer to start Lean anew if that may be why."""
    notes = answer.report.notes
    if not notes or answer.report.shown:
        return []
    actions = []
    if _shows_disabled(server):
        reason = " ".join(f"{note.problem} {note.remedy}".strip() for note in notes)
        disabled = types.CodeActionDisabled(markdown.show_invisible(reason))
        actions.append(types.CodeAction("stepcheck: no suggestion", disabled=disabled))
    if not answer.report.goals and answer.place and STILL_WORKING not in notes:
        actions.append(_command_action("stepcheck: restart Lean", RESTART_LEAN))
    return actions


def _command_action(title: str, command: str, *arguments: object) -> types.CodeAction:
    return types.CodeAction(title, command=types.Command(title, command, arguments=list(arguments)))


def _title(offer: Offer) -> str:
    lines = markdown.show_invisible(offer.step).splitlines()
    step = " ⏎ ".join(line.strip() for line in lines if line.strip())
    if len(step) > MAX_TITLE_CHARACTERS:
        step = step[: MAX_TITLE_CHARACTERS - 1] + "…"
    rest = " (replaces the rest of the block)" if offer.replaces_block else ""
    return f"{verdict_label(offer.ranked)}: {step}{rest}"


def _kind(answer: Answer) -> types.CodeActionKind:
    """Return the kind: filling a hole is a fix, going beside or over tactics a rewrite."""
    is_rewrite = answer.place is not None and bool(
        answer.place.position.trail or answer.place.prefix
    )
    return types.CodeActionKind.RefactorRewrite if is_rewrite else types.CodeActionKind.QuickFix


def _wants_any(only: Sequence[types.CodeActionKind | str] | None) -> bool:
    return any(_is_wanted(kind, only) for kind in KINDS)


def _is_wanted(
    kind: types.CodeActionKind, only: Sequence[types.CodeActionKind | str] | None
) -> bool:
    """Tell whether `only` asks for `kind`: kinds are paths, `refactor` means all below it."""
    wanted = [item.value if isinstance(item, types.CodeActionKind) else item for item in only or ()]
    return not wanted or any(
        not path or kind.value == path or kind.value.startswith(f"{path}.") for path in wanted
    )


def _workspace_edit(server: StepcheckLanguageServer, offer: Offer) -> types.WorkspaceEdit:
    document, edit = offer.document, offer.edit()
    workspace = server.client_capabilities.workspace
    edits = workspace.workspace_edit if workspace else None
    if edits and edits.document_changes:
        identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, [edit])])
    return types.WorkspaceEdit(changes={document.uri: [edit]})


def _code_action_support(
    server: StepcheckLanguageServer,
) -> types.CodeActionClientCapabilities | None:
    text_document = server.client_capabilities.text_document
    return text_document.code_action if text_document else None


def _resolves_edits(server: StepcheckLanguageServer) -> bool:
    support = _code_action_support(server)
    properties = support.resolve_support.properties if support and support.resolve_support else ()
    return "edit" in properties


def _shows_disabled(server: StepcheckLanguageServer) -> bool:
    support = _code_action_support(server)
    return bool(support and support.disabled_support)
