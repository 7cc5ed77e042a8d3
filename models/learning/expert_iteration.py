"""What a round of expert iteration teaches, and what its control does.

A model proposes, what is proved teaches it, and it proposes again (Anthony et al. 2017,
arXiv:1705.08439). As in Polu et al. 2022 (arXiv:2202.01344) every round begins with the first
weights, and teaches the proofs of all rounds so far.
"""

import random
from collections.abc import Iterable
from dataclasses import replace

from stepcheck.models.collected_steps import PROVED, CollectedStep
from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.learning.base import Base
from stepcheck.models.learning.data import Example, prompt_of
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.rejection_sampling import some_of_each_goal
from stepcheck.models.learning.sft import examples_task
from stepcheck.models.learning.tokens import TokenizedExample, arranged
from stepcheck.models.learning.trainer_run import Task

METHOD = "expert-iteration"


def proofs_task(base: Base, steps: Iterable[CollectedStep], recipe: Recipe, seed: int) -> Task:
    """Take the steps that prove their goal, of each goal so many at most.

    Raises LearningError where there is none.
    """
    proofs = _distinct(step for step in steps if step.verdict == PROVED)
    if not proofs:
        raise LearningError(
            "the model proved no goal in one step, so there is nothing to teach it: name easier "
            "goals or more of them, or raise --n"
        )
    kept = some_of_each_goal(proofs, recipe.pairs_per_goal, seed)
    return examples_task(METHOD, base, kept, recipe, seed)


def unchecked_task(
    base: Base, steps: Iterable[CollectedStep], tokens: int, recipe: Recipe, seed: int
) -> Task:
    """Take steps whatever Lean says of them, at random, until they have so many tokens.

    Of each goal as many at most as `proofs_task` takes. Raises LearningError where there is none.
    """
    drawn = some_of_each_goal(_distinct(steps), recipe.pairs_per_goal, seed)
    task = examples_task(f"{METHOD} without verdicts", base, drawn, recipe, seed)
    rows = [row for row in task.rows if isinstance(row, TokenizedExample)]
    random.Random(f"{seed} unchecked").shuffle(rows)  # noqa: S311
    taken: list[TokenizedExample] = []
    while rows and tokens > 0:
        taken.append(rows.pop())
        tokens -= taken[-1].tokens
    return replace(task, rows=arranged(taken, recipe.batch, seed))


def _distinct(steps: Iterable[CollectedStep]) -> list[Example]:
    examples = [Example(prompt_of(step), step.step) for step in steps]
    return list({(each.prompt, normalize(each.step)): each for each in examples}.values())
