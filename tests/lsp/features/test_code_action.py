import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

STATEMENT = "theorem t (a b : Nat) (h : a = b) : a = b ∧ a + 0 = b := by"
HOLE = f"{STATEMENT}\n  sorry\n"


def apply(text: str, edit: types.TextEdit) -> str:
    """The text after an edit, for texts in which every character is one UTF-16 unit."""
    lines = text.split("\n")

    def offset(position: types.Position) -> int:
        return sum(len(line) + 1 for line in lines[: position.line]) + position.character

    return text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]


def step_actions(actions: list[types.CodeAction]) -> list[types.CodeAction]:
    return [action for action in actions if action.data is not None]


async def offered(editor, uri, line, character, **options) -> list[types.CodeAction]:
    """The code actions at a place, asked for until the work behind them is done."""
    for _ in range(10):
        actions = await editor.code_actions(uri, line, character, **options)
        if actions and not any(action.disabled for action in actions):
            return actions
    raise AssertionError(f"nothing was offered: {actions}")


async def resolved_edit(editor, uri, action) -> types.TextEdit:
    assert action.edit is None
    resolved = await editor.client.code_action_resolve_async(action)
    (change,) = resolved.edit.document_changes
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(
        uri, editor.versions[uri]
    )
    (edit,) = change.edits
    return edit


def action_for(actions: list[types.CodeAction], step: str) -> types.CodeAction:
    (found,) = [action for action in actions if action.title.split(": ", 1)[1].startswith(step)]
    return found


async def test_a_proved_step_is_preferred_and_agreed_to_by_the_whole_file(editor):
    uri = editor.open(HOLE, "Choose.lean")
    actions = step_actions(await offered(editor, uri, 1, 7))
    assert [action.is_preferred for action in actions] == [True] + [None] * (len(actions) - 1)
    assert actions[0].title.startswith("✓ proved: ")
    assert {action.kind for action in actions} == {types.CodeActionKind.QuickFix}
    assert all((action.command is not None) == ("✓" in action.title) for action in actions)

    action = action_for(actions, "omega")
    edit = await resolved_edit(editor, uri, action)
    text = apply(HOLE, edit)
    assert text == HOLE.replace("sorry", "omega")
    editor.change(uri, text)
    assert await editor.run(action.command) == "proved"
    assert editor.client.messages == []
    assert not editor.client.diagnostics.get(uri)


async def test_a_step_of_several_lines_is_indented_for_its_column(editor):
    text = STATEMENT.replace("a = b ∧", "True → a = b ∧") + "\n  intro _\n  · sorry\n"
    uri = editor.open(text, "Indent.lean")
    action = action_for(await offered(editor, uri, 2, 5), "refine ⟨h, ?_⟩ ⏎ omega")
    edit = await resolved_edit(editor, uri, action)
    assert edit.new_text == "refine ⟨h, ?_⟩\n    omega"


async def test_what_the_whole_file_refuses_is_told_at_the_step(editor):
    # `omega` proves the theorem; then a program that rests on it is run, and fails.
    text = (
        f"{HOLE}\ndef one : Fin 1 := ⟨0, (t 0 0 rfl).1 ▸ Nat.one_pos⟩\n"
        '#eval (if one.1 = 0 then throw (IO.userError "no luck") else pure () : IO Unit)\n'
    )
    uri = editor.open(text, "Refused.lean")
    action = action_for(await offered(editor, uri, 1, 4), "omega")
    edit = await resolved_edit(editor, uri, action)
    editor.change(uri, apply(text, edit))
    assert await editor.run(action.command) == "rejected"
    (message,) = editor.client.messages
    assert "does not hold on the whole file" in message.message
    assert "no luck" in message.message
    (warning,) = editor.client.diagnostics[uri]
    assert warning.severity is types.DiagnosticSeverity.Warning
    assert warning.range == types.Range(types.Position(1, 2), types.Position(1, 7))
    editor.client.messages.clear()
    editor.change(uri, HOLE)
    await editor.hover(uri, 0, 0)
    assert list(editor.client.diagnostics[uri]) == []


async def test_a_step_beside_another_hole_is_proved_though_the_declaration_is_not(editor):
    text = f"{STATEMENT}\n  constructor\n  · sorry\n  · sorry\n"
    uri = editor.open(text, "Beside.lean")
    action = action_for(await offered(editor, uri, 2, 4), "omega")
    editor.change(uri, apply(text, await resolved_edit(editor, uri, action)))
    assert await editor.run(action.command) == "proved"
    assert editor.client.messages == []


async def test_a_proved_step_over_existing_tactics_says_that_it_replaces_them(editor):
    behind = "\n\ntheorem after : True := trivial\n"
    text = f"{STATEMENT}\n  constructor\n  · exact h\n  · simp [h]{behind}"
    uri = editor.open(text, "Over.lean")
    actions = await offered(editor, uri, 1, 2)
    assert {action.kind for action in actions} == {types.CodeActionKind.RefactorRewrite}
    action = action_for(actions, "omega")
    assert action.title.endswith("(replaces the rest of the block)")
    changed = apply(text, await resolved_edit(editor, uri, action))
    assert changed == f"{STATEMENT}\n  omega{behind}"


