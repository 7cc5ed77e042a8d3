"""What a client can do with code actions, and which kinds of them it asks for."""

from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer


def is_wanted(
    kind: types.CodeActionKind, only: Sequence[types.CodeActionKind | str] | None
) -> bool:
    """Tell whether `only` asks for `kind`: kinds are paths, `refactor` means all below it."""
    wanted = [item.value if isinstance(item, types.CodeActionKind) else item for item in only or ()]
    return not wanted or any(
        not path or kind.value == path or kind.value.startswith(f"{path}.") for path in wanted
    )


def resolves_edits(server: LanguageServer) -> bool:
    """Whether the client asks for an action's edit when it is chosen."""
    support = _support(server)
    properties = support.resolve_support.properties if support and support.resolve_support else ()
    return "edit" in properties


def shows_disabled(server: LanguageServer) -> bool:
    """Whether the client shows actions that cannot be taken, and why."""
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
