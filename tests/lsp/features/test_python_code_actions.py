"""Verified fixes in a real editor session: from the mistake to the file that is right again."""

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")

RIGHT = '''"""𝔸"""


def largest(numbers):
    """
    >>> largest([3, 9, 2])
    9
    >>> largest([5])
    5
    >>> largest([-4, -2])
    -2
    """
    best = numbers[0]
    for number in numbers:
        "𝔸"; best = number if number > best else best
    return best
'''
WRONG = RIGHT.replace("number > best", "number < best")
HOPELESS = '''def secret(x):
    """
    >>> secret(1)
    'nobody finds this out'
    """
    return x
'''


def applied(text, edits, encoding):
    """The text after edits, as an editor of that encoding makes them."""
    codec, unit = {
        types.PositionEncodingKind.Utf8: ("utf-8", 1),
        types.PositionEncodingKind.Utf16: ("utf-16-le", 2),
        types.PositionEncodingKind.Utf32: ("utf-32-le", 4),
    }[encoding]
    lines = text.split("\n")

    def offset(position):
        before = sum(len(line) + 1 for line in lines[: position.line])
        line = lines[position.line].encode(codec)
        return before + len(line[: position.character * unit].decode(codec))

    for edit in sorted(edits, key=lambda each: offset(each.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def edits_of(action):
    if action.edit.document_changes:
        (change,) = action.edit.document_changes
        return change.edits
    (edits,) = action.edit.changes.values()
    return edits


async def fixes(editor, uri, line):
    """The fixes offered at a line, asked for until there are some."""
    for _ in range(10):
        actions = await editor.code_actions(uri, line, 8)
        if found := [action for action in actions if action.title.startswith("✓")]:
            return found
    raise AssertionError("no fix was offered")


@pytest.mark.parametrize("client", ["visual_studio_code", "neovim", "bare"])
async def test_the_fix_of_a_mistake_makes_it_right_in_every_editor(
    start_editor, workspace, until, client
):
    is_bare = client == "bare"
    capabilities = types.ClientCapabilities() if is_bare else client_capabilities(client)
    (workspace / "largest_of.py").write_text(RIGHT)
    editor = await start_editor(capabilities, folder=workspace)
    uri = editor.open_file(workspace / "largest_of.py")
    editor.save(uri, WRONG)
    await until(lambda: editor.diagnostics(uri))

    fix, *_ = await fixes(editor, uri, 14)
    assert fix.is_preferred
    assert fix.kind == types.CodeActionKind.QuickFix
    if fix.edit is None:
        fix = await editor.client.code_action_resolve_async(fix)
    mended = applied(WRONG, edits_of(fix), editor.encoding)
    editor.save(uri, mended)

    await until(lambda: not editor.diagnostics(uri))
    verdicts = await editor.run(types.Command("", "stepcheck.judge", arguments=[uri]))
    assert all(each["verdict"] == "correct" for each in verdicts)


async def test_a_fix_of_a_text_that_is_gone_is_refused(start_editor, vscode, workspace, until):
    (workspace / "largest_of.py").write_text(RIGHT)
    editor = await start_editor(vscode, folder=workspace)
    uri = editor.open_file(workspace / "largest_of.py")
    editor.save(uri, WRONG)
    assert await until(lambda: editor.diagnostics(uri))
    fix, *_ = await fixes(editor, uri, 14)
    editor.change(uri, WRONG + "\n")

    with pytest.raises(Exception, match="changed since"):
        await editor.client.code_action_resolve_async(fix)


async def test_where_there_is_none_it_says_so(start_editor, vscode, workspace, until):
    (workspace / "hopeless.py").write_text("def secret(x):\n    return x\n")
    editor = await start_editor(vscode, folder=workspace)
    uri = editor.open_file(workspace / "hopeless.py")
    editor.save(uri, HOPELESS)
    await until(lambda: editor.diagnostics(uri))

    for _ in range(10):
        none, again = await editor.code_actions(uri, 5, 4)
        if "Ask again" not in none.disabled.reason:
            break
    assert none.title == "stepcheck: no verified fix"
    assert none.disabled.reason
    assert again.title == "stepcheck: judge this edit again"


async def test_an_editor_that_asks_of_itself_is_told_what_is_known(
    start_editor, vscode, workspace, until
):
    (workspace / "largest_of.py").write_text(RIGHT)
    options = {"editor": {"prepare_fixes": False}}
    editor = await start_editor(vscode, options, folder=workspace)
    uri = editor.open_file(workspace / "largest_of.py")
    editor.save(uri, WRONG)
    await until(lambda: editor.diagnostics(uri))
    automatic = types.CodeActionTriggerKind.Automatic

    before = await editor.code_actions(uri, 14, 8, trigger=automatic)
    assert [action.title for action in before] == ["stepcheck: judge this edit again"]
    assert await fixes(editor, uri, 14)
    after = await editor.code_actions(uri, 14, 8, trigger=automatic)
    assert any(action.title.startswith("✓") for action in after)
