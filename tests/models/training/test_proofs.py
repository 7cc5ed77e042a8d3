"""Statements and proofs as text."""

import pytest

from stepcheck.models.training.proofs import (
    Signature,
    goal_of,
    names_in,
    parse_signature,
    split_steps,
)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("theorem foo (a : Nat) : a = a", Signature("foo", "(a : Nat) : a = a")),
        ("@[simp] protected lemma A.b' : 1 = 1", Signature("A.b'", ": 1 = 1")),
        ("theorem foo.{u, v} {α : Type u} : True", Signature("foo", "{α : Type u} : True")),
        (
            "set_option maxRecDepth 9 in example (x : Nat) : x = x",
            Signature("", "(x : Nat) : x = x"),
        ),
        ("theorem a : p := rfl @[simp] theorem b : q", Signature("b", ": q")),
        ("instance : Inhabited Nat", None),
        ("def theorem_count : Nat", None),
    ],
)
def test_the_signature_is_the_statement_without_attributes_and_name(
    statement: str, expected: Signature | None
) -> None:
    assert parse_signature(statement) == expected


@pytest.mark.parametrize(
    ("proof", "steps"),
    [
        ("intro x\nsimp", ["intro x", "simp"]),
        ("cases n with\n| zero => rfl\n| succ n ih =>\n  simp\n  omega", None),
        (
            "constructor\n· intro h\n  exact h\n· rfl",
            ["constructor", "· intro h\n  exact h", "· rfl"],
        ),
        ("rw [a,\nb,\nc]\nsimp", ["rw [a,\nb,\nc]", "simp"]),
        ("calc a = b := h\n_ = c := g\nrfl", ["calc a = b := h\n_ = c := g", "rfl"]),
        ("constructor\n<;> simp", ["constructor\n<;> simp"]),
        ("-- a remark\nsimp\n\ndone", ["simp", "done"]),
        ("simp\ntermination_by n", ["simp"]),
        ("have h : a = b := by\n  simp\nexact h", ["have h : a = b := by\n  simp", "exact h"]),
        ("", []),
    ],
)
def test_a_proof_is_split_at_its_top_level_steps(proof: str, steps: list[str] | None) -> None:
    assert split_steps(proof) == ([proof] if steps is None else steps)


@pytest.mark.parametrize(
    ("signature", "goal"),
    [
        ("(a b : Nat) (h : a < b) : a ≤ b", "a b : Nat\nh : a < b\n⊢ a ≤ b"),
        ("{α} [BEq α] : ∀ x : α, x = x", "α\ninst✝ : BEq α\n⊢ ∀ x : α, x = x"),
        ("[h : Monoid M] (n := 3) : True", "h : Monoid M\nn\n⊢ True"),
        (": f (a :=\n  2) = 1", "⊢ f (a := 2) = 1"),
        ("(a : Nat", None),
        ("(a : Nat)", None),
    ],
)
def test_a_goal_is_read_off_a_signature(signature: str, goal: str | None) -> None:
    assert goal_of(signature) == goal


def test_names_cited_in_brackets_and_by_application_are_found() -> None:
    assert names_in("rw [← Nat.add_comm, h2]\nsimp [foo, *]\nexact bar x\nexact fun y => y") == [
        "Nat.add_comm",
        "h2",
        "foo",
        "bar",
    ]
