"""An editor under test: a language client with a language server of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.uris import to_fs_path
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features


@dataclass
class Editor:
    """An editor that is connected to a language server of its own.

    It keeps documents as editors do: opened and changed in versions, saved or not.
    """

    client: LanguageClient
    server: psutil.Process
    versions: dict[str, int] = field(default_factory=dict)
    encoding: str = types.PositionEncodingKind.Utf16

    def open(self, text: str, name: str = "Test.lean", language: str = "lean4") -> str:
        return self.open_uri(f"file:///unsaved/{name}", text, language)

    def open_file(self, file: Path, language: str = "python") -> str:
        return self.open_uri(file.as_uri(), file.read_text(encoding="utf-8"), language)

    def open_uri(self, uri: str, text: str, language: str) -> str:
        self.versions[uri] = 1
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, text: str) -> None:
        self.versions[uri] += 1
        identifier = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [whole]))

    def save(self, uri: str, text: str) -> None:
        """Change a file and write it to the disk."""
        self.change(uri, text)
        file = to_fs_path(uri)
        assert file is not None
        Path(file).write_text(text, encoding="utf-8")
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """What is shown in a file now."""
        return list(self.client.diagnostics.get(uri, ()))

    async def lenses(self, uri: str) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(uri))
        lenses = await self.client.text_document_code_lens_async(params) or []
        return [await self.client.code_lens_resolve_async(lens) for lens in lenses]

    async def titles(self, uri: str) -> list[str]:
        """What the code lenses of a file say."""
        return [lens.command.title for lens in await self.lenses(uri)]

    def close(self, uri: str) -> None:
        identifier = types.TextDocumentIdentifier(uri)
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def hover(self, uri: str, line: int, character: int) -> types.Hover | None:
        params = types.HoverParams(
            types.TextDocumentIdentifier(uri), types.Position(line, character)
        )
        return await self.client.text_document_hover_async(params)

    async def hover_text(self, uri: str, line: int, character: int) -> str:
        """The text of a hover, asked for until the work behind it is done."""
        for _ in range(20):
            hover = await self.hover(uri, line, character)
            assert hover is not None
            if "Ask again in a moment" not in hover.contents.value:
                return hover.contents.value
        raise AssertionError("the work behind it was never finished")

    async def code_actions(
        self,
        uri: str,
        line: int,
        character: int,
        *,
        only: list[str] | None = None,
        trigger: types.CodeActionTriggerKind = types.CodeActionTriggerKind.Invoked,
    ) -> list[types.CodeAction]:
        at = types.Position(line, character)
        context = types.CodeActionContext([], only, trigger)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), types.Range(at, at), context
        )
        return await self.client.text_document_code_action_async(params) or []

    async def run(self, command: types.Command) -> Any:
        params = types.ExecuteCommandParams(command.command, command.arguments)
        return await self.client.workspace_execute_command_async(params)

    def send_raw(self, body: bytes) -> None:
        """Send what no client would: a frame with any body."""
        self.client._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def children(self) -> list[psutil.Process]:
        """The processes that the server has started: its Leans."""
        return self.server.children(recursive=True)

    def judge(self) -> psutil.Process:
        """The judge's server, the one child of its kind; what it runs code in comes and goes."""
        (judge,) = (each for each in self.server.children() if "--judge-only" in _words_of(each))
        return judge


def _words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def full_capabilities() -> types.ClientCapabilities:
    """What VS Code can do, as far as it matters here."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf16]
        ),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            apply_edit=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(
                dynamic_registration=True
            ),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(
                content_format=[types.MarkupKind.Markdown, types.MarkupKind.PlainText]
            ),
            code_action=types.CodeActionClientCapabilities(
                data_support=True,
                disabled_support=True,
                is_preferred_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(properties=["edit"]),
            ),
        ),
    )


def bare_capabilities() -> types.ClientCapabilities:
    """An editor that can do next to nothing, and counts columns in bytes."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf8]
        )
    )


def editor_converter() -> Any:
    """The converter of the client, which must tell an action with a command from a command."""
    converter = default_converter()
    converter.register_structure_hook(
        types.Command | types.CodeAction,
        lambda value, _: converter.structure(
            value, types.Command if isinstance(value.get("command"), str) else types.CodeAction
        ),
    )
    return converter


@asynccontextmanager
async def connected_editor(
    capabilities: types.ClientCapabilities,
    options: Any = None,
    configuration: dict[str, Any] | None = None,
    arguments: tuple[str, ...] = (),
    folder: Path | None = None,
) -> AsyncIterator[Editor]:
    """Start a language server, be its client, and say exit_request at the end."""
    client = LanguageClient(converter_factory=editor_converter)
    register_lsp_features(client)
    client.set_configuration({"stepcheck": configuration} if configuration else {})
    client.feature(types.CLIENT_REGISTER_CAPABILITY)(lambda _params: None)
    await client.start_io(sys.executable, "-m", "stepcheck", "lsp", *arguments)
    editor = Editor(client, psutil.Process(client._server.pid))
    answer = await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            initialization_options=options,
            workspace_folders=(
                [types.WorkspaceFolder(folder.as_uri(), folder.name)] if folder else None
            ),
        )
    )
    editor.encoding = answer.capabilities.position_encoding or types.PositionEncodingKind.Utf16
    try:
        yield editor
    finally:
        if editor.server.is_running():
            await asyncio.wait_for(client.shutdown_session(), 30)
        await client.stop()
