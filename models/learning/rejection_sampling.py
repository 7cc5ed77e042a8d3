"""Rejection-sampling fine-tuning: SFT on those of the model's own samples that were accepted.

The control of every preference method (Yuan et al. 2023, "Scaling relationship on learning
mathematical reasoning"; Dong et al. 2023, "RAFT").
"""

import random
from collections.abc import Sequence

from stepcheck.models.collected_steps import MODEL
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.base import Base
from stepcheck.models.learning.data import Example, LearningRows, examples_of
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.sft import examples_task
from stepcheck.models.learning.trainer_run import Task


def own_accepted_task(base: Base, rows: LearningRows, recipe: Recipe, seed: int) -> Task:
    """Take the model's own accepted steps, of each goal so many at most, that easy ones don't rule.

    Raises LearningError where the model proposed no accepted step.
    """
    own = examples_of(row for row in rows.checked if row.source == MODEL)
    if not own:
        raise LearningError(
            f'no accepted step has the source "{MODEL}": collect with a model, or use `sft`'
        )
    kept = some_of_each_goal(own, recipe.pairs_per_goal, seed)
    return examples_task("rejection-sampling", base, kept, recipe, seed)


def some_of_each_goal(examples: Sequence[Example], limit: int, seed: int) -> list[Example]:
    """Draw so many examples of each prompt at most."""
    by_prompt: dict[SuggestionPrompt, list[Example]] = {}
    for example in examples:
        by_prompt.setdefault(example.prompt, []).append(example)
    draw = random.Random(f"{seed} own")  # noqa: S311
    return [
        example
        for of_goal in by_prompt.values()
        for example in (draw.sample(of_goal, limit) if len(of_goal) > limit else of_goal)
    ]
