"""Which goals Lean is asked about, which tactics are tried, and what the answers teach."""

import json
import lzma
from pathlib import Path

import pytest

from stepcheck.models.training.candidate_tactics import propose_candidates
from stepcheck.models.training.checked_goals import CheckedGoal
from stepcheck.models.training.corpus import Proof
from stepcheck.models.training.harvest import (
    HarvestFile,
    Outcome,
    Statement,
    Trial,
    label,
    statements,
)

STATEMENT = Statement("(a : Nat) : a = a", "foo", "s", "rfl")


def proof(statement: str, library: str = "Std", file: str = "F.lean") -> Proof:
    return Proof("foo", statement, "rfl", library, "s", file)


def test_each_statement_is_asked_once_and_core_comes_first() -> None:
    found = statements(
        [
            proof("theorem m (n : ℕ) : n = n", "Mathlib", "Mathlib/Data/Nat/Basic.lean"),
            proof("theorem a (x : Int) : x = x"),
            proof("theorem b (x : Int) :  x = x"),
            proof("def c : Int"),
        ]
    )
    assert [statement.signature for statement in found] == [
        "(x : Int) : x = x",
        "(n : Nat) : n = n",
    ]


@pytest.mark.parametrize(
    ("statement", "file"),
    [
        ("theorem a : 1 = 1", "Mathlib/Analysis/Normed.lean"),
        ("theorem a (x : ℝ) : x = x", "Mathlib/Data/Nat/Basic.lean"),
        ("theorem a (s : Finset Nat) : s = s", "Mathlib/Data/Nat/Basic.lean"),
    ],
)
def test_statements_that_need_mathlib_are_not_asked(statement: str, file: str) -> None:
    assert list(statements([proof(statement, "Mathlib", file)])) == []


@pytest.mark.parametrize(
    ("goal", "proof_text", "tactic"),
    [
        ("⊢ p", "", "grind"),
        ("xs : List Nat\n⊢ xs = xs", "", "induction xs <;> simp_all"),
        ("a b : Bool\n⊢ a = b", "", "cases a <;> cases b <;> rfl"),
        ("h : p ∧ q\n⊢ p", "", "obtain ⟨h₁, h₂⟩ := h"),
        ("⊢ ∀ x, p x", "", "intro x"),
        ("⊢ p ↔ q", "", "constructor <;> intro h"),
        ("⊢ (if p then 1 else 2) = 3", "", "split <;> omega"),
        ("x : BitVec 8\n⊢ x = x", "", "ext i; simp"),
        ("⊢ Nat.pred 1 = 0", "", "unfold Nat.pred"),
        ("⊢ p", "rw [foo.bar]", "simp [foo.bar]"),
    ],
)
def test_candidates_follow_from_the_goal_and_its_proof(
    goal: str, proof_text: str, tactic: str
) -> None:
    found = propose_candidates(goal, proof_text)
    assert tactic in found
    assert len(found) == len(set(found))


def test_inaccessible_hypotheses_and_later_goals_are_not_named() -> None:
    found = propose_candidates("x✝ : Bool\n⊢ p\n\ny : Bool\n⊢ q", "")
    assert not any("✝" in tactic or "cases y" in tactic for tactic in found)


def test_what_lean_accepts_becomes_a_label() -> None:
    tried = [
        Trial("simp", Outcome.PROVED, 0),
        Trial("intro", Outcome.PROGRESS, 1),
        Trial("explode", Outcome.PROGRESS, 9),
        Trial("omega", Outcome.FAILED, 1),
    ]
    goal = label(STATEMENT, ["⊢ p"], "intro", tried)
    assert (goal.proved, goal.progress, goal.human) == (("simp",), ("intro",), "intro")
    assert label(STATEMENT, ["⊢ p"], "omega", tried).human == ""


def test_leaving_fewer_goals_is_proving_the_first() -> None:
    tried = [Trial("rfl", Outcome.PROGRESS, 1), Trial("simp", Outcome.PROGRESS, 2)]
    goal = label(STATEMENT, ["⊢ p", "⊢ q"], "", tried)
    assert (goal.proved, goal.progress) == (("rfl",), ("simp",))


def test_a_broken_harvest_goes_on_where_it_stood(tmp_path: Path) -> None:
    work = tmp_path / "work.jsonl"
    taught = CheckedGoal("⊢ p", STATEMENT.key, "foo", "s", "", ("simp",), ())
    nothing = CheckedGoal("⊢ q", STATEMENT.key, "foo", "s", "", (), ())
    HarvestFile(work).add(STATEMENT, [taught, nothing, taught])
    with work.open("a", encoding="utf-8") as file:
        file.write('{"key": "half a li')
    harvest = HarvestFile(work)
    assert harvest.keys == {STATEMENT.key}
    harvest.add(Statement(": 1 = 1", "bar", "s", "rfl"), [])
    assert harvest.compress(tmp_path / "out.jsonl.xz") == 1
    with lzma.open(tmp_path / "out.jsonl.xz", "rt", encoding="utf-8") as lines:
        assert [json.loads(line)["goal"] for line in lines] == ["⊢ p"]
    assert len(HarvestFile(work).keys) == 2
