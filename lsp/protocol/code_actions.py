"""What the client supports of code actions, and which kinds of them it requests."""

from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer


def is_requested(
    kind: types.CodeActionKind, only: Sequence[types.CodeActionKind | str] | None
) -> bool:
    """Tell whether `only` asks for `kind`: kinds are paths, `refactor` means all below it."""
    paths = [item.value if isinstance(item, types.CodeActionKind) else item for item in only or ()]
    return not paths or any(
        not path or kind.value == path or kind.value.startswith(f"{path}.") for path in paths
    )


def supports_edit_resolution(server: LanguageServer) -> bool:
    """Whether the client resolves an action's edit when the action is chosen."""
    support = _support(server)
    properties = support.resolve_support.properties if support and support.resolve_support else ()
    return "edit" in properties


def supports_disabled_actions(server: LanguageServer) -> bool:
    """Whether the client shows disabled actions and their reasons."""
    support = _support(server)
    return bool(support and support.disabled_support)


def command_action(title: str, command: str, *arguments: object) -> types.CodeAction:
    """Return an action that runs a command."""
    return types.CodeAction(title, command=types.Command(title, command, arguments=list(arguments)))


def _support(
    server: LanguageServer,
) -> types.CodeActionClientCapabilities | None:
    text_document = server.client_capabilities.text_document
    return text_document.code_action if text_document else None