async def test_an_unfinished_step_is_put_before_existing_tactics(editor):
    text = "theorem t (p q : Prop) (h : p) : p ∧ q := by\n  constructor\n  · exact h\n"
    uri = editor.open(text, "Before.lean")
    actions = await offered(editor, uri, 1, 2)
    unfinished = [action for action in step_actions(actions) if "✓" not in action.title]
    step = unfinished[0].title.split(": ", 1)[1]
    changed = apply(text, await resolved_edit(editor, uri, unfinished[0]))
    assert changed == text.replace("  constructor", f"  {step}\n  constructor")


async def test_an_unfinished_line_is_completed(editor):
    text = f"{STATEMENT}\n  refine \n"
    uri = editor.open(text, "Prefix.lean")
    actions = step_actions(await offered(editor, uri, 1, 9))
    steps = [action.title.split(": ", 1)[1] for action in actions]
    assert steps
    assert all(step.startswith("refine ") for step in steps)
    edit = await resolved_edit(editor, uri, action_for(actions, "refine ⟨h, ?_⟩ ⏎ omega"))
    assert apply(text, edit) == f"{STATEMENT}\n  refine ⟨h, ?_⟩\n  omega\n"


async def test_where_the_caret_passes_only_what_is_known_is_offered(editor, model_server):
    automatic = types.CodeActionTriggerKind.Automatic
    uri = editor.open(HOLE.replace("t (", "passing ("), "Passing.lean")
    asked = model_server.requests_served()
    assert await editor.code_actions(uri, 1, 4, trigger=automatic) == []
    assert model_server.requests_served() == asked
    await editor.hover_text(uri, 1, 4)
    assert step_actions(await editor.code_actions(uri, 1, 4, trigger=automatic))


@pytest.mark.parametrize(
    ("only", "is_offered"),
    [
        (["quickfix"], True),
        ([""], True),
        (["refactor"], False),
        (["source.organizeImports"], False),
        (["quickfixes"], False),
    ],
)
async def test_only_the_kinds_that_are_asked_for_are_offered(editor, only, is_offered):
    uri = editor.open(HOLE, "Kinds.lean")
    await editor.hover_text(uri, 1, 4)
    assert bool(await editor.code_actions(uri, 1, 4, only=only)) == is_offered


async def test_suggesting_again_asks_the_model_anew(editor, model_server):
    uri = editor.open(HOLE.replace("t (", "again ("), "Again.lean")
    actions = await offered(editor, uri, 1, 4)
    asked = model_server.requests_served()
    (again,) = [action for action in actions if action.title == "stepcheck: suggest again"]
    assert await editor.run(again.command) > 0
    assert model_server.requests_served() == asked + 1
    await offered(editor, uri, 1, 4)
    assert model_server.requests_served() == asked + 1


async def test_an_action_for_a_text_that_has_changed_is_refused(editor):
    uri = editor.open(HOLE, "Changed.lean")
    action = step_actions(await offered(editor, uri, 1, 4))[0]
    editor.change(uri, HOLE + "\n")
    with pytest.raises(JsonRpcException) as refused:
        await editor.client.code_action_resolve_async(action)
    assert refused.value.code == types.LSPErrorCodes.ContentModified


async def test_an_action_without_an_edit_stays_as_it_is(editor):
    uri = editor.open(HOLE, "Again.lean")
    (again,) = [action for action in await offered(editor, uri, 1, 4) if action.data is None]
    assert await editor.client.code_action_resolve_async(again) == again


@pytest.mark.parametrize("data", [3, "no such offer", {"step": "sorry"}])
async def test_an_action_that_was_never_offered_is_refused(editor, data):
    action = types.CodeAction("✓ proved: sorry", data=data)
    with pytest.raises(JsonRpcException):
        await editor.client.code_action_resolve_async(action)


async def test_a_recheck_of_nothing_is_nothing(editor):
    command = types.Command("", "stepcheck.recheck", arguments=["no such offer"])
    assert await editor.run(command) is None


async def test_a_bare_client_gets_its_edits_at_once(bare_editor):
    text = "theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by sorry\n"
    uri = bare_editor.open(text, "BareAction.lean")
    column = len("theorem t (𝔸 : Nat) : 𝔸 = 𝔸 + 0 := by ".encode())
    action = action_for(await offered(bare_editor, uri, 0, column), "omega")
    (edit,) = action.edit.changes[uri]
    assert edit == types.TextEdit(
        types.Range(types.Position(0, column), types.Position(0, column + 5)), "omega"
    )
    assert await asyncio.wait_for(bare_editor.run(action.command), 120) == "proved"
