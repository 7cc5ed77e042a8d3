"""What the language server keeps of a person's own steps, and when."""

import asyncio
import json
from pathlib import Path

import pytest

from stepcheck.lsp.features.own_steps import PAUSE_SECONDS

START = "theorem t (a b : Nat) (h : a = b) : a = b ∧ a + 0 = b := by\n  sorry\n"
DONE = START.replace("sorry", "constructor\n  · exact h\n  · exact h")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of own steps, in a home of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "stepcheck" / "own"


@pytest.fixture
async def proving(own, start_editor, options, vscode, tmp_path):
    """Look at the suggestions of a proof, then write another one and save it."""

    async def prove():
        file = tmp_path / "Proof.lean"
        file.write_text(START, encoding="utf-8")
        editor = await start_editor(vscode, options)
        uri = editor.open_file(file, "lean4")
        await editor.hover_text(uri, 1, 4)
        editor.save(uri, DONE)
        return editor

    return prove


async def test_the_steps_of_a_saved_proof_are_kept_with_what_was_shown(own, proving, until):
    own.mkdir(parents=True)
    (own / "enabled").touch()
    await proving()
    kept = own / "steps.jsonl"
    await until(lambda: kept.is_file() and kept.read_text().count("\n") >= 2)
    rows = [json.loads(line) for line in kept.read_text().splitlines()]

    first = rows[0]
    assert (first["step"], first["verdict"]) == ("constructor", "progress")
    assert "omega" in first["dismissed"]
    assert first["goal"].endswith("⊢ a = b ∧ a + 0 = b")
    assert rows[1]["step"] == "exact h"
    assert rows[1]["dismissed"] == []


async def test_without_agreement_nothing_is_kept(own, proving):
    editor = await proving()
    # Longer than a saved text is left alone.
    await asyncio.sleep(PAUSE_SECONDS + 1)
    other = editor.open("example : True := by\n  sorry\n", "Later.lean")
    await editor.hover_text(other, 1, 3)
    assert not own.exists()
