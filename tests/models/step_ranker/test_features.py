"""What is looked at in a goal and a step."""

import pytest

from stepcheck.models.step_ranker.features import (
    closing_tactic,
    features_of,
    goal_symbols,
    template_of,
)


@pytest.mark.parametrize(
    ("step", "template"),
    [
        ("induction n <;> grind", "induction _ <;> grind"),
        ("induction xs generalizing ys <;> simp_all", "induction _ generalizing _ <;> simp_all"),
        ("simp [foo, Nat.add_comm]", "simp [ _ ]"),
        ("simp [*]", "simp [*]"),
        ("rw [← h]", "rw [ _ ]"),
        ("exact?", "exact ?"),
        ("exact h", "exact _"),
        ("cases «odd name» <;> rfl", "cases «_» <;> rfl"),
        ("", ""),
    ],
)
def test_a_template_has_no_names(step: str, template: str):
    assert template_of(step).replace(" ", "") == template.replace(" ", "")


@pytest.mark.parametrize(
    ("step", "tactic"),
    [
        ("simp", "simp"),
        ("cases h <;> simp_all", "simp_all"),
        ("simp; omega", "omega"),
        ("exact ⟨0, by grind⟩", "grind⟩"),
        ("", ""),
    ],
)
def test_a_step_ends_with_a_tactic(step: str, tactic: str):
    assert closing_tactic(step) == tactic


def test_symbols_are_told_apart_by_where_they_occur():
    symbols = goal_symbols("xs : List Nat\nh : xs.length < 2\n⊢ xs.reverse = []")
    assert "t:.reverse" in symbols
    assert "h:List" in symbols
    assert "h:<" in symbols
    assert "t:xs" not in symbols
    assert not [symbol for symbol in symbols if symbol.startswith("t:.length")]


def test_the_score_of_the_model_is_a_feature_of_its_steps_only():
    with_score = set(features_of("⊢ True", "trivial", "model", -0.5))
    without = set(features_of("⊢ True", "trivial", "goal", None))
    assert any(feature.startswith("l:") for feature in with_score)
    assert not any(feature.startswith("l:") for feature in without)
