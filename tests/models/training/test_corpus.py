"""What may be trained on, and what never is."""

import json
import lzma
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from stepcheck.models.training.checked_goals import read_checked_goals
from stepcheck.models.training.corpus import Corpus, DataError, HeldOut
from stepcheck.models.training.frequent import frequent_tactics


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def proof(name: str, statement: str, text: str = "simp") -> dict[str, str]:
    return {"file": "F.lean", "name": name, "statement": statement, "proof": text, "source": "s"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_rows(tmp_path / "goals-dev.jsonl.xz", [{"signature": "(a b : Nat) : a + b = b + a"}])
    write_rows(tmp_path / "steps-dev.jsonl.xz", [{"theorem": "Held.out"}, {"theorem": ""}])
    write_rows(
        tmp_path / "steps-train.jsonl.xz",
        [
            {"state": "⊢ p", "tactic": "simp", "theorem": "Kept.one"},
            {"state": "⊢ q", "tactic": "rfl", "theorem": "Held.out"},
            {"state": "⊢ r", "tactic": "rfl", "theorem": ""},
        ],
    )
    write_rows(
        tmp_path / "proofs-core.jsonl.xz",
        [
            proof("same", "theorem same (a b : Nat) :  a + b\n  = b + a"),
            proof("example", "@[simp] protected lemma renamed (a b : Nat) : a + b = b + a"),
            proof("two", "theorem same (a b : Nat) : a + b = b + a := rfl theorem two : 1 = 1"),
            proof("kept", "theorem kept (a b : Nat) : b + a = a + b", "simp\n· simp"),
        ],
    )
    write_rows(
        tmp_path / "proofs-mathlib.jsonl.xz",
        [proof("Held.out", "theorem out : 1 = 1"), proof("fine", "theorem fine : 1 = 1", "rfl")],
    )
    return tmp_path


def test_held_out_statements_and_theorems_never_reach_training(data: Path) -> None:
    corpus = Corpus.load(data)
    assert [step.goal for step in corpus.steps] == ["⊢ p", "⊢ r"]
    assert [proof.name for proof in corpus.proofs] == ["kept", "fine"]
    assert [proof.library for proof in corpus.proofs] == ["Std", "Mathlib"]


def test_held_out_goals_are_left_out_of_the_checked_goals(data: Path) -> None:
    row = {"goal": "⊢ p", "source": "s", "human": "", "proved": ["simp"], "progress": []}
    path = data / "checked.jsonl.xz"
    write_rows(
        path,
        [
            row | {"statement": "(ab:Nat):a+b=b+a", "theorem": "new_name"},
            row | {"statement": ":1=1", "theorem": "Held.out"},
            row | {"statement": ":2=2", "theorem": "fine"},
        ],
    )
    kept = read_checked_goals(path, HeldOut.load(data))
    assert [goal.statement for goal in kept] == [":2=2"]


def test_frequent_tactics_count_steps_and_proofs(data: Path) -> None:
    assert frequent_tactics(Corpus.load(data), 2) == ["simp", "rfl"]


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"goals-dev\.jsonl\.xz.*--data"):
        Corpus.load(tmp_path)


def test_a_damaged_file_is_named(data: Path) -> None:
    whole = (data / "steps-train.jsonl.xz").read_bytes()
    (data / "steps-train.jsonl.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"damaged data file .*steps-train"):
        Corpus.load(data)
