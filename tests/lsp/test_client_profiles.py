"""The same session in editors that can do different things."""

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")

UTF8 = types.PositionEncodingKind.Utf8
UTF16 = types.PositionEncodingKind.Utf16
UTF32 = types.PositionEncodingKind.Utf32

RIGHT = 'def name(x):\n    """>>> name(1)\n    \'𝔸1\'\n    """\n    return "𝔸" + str(x)\n'
WRONG = RIGHT.replace("str(x)", "strr(x)")


def helix():
    """Helix 25, written by hand after its source: no code lenses, no inline completion."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[UTF8, UTF32, UTF16]),
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=True,
            configuration=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        text_document=types.TextDocumentClientCapabilities(
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            code_action=types.CodeActionClientCapabilities(
                data_support=True,
                disabled_support=True,
                is_preferred_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(
                    properties=["edit", "command"]
                ),
            ),
        ),
    )


def bare():
    """The least that the protocol asks of a client."""
    return types.ClientCapabilities()


RECORDED = ("visual_studio_code", "neovim", "emacs")
"""What these editors were recorded to say, by pytest-lsp."""


@pytest.fixture(params=[*RECORDED, "helix", "bare"])
async def profile(request, start_editor, workspace):
    """An editor with a file open, and the file's URI."""
    made = {"helix": helix, "bare": bare}.get(request.param)
    capabilities = made() if made else client_capabilities(request.param)
    editor = await start_editor(capabilities, folder=workspace)
    (workspace / "names.py").write_text(RIGHT, encoding="utf-8")
    return editor, editor.open_file(workspace / "names.py")


async def test_a_mistake_is_shown_in_the_clients_units_and_said_in_its_format(profile, until):
    editor, uri = profile
    editor.save(uri, WRONG)

    faults = await until(lambda: editor.diagnostics(uri))
    undefined = next(fault for fault in faults if fault.code == "undefined_name")
    end = len((WRONG.split("\n")[4]).encode(_CODECS[editor.encoding])) // _BYTES[editor.encoding]
    assert undefined.range == types.Range(types.Position(4, 4), types.Position(4, end))

    hover = (await editor.hover(uri, 4, 6)).contents
    is_markdown = "**✗ incorrect" in hover.value
    assert is_markdown == (hover.kind is types.MarkupKind.Markdown)
    assert "strr" in hover.value

    (title,) = await editor.titles(uri)
    assert title.startswith("edit: incorrect")
    assert editor.client.messages == []


_CODECS = {UTF8: "utf-8", UTF16: "utf-16-le", UTF32: "utf-32-le"}
_BYTES = {UTF8: 1, UTF16: 2, UTF32: 4}
