"""FactTune (Tian et al. 2023, arXiv 2311.08401): DPO on all pairs of the model's own samples.

There a sample is a biography and its score the share of its claims that are true. Here it is one
claim, a step: it is scored by Lean, which is FactTune-FS with a reference that does not err, or by
the agreement of resamples, which is FactTune-MC and needs no reference.
"""

from collections.abc import Sequence
from dataclasses import replace

from stepcheck.models.collected_steps import MODEL
from stepcheck.models.learning.base import Base
from stepcheck.models.learning.consistency import agreement, amplified_errors
from stepcheck.models.learning.data import CheckedRow, LearningRows, Outcome
from stepcheck.models.learning.dpo import pairs_task
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.pairs import Pairs, pairs_of_scores, pairs_of_verdicts
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.trainer_run import Task


def own_samples_task(base: Base, rows: LearningRows, recipe: Recipe, seed: int) -> Task:
    """Pair the model's own samples by the score that the recipe names.

    Raises LearningError where there are none, or none of a goal that score differently.
    """
    own = [row for row in rows.checked if row.source == MODEL]
    if not own:
        raise LearningError(
            f'no step has the source "{MODEL}": collect with a model, or use `dpo`, which learns '
            "from what anybody proposed"
        )
    limit = recipe.pairs_per_goal
    notes: tuple[str, ...] = ()
    if recipe.score == "lean":
        found = pairs_of_verdicts(own, per_prompt=limit, seed=seed)
    else:
        found, notes = _pairs_of_agreement(base, own, recipe, seed)
    return replace(pairs_task("facttune", base, found, recipe, seed), notes=notes)


def _pairs_of_agreement(
    base: Base, own: Sequence[CheckedRow], recipe: Recipe, seed: int
) -> tuple[Pairs, tuple[str, ...]]:
    decided = [row for row in own if row.outcome is not Outcome.UNDECIDED]
    scores = agreement(base, decided, recipe.resamples, seed)
    preferences, lone = pairs_of_scores(scores, per_prompt=recipe.pairs_per_goal, seed=seed)
    if not preferences:
        raise LearningError(
            f"in no goal does agreement tell two steps apart: of {recipe.resamples} resamples "
            "equally many equal each; raise resamples in the recipe, or collect more proposals"
        )
    found = Pairs(tuple(preferences), undecided=len(own) - len(decided), lone_prompts=lone)
    return found, amplified_errors(decided, scores).lines()
