"""The command by which an editor's status bar knows of the model server."""

from lsprotocol import types

from stepcheck.client.local_server import run_local_server

STATUS = types.Command("status", "stepcheck.modelServer")


async def test_names_the_server_and_its_model(start_editor, vscode, model_server):
    editor = await start_editor(vscode, {"client": {"server_url": model_server.url}})
    status = await editor.run(STATUS)
    assert status["ready"]
    assert status["url"] == model_server.url
    assert status["models"] == ["taught"]


async def test_says_that_nothing_answers_and_what_to_do(start_editor, vscode):
    editor = await start_editor(vscode, {"client": {"server_url": "http://127.0.0.1:9"}})
    status = await editor.run(STATUS)
    assert not status["ready"]
    assert "No model server answers" in status["problem"]
    assert "stepcheck serve" in status["remedy"]


async def test_does_not_take_a_server_without_a_model_for_one(start_editor, vscode):
    async with run_local_server("--judge-only") as url:
        editor = await start_editor(vscode, {"client": {"server_url": url}})
        status = await editor.run(STATUS)
    assert not status["ready"]
    assert "no language model" in status["problem"]
