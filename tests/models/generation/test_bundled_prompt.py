"""How goals are put to models."""

from hypothesis import given
from hypothesis import strategies as st

from stepcheck.models.generation.bundled_prompt import (
    bundled_prompt,
    first_goal,
    library_of,
    shorten_goal,
)

GOAL = "α : Type\nx y : Nat\nh : x < y\n  ∧ y < 9\nlast : y = 3\n⊢ x + 1 ≤ y"


def test_a_goal_that_fits_is_unchanged() -> None:
    assert shorten_goal(GOAL, len(GOAL)) == GOAL


def test_the_nearest_hypotheses_and_the_target_are_kept() -> None:
    two = "last : y = 3\n⊢ x + 1 ≤ y"
    three = f"h : x < y\n  ∧ y < 9\n{two}"
    assert shorten_goal(GOAL, len(three)) == three
    assert shorten_goal(GOAL, len(three) - 1) == two
    assert shorten_goal(GOAL, len(two)) == two


def test_a_target_that_is_too_long_is_cut_at_its_end() -> None:
    assert shorten_goal(GOAL, 5) == "⊢ x +"


@given(st.text(), st.integers(min_value=0, max_value=200))
def test_shortening_never_fails_and_always_fits(goal: str, limit: int) -> None:
    assert len(shorten_goal(goal, limit)) <= limit


def test_only_the_first_of_several_goals_is_shown() -> None:
    assert first_goal("case a\n⊢ p\n\ncase b\n⊢ q") == "case a\n⊢ p"


def test_the_library_is_read_from_the_imports() -> None:
    assert library_of("import Mathlib.Data.Nat.Basic\n") == "Mathlib"
    assert library_of("import Std\ntheorem import_mathlib : True := by") == "Std"
    assert library_of(" \n") == ""


def test_the_bundled_prompt_names_library_and_goal() -> None:
    assert bundled_prompt("⊢ p", "Std") == "[LIBRARY]Std[GOAL]⊢ p"
    assert bundled_prompt("⊢ p", "") == "[GOAL]⊢ p"
