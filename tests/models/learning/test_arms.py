"""Plans name arms, seeds, and the share of the goals that is held back."""

from pathlib import Path

import pytest

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.arms import load_plan, split_by_goal
from stepcheck.models.learning.data import CheckedRow, Outcome
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.recipe import load_recipe


def rows_of(goals: int) -> list[CheckedRow]:
    return [
        CheckedRow(SuggestionPrompt(f"⊢ {goal}", context=context), "simp", Outcome.ACCEPTED)
        for goal in range(goals)
        for context in ("", "import Std\n")
    ]


def test_the_plan_that_comes_with_it_compares_every_method():
    plan = load_plan()

    assert {arm.method for arm in plan.arms} == {"sft", "dpo", "facttune", "rejection-sampling"}
    assert {arm.recipe.score for arm in plan.arms if arm.method == "facttune"} == {
        "lean",
        "consistency",
    }
    assert len(plan.seeds) >= 3


def test_an_arm_is_the_recipe_of_its_method_but_for_what_it_names(tmp_path: Path):
    path = tmp_path / "plan.toml"
    path.write_text('seeds = [1, 2, 3]\nheld_back = 0.5\n[arms.a]\nmethod = "dpo"\nbeta = 0.7\n')

    (arm,) = load_plan(path).arms

    assert arm.recipe == load_recipe("dpo").model_copy(update={"beta": 0.7})


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        ("seeds = [1]\nheld_back = 0.5\n[arms.a]\nmethod = 'dpo'", "seeds"),
        ("seeds = [1, 2, 3]\nheld_back = 1.0\n[arms.a]\nmethod = 'dpo'", "held_back"),
        ("seeds = [1, 2, 3]\nheld_back = 0.5\n[arms.a]\nmethod = 'ppo'", "method"),
        ("seeds = [1, 2, 3]\nheld_back = 0.5\n[arms.a]\nmethod = 'dpo'\nbta = 1", "bta"),
        ("seeds = [1, 2, 2]\nheld_back = 0.5\n[arms.a]\nmethod = 'dpo'", "seeds"),
        ("seeds = [1, 2, 3]\nheld_back = 0.5\n[arms.untuned]\nmethod = 'dpo'", "untuned"),
        ("seeds = [1, 2, 3]\nheld_back = 0.5\n[arms.'../a']\nmethod = 'dpo'", r"\.\./a"),
        ("seeds = ", "not valid TOML"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(tmp_path: Path, plan: str, told: str):
    path = tmp_path / "plan.toml"
    path.write_text(plan)

    with pytest.raises(LearningError, match=told):
        load_plan(path)


def test_no_goal_is_on_both_sides_whatever_its_context():
    split = split_by_goal(rows_of(10), 0.3, seed=0)

    train = {row.prompt.goal for row in split.train}
    held_back = {row.prompt.goal for row in split.held_back}
    assert (len(train), len(held_back)) == (7, 3)
    assert not train & held_back
    assert len(split.train) == 14


def test_the_seed_draws_the_goals_and_their_order_does_not_matter():
    rows = rows_of(10)

    held_back = {row.prompt.goal for row in split_by_goal(rows, 0.3, seed=0).held_back}

    assert held_back == {row.prompt.goal for row in split_by_goal(rows[::-1], 0.3, 0).held_back}
    assert held_back != {row.prompt.goal for row in split_by_goal(rows, 0.3, seed=1).held_back}


def test_one_goal_cannot_be_split():
    with pytest.raises(LearningError, match="at least two"):
        split_by_goal(rows_of(1), 0.3, seed=0)
