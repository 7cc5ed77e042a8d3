"""Edits as the client can take them: with the version of the text that they are meant for."""

from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from stepcheck.lsp.protocol.document import OpenDocument


def workspace_edit(
    server: LanguageServer, document: OpenDocument, edits: Sequence[types.TextEdit]
) -> types.WorkspaceEdit:
    """Return edits of a document, versioned if the client knows versions."""
    workspace = server.client_capabilities.workspace
    support = workspace.workspace_edit if workspace else None
    if support and support.document_changes:
        identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])
    return types.WorkspaceEdit(changes={document.uri: edits})


async def apply_edits(
    server: LanguageServer,
    document: OpenDocument,
    edits: Sequence[types.TextEdit],
    label: str,
) -> bool:
    """Have the client make edits; whether it did."""
    workspace = server.client_capabilities.workspace
    if not (workspace and workspace.apply_edit):
        return False
    params = types.ApplyWorkspaceEditParams(workspace_edit(server, document, edits), label)
    try:
        return (await server.workspace_apply_edit_async(params)).applied
    except JsonRpcException:
        return False
