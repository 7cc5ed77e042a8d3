"""Whole proofs in a real editor session: code lenses, the search, ghost text."""

import asyncio

import pytest
from lsprotocol import types

TWO_STEPS = "theorem t (a b : Nat) (h : a = b) : a = b ∧ a + 0 = b := by\n  sorry\n"
CLOSED_BY_OMEGA = "theorem u (a b : Nat) : a + b = b + a := by\n  sorry\n"
IMPOSSIBLE = "theorem v (a : Nat) : a = a + 1 := by\n  sorry\n"


@pytest.fixture
def applied(editor):
    """The edits that the client was told to make."""
    made = []

    def apply(params):
        made.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    features = editor.client.protocol.fm._features
    features.pop(types.WORKSPACE_APPLY_EDIT, None)
    editor.client.feature(types.WORKSPACE_APPLY_EDIT)(apply)
    return made


async def test_every_hole_in_a_proof_has_a_lens_and_no_other_sorry(editor):
    others = '-- sorry\n/- sorry -/\ndef s := "sorry"\n'
    text = TWO_STEPS + others + "example : True := by\n  · sorry\n"
    uri = editor.open(text, "Holes.lean")
    lenses = await editor.lenses(uri)
    assert [lens.range.start for lens in lenses] == [types.Position(1, 2), types.Position(6, 4)]
    assert {lens.command.title for lens in lenses} == {"search a proof here"}


async def test_a_search_inserts_a_proof_that_the_whole_file_accepts(editor, applied):
    uri = editor.open(TWO_STEPS, "Search.lean")
    (lens,) = await editor.lenses(uri)

    script = await editor.run(lens.command)

    assert script
    assert "sorry" not in script
    (params,) = applied
    (change,) = params.edit.document_changes
    assert change.text_document.version == 1
    assert change.edits[0].range == types.Range(types.Position(1, 2), types.Position(1, 7))


async def test_a_search_that_finds_nothing_says_what_it_did(start_editor, vscode, options):
    options["editor"] = {"search_seconds": 5}
    editor = await start_editor(vscode, options)
    uri = editor.open(IMPOSSIBLE, "Impossible.lean")
    (lens,) = await editor.lenses(uri)

    assert await editor.run(lens.command) is None

    (message,) = editor.client.messages
    assert "No proof was found" in message.message
    assert "tried" in message.message


async def test_a_search_can_be_cancelled_and_ends_when_the_text_changes(
    start_editor, vscode, options
):
    options["editor"] = {"search_seconds": 600}
    editor = await start_editor(vscode, options)
    uri = editor.open(IMPOSSIBLE, "Cancelled.lean")
    await editor.hover_text(uri, 1, 3)
    (lens,) = await editor.lenses(uri)

    async def begin(number):
        searching = asyncio.create_task(editor.run(lens.command))
        while len(editor.client.progress_reports) <= number:
            await asyncio.sleep(0.02)
        return searching, list(editor.client.progress_reports)[-1]

    known = len(editor.client.progress_reports)
    searching, token = await begin(known)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    assert await asyncio.wait_for(searching, 30) is None
    assert editor.client.messages == []

    searching, _ = await begin(known + 1)
    editor.change(uri, IMPOSSIBLE + "\n")
    assert await asyncio.wait_for(searching, 30) is None
    (message,) = editor.client.messages
    assert "the file has changed" in message.message


async def test_a_known_proof_is_inserted_by_the_lens_and_checked(editor, applied):
    uri = editor.open(CLOSED_BY_OMEGA, "Known.lean")
    await editor.hover_text(uri, 1, 3)
    (lens,) = await editor.lenses(uri)
    assert lens.command.title.startswith("close this: ")

    assert await editor.run(lens.command) == "proved"
    assert len(applied) == 1


async def test_ghost_text_is_a_proof_that_goes_on_from_what_is_typed(editor):
    async def ghosts(text, name, line, character):
        uri = editor.open(text, name)
        params = types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(uri),
            types.Position(line, character),
        )
        return await editor.client.text_document_inline_completion_async(params)

    blank = CLOSED_BY_OMEGA.replace("sorry", "")
    (ghost,) = await ghosts(blank, "Blank.lean", 1, 2)
    assert ghost.insert_text.strip() in ("omega", "simp", "grind", "intro h\nomega")
    assert ghost.command.command == "stepcheck.recheck"
    assert await editor.run(ghost.command) == "proved"

    (begun,) = await ghosts(CLOSED_BY_OMEGA.replace("sorry", "ome"), "Begun.lean", 1, 5)
    assert begun.insert_text == "omega"
    assert begun.range == types.Range(types.Position(1, 2), types.Position(1, 5))

    assert await ghosts(CLOSED_BY_OMEGA, "Sorry.lean", 1, 2) is None
    assert await ghosts("def x := 1\n", "None.lean", 0, 10) is None
