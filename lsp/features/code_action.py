"""Code actions: checked steps in Lean files, verified fixes in Python files."""

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from stepcheck.lsp.features.lean_code_actions import find_lean_code_actions
from stepcheck.lsp.features.python_code_actions import find_python_code_actions
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.protocol.code_actions import is_requested
from stepcheck.lsp.protocol.edits import workspace_edit

KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite)


def register(server: StepcheckLanguageServer) -> None:
    """Answer requests for code actions."""
    options = types.CodeActionOptions(code_action_kinds=KINDS, resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_actions(params: types.CodeActionParams) -> list[types.CodeAction] | None:
        if not any(is_requested(kind, params.context.only) for kind in KINDS):
            return None
        if server.python_document(params.text_document.uri) is not None:
            return await find_python_code_actions(server, params)
        return await find_lean_code_actions(server, params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        if action.data is None:
            return action
        proposed = server.proposed_edits.find(action.data)
        if proposed is None or not server.is_current(proposed.document):
            problem = "The file has changed since; ask for suggestions again."
            raise JsonRpcException(problem, types.LSPErrorCodes.ContentModified)
        action.edit = workspace_edit(server, proposed.document, proposed.edits())
        return action
