"""Recorded steps as they are read from the files that people have."""

import json
import lzma
from pathlib import Path

import pytest

from stepcheck.use_cases.evaluation.recorded_steps import read_recorded_steps
from stepcheck.use_cases.goal_files import GoalFileError

THEOREM = {
    "url": "https://github.com/leanprover-community/mathlib4",
    "commit": "29dcec074de168ac2bf835a77ef68bbe069194c5",
    "file_path": "Mathlib/Logic/Basic.lean",
    "full_name": "and_swap",
    "start": [10, 1],
    "end": [12, 8],
    "traced_tactics": [
        {
            "tactic": "constructor",
            "annotated_tactic": ["constructor", []],
            "state_before": "p q : Prop\nh : p ∧ q\n⊢ q ∧ p",
            "state_after": "case left\np q : Prop\nh : p ∧ q\n⊢ q",
        },
        {
            "tactic": "skip",
            "annotated_tactic": ["skip", []],
            "state_before": "no goals",
            "state_after": "no goals",
        },
        {
            "tactic": "exact h.2",
            "annotated_tactic": ["exact h.<a>2</a>", [{"full_name": "And.right"}]],
            "state_before": "case left\np q : Prop\nh : p ∧ q\n⊢ q",
            "state_after": "no goals",
        },
    ],
}


def test_every_tactic_of_leandojo_is_a_step_but_those_without_a_goal(tmp_path: Path):
    file = tmp_path / "val.json"
    file.write_text(json.dumps([THEOREM, {**THEOREM, "traced_tactics": []}]), encoding="utf-8")
    steps = read_recorded_steps(file)
    assert [step.name for step in steps] == ["and_swap, tactic 1", "and_swap, tactic 3"]
    assert steps[1].state.startswith("case left\n")
    assert steps[1].tactic == "exact h.2"
    assert len({step.key for step in steps}) == 2


@pytest.mark.parametrize("name", ["steps.jsonl", "steps.jsonl.xz"])
def test_rows_with_state_and_tactic_are_steps(tmp_path: Path, name: str):
    row = {"state": "⊢ 1 = 1", "tactic": "rfl", "theorem": "one", "source": "by hand"}
    data = (json.dumps(row) + "\n").encode()
    (tmp_path / name).write_bytes(lzma.compress(data) if name.endswith(".xz") else data)
    [step] = read_recorded_steps(tmp_path / name)
    assert (step.name, step.state, step.tactic) == ("one, line 1", "⊢ 1 = 1", "rfl")


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("goals.jsonl", '{"header": "", "signature": ": 1 = 1"}\n', "line 1: state"),
        ("goals.jsonl", '{"header": "", "signature": ": 1 = 1"}\n', "--method step"),
        ("val.json", json.dumps([{**THEOREM, "traced_tactics": None}]), "0.traced_tactics"),
        ("val.json", json.dumps(THEOREM), "array"),
        ("val.json", "[", "EOF"),
        ("val.json", "[]", "no recorded step"),
        ("steps.jsonl", "", "no recorded step"),
        ("steps.csv", "", "end in .json"),
    ],
)
def test_a_file_of_another_shape_is_named(tmp_path: Path, name: str, text: str, problem: str):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    with pytest.raises(GoalFileError) as error:
        read_recorded_steps(file)
    assert str(file) in str(error.value)
    assert problem in str(error.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "val.json").write_bytes(b"\xff")
    for name in ("val.json", "missing.json", "missing.jsonl"):
        with pytest.raises(GoalFileError, match=name):
            read_recorded_steps(tmp_path / name)
