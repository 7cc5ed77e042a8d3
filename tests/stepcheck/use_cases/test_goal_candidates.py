"""What a goal itself proposes."""

import pytest

from stepcheck.use_cases.goal_candidates import candidates_from_goals


@pytest.mark.parametrize(
    ("goal", "candidates"),
    [
        ("p q : Prop\nhp : p\nhq : q\n⊢ p", ["exact hp", "assumption"]),
        ("case inl\np : Prop\nh : p\nh' : p\n⊢ p", ["exact h'", "exact h", "assumption"]),
        ("a b : Nat\n⊢ Nat", ["exact b", "exact a", "assumption"]),
        ("a b c d : Nat\n⊢ Nat", ["exact d", "exact c", "exact b", "assumption"]),
        ("p : Prop\nh✝ : p\nh : p\n⊢ p", ["exact h", "assumption"]),
        ("p : Prop\nh✝ : p\n⊢ p", ["assumption"]),
        ("«odd name» : p\n⊢ p", ["exact «odd name»", "assumption"]),
        ("h :\n  a +\n    b = c\n⊢ a + b =\n    c", ["exact h", "assumption"]),
        ("h : ∀ x, x : Nat\n⊢ ∀ x, x : Nat", ["exact h", "assumption"]),
        ("x : Nat := 5\n⊢ Nat", []),
        ("p q : Prop\nhp : p\n⊢ q", []),
        ("⊢ True", []),
        ("no goal", []),
        ("", []),
    ],
)
def test_a_hypothesis_that_reads_like_the_target_is_a_candidate(
    goal: str, candidates: list[str]
) -> None:
    assert candidates_from_goals([goal]) == candidates


def test_only_the_first_goal_counts() -> None:
    assert candidates_from_goals(["p : Prop\n⊢ q", "h : p\n⊢ p"]) == []
    assert candidates_from_goals([]) == []


@pytest.mark.parametrize(
    ("prefix", "candidates"),
    [("", ["exact h", "assumption"]), ("ex", ["exact h"]), ("assum", ["assumption"]), ("simp", [])],
)
def test_only_what_begins_with_the_prefix_is_a_candidate(
    prefix: str, candidates: list[str]
) -> None:
    assert candidates_from_goals(["h : p\n⊢ p"], prefix) == candidates
