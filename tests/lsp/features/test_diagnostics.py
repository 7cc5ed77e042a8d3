"""Edits of Python files in a real editor session, judged by a real judge in a real sandbox."""

import asyncio
import re
import subprocess

import pytest
from lsprotocol import types

from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")

RIGHT = '''"""Numbers."""


def square(x):
    """
    >>> square(3)
    9
    """
    return x * x


def half(x):
    return x // 2
'''
WRONG = RIGHT.replace("x * x", "x + x")


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(workspace):
    """A folder with a file that was committed."""
    (workspace / "numbers_of.py").write_text(RIGHT)
    git(workspace, "init", "-q")
    git(workspace, "add", ".")
    git(workspace, "commit", "-qm", "right")
    return workspace


@pytest.fixture
async def edited(start_editor, vscode, repository):
    """An editor with the committed file open, and its URI."""
    editor = await start_editor(vscode, folder=repository)
    return editor, editor.open_file(repository / "numbers_of.py")


async def test_a_saved_mistake_is_shown_where_it_is_with_what_refutes_it(edited, until):
    editor, uri = edited
    editor.save(uri, WRONG)

    (fault,) = await until(lambda: editor.diagnostics(uri))

    assert "square(3) gives 6, not 9" in fault.message
    assert fault.severity is types.DiagnosticSeverity.Error
    assert fault.source == "stepcheck"
    assert fault.range.start == types.Position(8, 4)
    hover = await editor.hover_text(uri, 8, 6)
    assert "✗ incorrect" in hover
    assert "square(3) gives 6" in hover.replace("\\", "")
    assert await editor.hover(uri, 12, 6) is None
    (title,) = await editor.titles(uri)
    assert title.startswith("edit: incorrect 0.")

    editor.save(uri, WRONG.replace("x + x", "x ** 2"))
    await until(lambda: not editor.diagnostics(uri))
    assert "✓ correct" in await editor.hover_text(uri, 8, 6)
    (title,) = await editor.titles(uri)
    assert re.fullmatch(r"edit: correct 0\.\d\d · \d+ checks?", title)
    assert editor.client.messages == []


async def test_a_fault_goes_when_its_function_changes_and_moves_with_it_otherwise(edited, until):
    editor, uri = edited
    editor.save(uri, WRONG)
    await until(lambda: editor.diagnostics(uri))

    editor.change(uri, "import math\n\n" + WRONG)
    (moved,) = await until(
        lambda: [fault for fault in editor.diagnostics(uri) if fault.range.start.line == 10]
    )
    assert "square(3) gives 6" in moved.message

    editor.change(uri, "import math\n\n" + WRONG.replace("x + x", "x + 1"))
    await until(lambda: not editor.diagnostics(uri))

    editor.change(uri, WRONG)
    await until(lambda: editor.diagnostics(uri))


async def test_what_nothing_decides_says_why(edited):
    editor, uri = edited
    editor.change(uri, RIGHT.replace("x // 2", "x / 2"))

    hover = (await editor.hover_text(uri, 12, 6)).replace("\\", "")

    assert "? unknown" in hover
    assert "no examples were found" in hover
    (title,) = await editor.titles(uri)
    assert title.startswith("edit: unknown · ")
    assert "no examples were found" in title


async def test_lenses_offer_to_judge_what_has_changed_and_follow_what_was_found(edited):
    editor, uri = edited
    assert await editor.titles(uri) == []
    editor.change(uri, WRONG)
    (lens,) = await editor.lenses(uri)
    assert lens.command.title == "judge this edit"
    assert lens.range.start.line == 3

    verdicts = await editor.run(lens.command)

    assert [(each["name"], each["verdict"]) for each in verdicts] == [("square", "incorrect")]
    (lens,) = await editor.lenses(uri)
    assert "square(3) gives 6" in lens.command.title
    verdicts = await editor.run(lens.command)
    assert [(each["name"], each["verdict"]) for each in verdicts] == [("square", "incorrect")]


async def test_a_person_is_told_that_nothing_has_changed(edited):
    editor, uri = edited
    assert await editor.run(types.Command("", "stepcheck.judge", arguments=[uri])) == []
    (message,) = editor.client.messages
    assert "No function has changed" in message.message


async def test_without_git_a_file_is_compared_with_what_was_opened(
    start_editor, vscode, workspace, until
):
    (workspace / "plain.py").write_text(RIGHT)
    editor = await start_editor(vscode, folder=workspace)
    uri = editor.open_file(workspace / "plain.py")
    assert await editor.hover(uri, 8, 6) is None

    editor.save(uri, WRONG)

    assert await until(lambda: editor.diagnostics(uri))


async def test_a_new_file_in_a_repository_is_judged_as_a_whole(start_editor, vscode, repository):
    (repository / "new.py").write_text(WRONG)
    editor = await start_editor(vscode, folder=repository)
    uri = editor.open_file(repository / "new.py")

    assert len(await editor.titles(uri)) == 2
    assert "✗ incorrect" in await editor.hover_text(uri, 8, 6)


async def test_what_is_no_python_is_said_at_its_line(edited, until):
    editor, uri = edited
    editor.save(uri, RIGHT.replace("return x // 2", "return x //"))

    (fault,) = await until(lambda: editor.diagnostics(uri))

    assert fault.range.start.line == 12
    assert fault.code == "syntax"


