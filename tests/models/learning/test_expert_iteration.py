"""What a round teaches: proofs alone; and its control: as many tokens, whatever Lean says."""

from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.models.collected_steps import CollectedStep
from stepcheck.models.learning.base import Base, load_base
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.expert_iteration import proofs_task, unchecked_task
from stepcheck.models.learning.recipe import Recipe, load_recipe
from stepcheck.models.learning.trainer_run import Task

RECIPE = Recipe(learning_rate=1e-3, epochs=1, batch=2, pairs_per_goal=2)


@pytest.fixture(scope="module")
def base(tiny_model: Path) -> Base:
    return load_base(tiny_model)


def drawn(goal: str, step: str, verdict: str) -> CollectedStep:
    return CollectedStep(
        key=goal,
        place=goal,
        goal=f"⊢ {goal}",
        context="",
        step=step,
        source="model",
        verdict=verdict,
        milliseconds=1.0,
        number=1,
        of=1,
    )


STEPS = [
    drawn("a", "simp", "proved"),
    drawn("a", "omega", "proved"),
    drawn("a", "simp_all", "proved"),
    drawn("a", "intro x", "progress"),
    drawn("a", "rw [h]", "rejected"),
    drawn("b", "omega", "rejected"),
    drawn("b", "simp", "timeout"),
    # Drawn again in a later round.
    drawn("a", "simp", "proved"),
]


def texts(base: Base, task: Task) -> set[str]:
    return {base.tokenizer.decode(row.step[:-1]).strip() for row in task.rows}


def test_proofs_are_taught_each_once_and_of_a_goal_so_many_at_most(base: Base):
    task = proofs_task(base, STEPS, RECIPE, seed=0)
    assert len(task.rows) == 2
    assert texts(base, task) < {"simp", "omega", "simp_all"}
    many = proofs_task(base, STEPS, RECIPE.model_copy(update={"pairs_per_goal": 9}), seed=0)
    assert texts(base, many) == {"simp", "omega", "simp_all"}


def test_where_nothing_was_proved_it_is_said_what_to_do(base: Base):
    with pytest.raises(LearningError, match="raise --n"):
        proofs_task(base, STEPS[3:7], RECIPE, seed=0)


@pytest.mark.parametrize("seed", range(5))
def test_the_control_learns_of_any_step_until_it_has_as_many_tokens(base: Base, seed: int):
    every = unchecked_task(base, STEPS, 10**6, RECIPE, seed)
    assert len(every.rows) == 4
    wanted = proofs_task(base, STEPS, RECIPE, seed).tokens
    task = unchecked_task(base, STEPS, wanted, RECIPE, seed)
    longest = max(row.tokens for row in every.rows)
    assert wanted <= task.tokens < wanted + longest


def test_the_control_does_not_look_at_verdicts(base: Base):
    unknown = [step.model_copy(update={"verdict": "unknown"}) for step in STEPS]
    tasks = [unchecked_task(base, steps, 60, RECIPE, 3).rows for steps in (STEPS, unknown)]
    assert tasks[0] == tasks[1]


def test_its_recipe_comes_with_it():
    assert load_recipe("expert-iteration").epochs > 0
