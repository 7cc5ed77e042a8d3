"""Steps are the same where only layout and chosen names differ."""

import pytest

from stepcheck.models.learning.step_classes import canonical, tactic_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("intro h", "intro  hp"),
        ("intro h\n  exact h.symm", "intro e\n  exact e.symm"),
        ("obtain ⟨x, hx⟩ := h", "obtain ⟨y, hy⟩ := h"),
        ("rcases h with ⟨x, rfl⟩", "rcases h with ⟨z, rfl⟩"),
        ("exact fun a => a.1", "exact fun b => b.1"),
        ("have key : p := h; exact key", "have this' : p := h; exact this'"),
        (
            "induction n with | zero => rfl | succ n ih => simp [ih]",
            "induction n with | zero => rfl | succ n h => simp [h]",
        ),
    ],
)
def test_names_that_a_step_introduces_do_not_count(one: str, other: str):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("rw [h]", "rw [h']"),
        ("exact a.1", "exact a.2"),
        ("intro a b; exact a", "intro a b; exact b"),
        ("rcases h with ⟨x, rfl⟩", "rcases h with ⟨x, hx⟩"),
        ("cases h with | inl a => exact a", "cases h with | inr a => exact a"),
        ("intro h", "intro h h'"),
        ("simp", "simp_all"),
    ],
)
def test_what_a_step_cites_or_does_counts(one: str, other: str):
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("step", "tactic"), [("rw [h]", "rw"), ("· simp", "simp"), ("(omega)", "omega"), ("⟨⟩", "⟨")]
)
def test_the_tactic_is_the_first_word(step: str, tactic: str):
    assert tactic_of(step) == tactic
