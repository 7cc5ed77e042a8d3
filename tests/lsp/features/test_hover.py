import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

STATEMENT = "theorem t (a b : Nat) (h : a = b) : a = b ∧ a + 0 = b := by"
HOLE = f"{STATEMENT}\n  sorry\n"


async def test_a_hover_shows_checked_steps_best_first_and_hides_the_others(editor):
    uri = editor.open(HOLE, "Hover.lean")
    text = await editor.hover_text(uri, 1, 4)

    assert text.startswith("**✓ proved** ")
    assert "`omega`" in text
    assert text.index("✓ proved") < text.index("→ 1 goal left") < text.index("→ 2 goals left")
    assert "```lean\nrefine ⟨h, ?_⟩\nomega\n```" in text
    assert "case left\na b : Nat\nh : a = b\n⊢ a = b" in text
    assert "score -" in text
    assert "absurd" not in text
    assert "sorry" not in text
    assert "rejected" in text.split("hidden:")[1]


async def test_the_range_of_a_hover_is_the_text_that_a_step_replaces(editor):
    uri = editor.open("theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by sorry\n", "Range.lean")
    await editor.hover_text(uri, 0, 42)
    hover = await editor.hover(uri, 0, 42)
    start = len("theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by ".encode("utf-16-le")) // 2
    assert hover.range == types.Range(types.Position(0, start), types.Position(0, start + 5))


@pytest.mark.parametrize(
    ("line", "character", "where"),
    [
        (0, 3, "in a comment"),
        (1, 12, "in a statement"),
        (4, 0, "between commands"),
        (5, 9, "in a definition without proof"),
        (99, 99, "beyond the text"),
    ],
)
async def test_outside_of_proofs_a_hover_says_nothing(editor, line, character, where):
    text = f"-- by and by\n{STATEMENT}\n  omega\n\n\ndef two := 2\n"
    uri = editor.open(text, "Outside.lean")
    assert await editor.hover(uri, line, character) is None, where


async def test_a_file_of_another_language_is_left_alone(editor):
    uri = editor.open(HOLE, "test.py", language="python")
    assert await editor.hover(uri, 1, 4) is None
    assert await editor.code_actions(uri, 1, 4) == []


async def test_what_counts_is_the_text_in_the_editor(editor):
    uri = editor.open("theorem t (a : Nat) : a = a + 1 := by\n  sorry\n", "Unsaved.lean")
    assert "✓" not in await editor.hover_text(uri, 1, 4)
    editor.change(uri, "theorem t (a : Nat) : a = a + 0 := by\n  sorry\n")
    assert "✓" in await editor.hover_text(uri, 1, 4)


async def test_the_same_hover_gives_the_same_answer_without_asking_again(editor, model_server):
    uri = editor.open(HOLE.replace("t (", "same ("), "Same.lean")
    first = await editor.hover_text(uri, 1, 4)
    asked = model_server.requests_served()
    assert await editor.hover_text(uri, 1, 5) == first
    assert model_server.requests_served() == asked


async def test_hovers_at_the_same_time_share_one_request(editor, model_server):
    uri = editor.open(HOLE.replace("t (", "twins ("), "Twins.lean")
    asked = model_server.requests_served()
    first, second = await asyncio.gather(editor.hover(uri, 1, 4), editor.hover(uri, 1, 4))
    assert first == second
    assert first is not None
    await editor.hover_text(uri, 1, 4)
    assert model_server.requests_served() == asked + 1


async def test_the_answer_for_a_text_that_has_changed_since_is_dropped(editor):
    uri = editor.open(HOLE.replace("t (", "stale ("), "Stale.lean")
    asking = asyncio.create_task(editor.hover(uri, 1, 4))
    await asyncio.sleep(0)
    editor.change(uri, "-- nothing here\n")
    assert await asking is None


async def test_a_cancelled_hover_is_answered_at_once_and_leaves_lean_free(editor):
    uri = editor.open(HOLE.replace("t (", "cancelled ("), "Cancelled.lean")
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, 4))
    protocol = editor.client.protocol
    asking = protocol.send_request(types.TEXT_DOCUMENT_HOVER, params, msg_id="to-cancel")
    protocol.notify(types.CANCEL_REQUEST, types.CancelParams("to-cancel"))
    with pytest.raises(JsonRpcException, match="cancel"):
        await asyncio.wait_for(asyncio.wrap_future(asking), 10)
    assert "✓ proved" in await editor.hover_text(uri, 1, 4)


async def test_an_error_above_is_told_with_its_remedy_and_without_a_popup(editor):
    uri = editor.open(f"import Nowhere\n\n{HOLE}", "Broken.lean")
    text = await editor.hover_text(uri, 3, 4)
    assert text.startswith("stepcheck: ")
    assert "imports" in text
    assert editor.client.messages == []


async def test_a_finished_proof_has_nothing_to_suggest_below_it(editor):
    uri = editor.open(f"{STATEMENT}\n  omega\n  \n", "Finished.lean")
    assert await editor.hover(uri, 2, 2) is None


async def test_goal_and_step_text_cannot_leave_its_code_block(editor):
    text = 'theorem t (h : "```\\n# big <b>" = s) : s = "```\\n# big <b>" := by\n  sorry\n'
    uri = editor.open(text, "Hostile.lean")
    lines = (await editor.hover_text(uri, 1, 4)).split("\n")
    assert not any(line.startswith("#") for line in lines)


async def test_a_bare_client_gets_plain_text_and_its_own_columns(bare_editor):
    uri = bare_editor.open("theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by sorry\n", "Bare.lean")
    before = "theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by "
    column = len(before.encode())
    text = await bare_editor.hover_text(uri, 0, column + 2)
    hover = await bare_editor.hover(uri, 0, column + 2)
    assert hover.contents.kind is types.MarkupKind.PlainText
    assert "✓ proved" in text
    assert "**" not in text
    assert "`" not in text
    assert hover.range == types.Range(types.Position(0, column), types.Position(0, column + 5))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{STATEMENT}\n  -- \ud835\n  sorry\n", "surrogate"),
        (f"{STATEMENT}\n  -- {'x' * 10_000_000}\n  sorry\n", "characters"),
        (f"{STATEMENT}\n  -- \0\n  sorry\n", "NUL"),
    ],
    ids=["surrogate", "10 MB", "NUL"],
)
async def test_a_text_that_lean_cannot_read_is_told_quietly(editor, text, problem):
    uri = editor.open(text, "Unreadable.lean")
    said = await editor.hover_text(uri, 2, 4)
    assert problem in said
    assert editor.client.messages == []
    editor.close(uri)


async def test_wrong_positions_are_taken_as_the_nearest_right_ones(editor):
    uri = editor.open(HOLE, "Wrong.lean")
    assert "✓ proved" in await editor.hover_text(uri, 1, 9999)
