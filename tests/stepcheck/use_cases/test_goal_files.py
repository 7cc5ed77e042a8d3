"""Goals as they are read from the files that people have."""

import json
import lzma
from pathlib import Path

import pytest

from stepcheck.use_cases.goal_files import GoalFileError, StatedGoal, read_goals

LEAN = """theorem first (n : Nat) : n = n := by
  have : n ≤ n := by sorry
  sorry

theorem second : True := sorry
-- sorry
def third : Nat := f sorry
"""
THEOREM = "theorem easy : 54 % 6 = 0"


def write_rows(path: Path, *rows: dict) -> Path:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


def test_every_open_place_of_a_lean_file_is_a_goal(tmp_path: Path):
    file = tmp_path / "Proof.lean"
    file.write_text(LEAN, encoding="utf-8")
    goals = read_goals(file)
    assert [goal.name for goal in goals] == [f"{file}:{at}" for at in ("2:21", "3:2", "5:25")]
    first, _, term = (goal.position for goal in goals)
    assert first.before.endswith("have : n ≤ n := by ")
    assert "second : True := by trivial\n" in term.insert("trivial")
    assert all(goal.position.original == LEAN for goal in goals)


def test_the_lean_files_of_a_folder_are_read_but_not_those_of_its_dependencies(tmp_path: Path):
    for name in ("B.lean", "sub/A.lean", ".lake/packages/C.lean"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("example : True := by sorry\n", encoding="utf-8")
    assert [Path(goal.name.split(":")[0]).name for goal in read_goals(tmp_path)] == [
        "B.lean",
        "A.lean",
    ]


@pytest.mark.parametrize("name", ["goals.jsonl", "goals.jsonl.xz"])
def test_a_statement_is_an_example_in_a_file_of_its_own(tmp_path: Path, name: str):
    row = {"name": "easy", "header": "import Std", "signature": ": 1 = 1", "proof": "rfl"}
    [goal] = read_goals(write_rows(tmp_path / name, row))
    assert goal.name == "easy"
    assert goal.position.insert("rfl") == "import Std\nexample : 1 = 1 := by\n  rfl\n"
    assert goal.key == StatedGoal("other name", "import Std", ": 1 = 1").open_goal.key


@pytest.mark.parametrize(
    "row",
    [
        {"name": "easy", "formal_statement": f"{THEOREM} := by\n", "goal": "⊢ 54 % 6 = 0"},
        {"id": "easy", "split": "test", "formal_statement": f"{THEOREM} := sorry"},
        {"problem_id": "easy", "formal_statement": f"{THEOREM} := by sorry"},
        {"name": "easy", "formal_statement": f"{THEOREM} :="},
        {"name": "easy", "formal_statement": f"{THEOREM} :=\n  by\n  sorry\n"},
        {"name": "easy", "lean4_code": f"open Nat\n\n{THEOREM} := by\nsorry"},
    ],
)
def test_minif2f_is_read_in_each_of_its_forms(tmp_path: Path, row: dict):
    path = write_rows(tmp_path / "minif2f.jsonl", {"header": "open Nat\n", **row})
    [goal] = read_goals(path)
    assert goal.name == "easy"
    text = " ".join(goal.position.insert("decide").split())
    assert text == f"open Nat {THEOREM} := by decide"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("goals.jsonl", '{"state": "⊢ p", "tactic": "simp"}\n', "line 1: there is no goal"),
        ("goals.jsonl", '{"name": "a", "formal_statement": "theorem a"}\n', "line 1: the statem"),
        ("goals.jsonl", "{\n", "line 1"),
        ("goals.jsonl", "", "nothing to prove"),
        ("Proof.lean", "theorem t : True := by trivial\n", "nothing to prove"),
        ("goals.csv", "", "end in .lean"),
    ],
)
def test_a_file_without_goals_is_named(tmp_path: Path, name: str, text: str, problem: str):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GoalFileError) as error:
        read_goals(file)
    assert str(file) in str(error.value)
    assert problem in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "Proof.lean").write_bytes(b"\xff")
    for name in ("Proof.lean", "missing.lean", "missing.jsonl"):
        with pytest.raises(GoalFileError, match=name):
            read_goals(tmp_path / name)
