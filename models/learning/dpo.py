"""Direct preference optimization (Rafailov et al. 2023) on accepted and refused steps."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset, load_from_disk
from trl import DPOConfig, DPOTrainer

from stepcheck.models.learning.base import Base
from stepcheck.models.learning.completion_head import score_completions_only
from stepcheck.models.learning.data import LearningRows
from stepcheck.models.learning.offline import Offline
from stepcheck.models.learning.pairs import Pairs, pairs_of_verdicts
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.tokens import StepTokenizer, TokenizedPair, arranged
from stepcheck.models.learning.trainer_run import RunOptions, RunResult, Task, run_trainer


class _Trainer(Offline, DPOTrainer):  # type: ignore[misc]
    """TRL's trainer, for pairs that are tokenized already."""

    def _precompute_ref_logps(self, *inputs: Any, **options: Any) -> Any:
        # The first that runs the network, and the last that the constructor does.
        score_completions_only(self.model)
        return super()._precompute_ref_logps(*inputs, **options)

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset


def preference_task(base: Base, rows: LearningRows, recipe: Recipe, seed: int) -> Task:
    """Pair what was checked, add the pairs that were given, and tokenize all."""
    found = Pairs(())
    if rows.checked:
        found = pairs_of_verdicts(rows.checked, per_prompt=recipe.pairs_per_goal, seed=seed)
    every = replace(found, preferences=(*rows.preferences, *found.preferences))
    task = pairs_task("dpo", base, every, recipe, seed)
    return replace(task, counts={"pairs_given": len(rows.preferences), **task.counts})


def pairs_task(method: str, base: Base, pairs: Pairs, recipe: Recipe, seed: int) -> Task:
    """Tokenize pairs, and count what was left out."""
    tokenized = StepTokenizer(base.prompts).pairs(pairs.preferences, recipe.max_length)
    counts = {
        "steps_without_verdict": pairs.undecided,
        "steps_with_both_verdicts": pairs.contradictory,
        "goals_without_a_pair": pairs.lone_prompts,
        "too_long": tokenized.dropped,
        "longest_in_tokens": tokenized.longest,
    }
    return Task(method, arranged(tokenized.rows, recipe.batch, seed), recipe, counts)


def train_preferences(base: Base, task: Task, options: RunOptions) -> RunResult:
    """Train on pairs; the log-probabilities under the reference are computed once, and kept."""
    recipe = task.recipe
    losses, weights = ["sigmoid"], [1.0]
    if recipe.likelihood_weight:
        losses, weights = ["sigmoid", "sft"], [1.0, recipe.likelihood_weight]

    def make(network: Any, arguments: dict[str, Any], work: Path) -> Any:
        return _Trainer(
            model=network,
            args=DPOConfig(
                **arguments,
                beta=recipe.beta,
                loss_type=losses,
                loss_weights=weights,
                precompute_ref_log_probs=True,
            ),
            train_dataset=_dataset(task.rows, work / "pairs"),
            processing_class=base.tokenizer,
        )

    return run_trainer(base, task, options, make)


def _dataset(rows: Sequence[Any], folder: Path) -> Any:
    """Return the pairs as a data set on disk, beside which TRL keeps what the reference says."""
    if not (folder / "state.json").is_file():
        pairs: list[TokenizedPair] = list(rows)
        Dataset.from_dict(
            {
                "prompt_ids": [list(pair.prompt) for pair in pairs],
                "chosen_ids": [list(pair.chosen) for pair in pairs],
                "rejected_ids": [list(pair.rejected) for pair in pairs],
            }
        ).save_to_disk(folder)
    return load_from_disk(folder)
