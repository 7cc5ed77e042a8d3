import asyncio

import psutil
import pytest
from lsprotocol import types

HOLE = "theorem t (a b : Nat) (h : a = b) : a = b ∧ a + 0 = b := by\n  sorry\n"
NO_SERVER = "http://127.0.0.1:9"
NO_LEAN = {"lean": {"toolchain": "/nowhere/lean"}}


def ends(reports):
    return [report for report in reports if isinstance(report, types.WorkDoneProgressEnd)]


async def test_without_a_model_server_what_lean_proposes_is_shown_with_how_to_start_one(
    start_editor, vscode, options
):
    options["client"]["server_url"] = NO_SERVER
    editor = await start_editor(vscode, options)
    uri = editor.open(HOLE)
    text = await editor.hover_text(uri, 1, 4)
    assert "✓ proved" in text
    assert "`stepcheck serve`" in text.replace("\\", "")
    assert NO_SERVER in text.replace("\\", "")
    assert editor.client.messages == []
    actions = await editor.code_actions(uri, 1, 4)
    assert actions[0].title.startswith("✓ proved")


async def test_without_lean_a_quiet_line_says_how_to_get_one(start_editor, vscode, model_server):
    editor = await start_editor(vscode, NO_LEAN)
    uri = editor.open(HOLE)
    asked = model_server.requests_served()
    for _ in range(3):
        text = (await editor.hover_text(uri, 1, 4)).replace("\\", "")
        assert "/nowhere/lean" in text
        assert "embedded" in text
    assert editor.client.messages == []
    assert editor.client.progress_reports == {}
    assert model_server.requests_served() == asked
    titles = [action.title for action in await editor.code_actions(uri, 1, 4)]
    assert titles == ["stepcheck: no suggestion", "stepcheck: restart Lean"]


async def test_wrong_settings_are_told_once_and_the_right_ones_are_used(start_editor, vscode):
    options = {**NO_LEAN, "suggestion": {"n": "many", "temprature": 3}, "nonsense": 4}
    editor = await start_editor(vscode, options, configuration={"client": {"server_url": 5}})
    uri = editor.open(HOLE)
    assert "/nowhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", "")
    (message,) = editor.client.messages
    assert message.type is types.MessageType.Warning
    for part in ("suggestion.n", "suggestion.temprature", "nonsense", "client.server_url"):
        assert part in message.message
    assert "temperature" in message.message


@pytest.mark.parametrize("options", [None, {}, [], "x", 7, {"lean": None}])
async def test_options_of_any_shape_leave_a_server_that_answers(start_editor, vscode, options):
    editor = await start_editor(vscode, options, configuration=NO_LEAN)
    uri = editor.open(HOLE)
    assert "/nowhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", "")


async def test_initialization_options_outrank_the_configuration(start_editor, vscode):
    editor = await start_editor(
        vscode, NO_LEAN, configuration={"lean": {"toolchain": "/elsewhere/lean"}}
    )
    uri = editor.open(HOLE)
    assert "/nowhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", "")


async def test_a_changed_configuration_takes_effect(start_editor, vscode):
    editor = await start_editor(vscode, configuration=NO_LEAN)
    uri = editor.open(HOLE)
    assert "/nowhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", "")
    editor.client.set_configuration({"stepcheck": {"lean": {"toolchain": "/elsewhere/lean"}}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))
    for _ in range(100):
        if "/elsewhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", ""):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the new setting was never used")


def still_alive(children):
    """Those of the processes that do not end within seconds."""
    _, alive = psutil.wait_procs(children, timeout=10)
    return alive


async def progress_begun(editor, number):
    """The token of the session's progress number `number` (from 0), once it has begun."""
    while True:
        tokens = list(editor.client.progress_reports)
        if len(tokens) > number and editor.client.progress_reports[tokens[number]]:
            return tokens[number]
        await asyncio.sleep(0.02)


async def test_lean_can_be_cancelled_restarted_and_killed(start_editor, vscode, options):
    editor = await start_editor(vscode, options)
    uri = editor.open(HOLE)
    token = await asyncio.wait_for(progress_begun(editor, 0), 30)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    for _ in range(2):
        text = await editor.hover_text(uri, 1, 4)
        assert "cancelled" in text
        assert "restart Lean" in text
    assert len(ends(editor.client.progress_reports[token])) == 1
    assert len(editor.client.progress_reports) == 1
    assert still_alive(editor.children()) == []

    (restart,) = [a for a in await editor.code_actions(uri, 1, 4) if "restart" in a.title]
    await editor.run(restart.command)
    assert "✓ proved" in await editor.hover_text(uri, 1, 4)
    assert len(editor.client.progress_reports) == 2

    for child in editor.children():
        child.kill()
    editor.change(uri, HOLE.replace("t (", "survivor ("))
    assert "✓ proved" in await editor.hover_text(uri, 1, 4)

    children = editor.children()
    assert children
    await asyncio.wait_for(editor.client.shutdown_session(), 30)
    assert editor.client._server.returncode == 0
    assert still_alive(children) == []
    assert editor.client.messages == []


async def test_lean_ends_with_a_client_that_leaves_without_a_word(start_editor, vscode, options):
    editor = await start_editor(vscode, options)
    editor.open(HOLE)
    async with asyncio.timeout(30):
        while not (children := editor.children()):
            await asyncio.sleep(0.05)
    editor.client._server.stdin.close()
    assert await asyncio.wait_for(editor.client._server.wait(), 30) == 1
    assert still_alive(children) == []


async def test_what_files_say_is_never_logged(start_editor, vscode, capfd):
    editor = await start_editor(vscode, NO_LEAN, arguments=("--verbose",))
    secret = "mySecretLemma"
    uri = editor.open(HOLE.replace("t (", f"{secret} ("))
    await editor.hover_text(uri, 1, 4)
    for body in (
        f'{{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": ["{secret}"]}}',
        f'{{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {{"{secret}": 1}}}}',
        f'{{"jsonrpc": "2.0", "method": "workspace/unheardOf", "params": {{"text": "{secret}"}}}}',
        f'{{"jsonrpc": "2.0", "id": 99, "method": "textDocument/hover", "params": "{secret}"}}',
        f'{{"jsonrpc": "2.0", "method": "{secret}',
        f'["{secret}"]',
        f'"{secret}"',
    ):
        editor.send_raw(body.encode())
    assert "/nowhere/lean" in (await editor.hover_text(uri, 1, 4)).replace("\\", "")
    await asyncio.wait_for(editor.client.shutdown_session(), 30)
    log = capfd.readouterr().err
    assert "pygls" in log
    assert secret not in log
    assert editor.client.messages == []
