"""Every arm is run with every seed, once, and compared with the untuned model."""

from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.arms import Arm, Plan, split_by_goal
from stepcheck.models.learning.base import load_base
from stepcheck.models.learning.data import CheckedRow, LearningRows, Outcome
from stepcheck.models.learning.dpo import preference_task, train_preferences
from stepcheck.models.learning.errors import FolderError
from stepcheck.models.learning.experiment import run_experiment
from stepcheck.models.learning.plot import draw
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.results import FIGURES, Results, differences
from stepcheck.models.learning.trainer_run import RunOptions

RECIPE = Recipe(learning_rate=3e-3, epochs=3, batch=4, likelihood_weight=1.0)
ROWS = [
    CheckedRow(SuggestionPrompt(f"x : Nat\n⊢ x + {n} = {n} + x"), step, outcome, "model")
    for n in range(8)
    for step, outcome in (("simp", Outcome.ACCEPTED), ("rw", Outcome.REFUSED))
]


def plan(*recipes: Recipe, seeds: tuple[int, ...] = (0, 1)) -> Plan:
    arms = tuple(Arm(f"arm {n}", "dpo", recipe) for n, recipe in enumerate(recipes))
    return Plan(arms, seeds, held_back=0.25)


def test_what_is_done_is_not_done_again(tiny_model: Path, tmp_path: Path):
    told: list[str] = []

    first = run_experiment(plan(RECIPE, seeds=(0,)), ROWS, str(tiny_model), tmp_path, told.append)
    second = run_experiment(plan(RECIPE), ROWS, str(tiny_model), tmp_path, told.append)

    assert told == ["untuned, seed 0", "arm 0, seed 0", "untuned, seed 1", "arm 0, seed 1"]
    assert second.runs[:2] == first.runs
    for seed in (0, 1):
        (gained,) = differences(
            Results(identity="", runs=tuple(run for run in second.runs if run.seed == seed)),
            "arm 0",
            FIGURES["log p of accepted"],
        )
        assert gained > 0
    # The weights are not kept.
    assert {path.name for path in tmp_path.iterdir()} == {"results.json"}
    draw(second, tmp_path / "results.svg")
    assert "arm 0" in (tmp_path / "results.svg").read_text()


def test_a_run_that_an_alarm_stopped_is_told_and_the_others_go_on(tiny_model: Path, tmp_path: Path):
    wild = RECIPE.model_copy(update={"learning_rate": 1e30})

    results = run_experiment(
        plan(wild, RECIPE, seeds=(0,)), ROWS, str(tiny_model), tmp_path, lambda _: None
    )

    stopped, learned = results.runs[1:]
    assert "no number" in stopped.stopped
    assert stopped.ranking is None
    assert learned.ranking is not None


def test_an_arm_with_another_recipe_is_not_taken_for_the_same(tiny_model: Path, tmp_path: Path):
    run_experiment(plan(RECIPE, seeds=(0,)), ROWS, str(tiny_model), tmp_path, lambda _: None)
    other = RECIPE.model_copy(update={"beta": 0.5})

    with pytest.raises(FolderError, match="with another recipe"):
        run_experiment(plan(other, seeds=(0,)), ROWS, str(tiny_model), tmp_path, lambda _: None)


def test_a_model_that_was_learned_but_not_yet_ranked_is_not_learned_again(
    tiny_model: Path, tmp_path: Path
):
    one = plan(RECIPE, seeds=(0,))
    expected = run_experiment(one, ROWS, str(tiny_model), tmp_path / "whole", lambda _: None)
    split = split_by_goal(ROWS, one.held_back, 0)
    base = load_base(tiny_model)
    task = preference_task(base, LearningRows(split.train), RECIPE, 0)
    train_preferences(base, task, RunOptions(tmp_path / "cut off" / "arm 0, seed 0"))

    found = run_experiment(one, ROWS, str(tiny_model), tmp_path / "cut off", lambda _: None)

    assert found.runs[1].ranking == expected.runs[1].ranking
    assert found.runs[1].steps == expected.runs[1].steps == 6