async def test_on_change_it_judges_when_typing_has_stopped(start_editor, vscode, repository, until):
    options = {"editor": {"judge": "change", "judge_delay_milliseconds": 50}}
    editor = await start_editor(vscode, options, folder=repository)
    uri = editor.open_file(repository / "numbers_of.py")

    for typed in range(200):
        editor.change(uri, WRONG.replace("x + x", f"x + x + {typed}"))
    editor.change(uri, WRONG)

    (fault,) = await until(lambda: editor.diagnostics(uri))
    assert "square(3) gives 6," in fault.message


async def test_on_demand_nothing_is_judged_unasked(start_editor, vscode, repository):
    editor = await start_editor(vscode, {"editor": {"judge": "demand"}}, folder=repository)
    uri = editor.open_file(repository / "numbers_of.py")
    editor.save(uri, WRONG)

    assert await editor.hover(uri, 8, 6) is None
    assert editor.children() == []
    await editor.run(types.Command("", "stepcheck.judge", arguments=[uri]))
    assert "✗ incorrect" in await editor.hover_text(uri, 8, 6)


async def test_astral_characters_and_odd_line_ends_keep_faults_in_their_place(
    start_editor, vscode, repository, until
):
    text = '"""𝔸\x0c𝔸\u2028"""\r\nx = "𝔸"\r\n' + WRONG.replace("\n", "\r\n")
    editor = await start_editor(vscode, folder=repository)
    uri = editor.open_file(repository / "numbers_of.py")
    editor.change(uri, text + 'def broken():\r\n    return "𝔸𝔸" + undefined_name\r\n')

    await editor.run(types.Command("", "stepcheck.judge", arguments=[uri]))

    faults = await until(lambda: editor.diagnostics(uri))
    square = next(fault for fault in faults if "square" in fault.message)
    assert square.range.start == types.Position(10, 4)
    undefined = next(fault for fault in faults if fault.code == "undefined_name")
    assert undefined.range == types.Range(types.Position(16, 4), types.Position(16, 34))


async def test_the_judge_is_restarted_when_it_dies_and_ends_with_the_session(edited, until):
    editor, uri = edited
    editor.change(uri, WRONG)
    assert "✗ incorrect" in await editor.hover_text(uri, 8, 6)
    judge = editor.judge()
    judge.kill()

    editor.change(uri, WRONG.replace("x + x", "x * 2"))
    assert "✗ incorrect" in await editor.hover_text(uri, 8, 6)
    successor = editor.judge()
    assert successor.pid != judge.pid

    await asyncio.wait_for(editor.client.shutdown_session(), 30)
    await until(lambda: not successor.is_running())


async def test_the_judge_ends_even_if_the_language_server_is_killed(edited, until):
    editor, uri = edited
    editor.change(uri, WRONG)
    await editor.hover(uri, 8, 6)
    judge = editor.judge()
    editor.server.kill()
    await until(lambda: not judge.is_running())


async def test_closing_a_file_takes_back_its_faults_and_its_work(edited, until):
    editor, uri = edited
    editor.save(uri, WRONG)
    await until(lambda: editor.diagnostics(uri))
    editor.change(uri, WRONG.replace("x + x", "x + x + 0"))
    hovering = asyncio.create_task(editor.hover(uri, 8, 6))
    editor.close(uri)
    assert await asyncio.wait_for(hovering, 30) is None
    await until(lambda: not editor.diagnostics(uri))
    assert await editor.titles(uri) == []


async def test_other_languages_are_ignored(start_editor, vscode):
    editor = await start_editor(vscode)
    uri = editor.open("int f() { return 0; }", "f.c", "c")
    editor.change(uri, "int f() { return 1; }")
    assert await editor.hover(uri, 0, 4) is None
    assert await editor.titles(uri) == []
    assert await editor.code_actions(uri, 0, 4) == []
    assert editor.children() == []


async def test_a_file_that_is_too_large_is_said_to_be_and_costs_nothing(
    start_editor, vscode, repository
):
    editor = await start_editor(vscode, folder=repository)
    text = "".join(f"def f{number}(x):\n    return x\n\n\n" for number in range(4000))
    uri = editor.open_uri((repository / "large.py").as_uri(), text, "python")
    editor.change(uri, text + "# more\n")

    assert await editor.titles(uri) == []
    assert await editor.hover(uri, 1, 4) is None
    assert await editor.run(types.Command("", "stepcheck.judge", arguments=[uri])) == []
    (message,) = editor.client.messages
    assert "cannot be judged" in message.message
    assert editor.children() == []


async def test_a_changed_setting_takes_effect_for_the_next_save(
    start_editor, vscode, repository, until
):
    editor = await start_editor(
        vscode, configuration={"editor": {"judge": "demand"}}, folder=repository
    )
    uri = editor.open_file(repository / "numbers_of.py")
    editor.save(uri, WRONG)
    assert await editor.hover(uri, 8, 6) is None
    editor.client.set_configuration({"stepcheck": {"editor": {"judge": "save"}}})
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))

    async def hovered():
        while (hover := await editor.hover(uri, 8, 6)) is None:
            await asyncio.sleep(0.05)
        return hover

    assert await asyncio.wait_for(hovered(), 60)
    editor.save(uri, WRONG)
    assert await until(lambda: editor.diagnostics(uri))


async def test_what_files_say_is_never_logged(start_editor, vscode, repository, until, capfd):
    editor = await start_editor(vscode, arguments=("--verbose",), folder=repository)
    uri = editor.open_file(repository / "numbers_of.py")
    secret = "my_secret_function"
    editor.save(uri, f"{WRONG}\n\ndef {secret}(x):\n    return {secret}_of(x)\n")
    assert await until(lambda: editor.diagnostics(uri))
    await asyncio.wait_for(editor.client.shutdown_session(), 30)
    assert secret not in capfd.readouterr().err
