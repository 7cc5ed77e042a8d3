"""Supervised fine-tuning on accepted steps, whoever proposed them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from stepcheck.models.learning.base import Base
from stepcheck.models.learning.completion_head import score_completions_only
from stepcheck.models.learning.data import Example, LearningRows, examples_of
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.offline import Offline
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.tokens import StepTokenizer, TokenizedExample, arranged
from stepcheck.models.learning.trainer_run import RunOptions, RunResult, Task, run_trainer


class _Trainer(Offline, SFTTrainer):  # type: ignore[misc]
    """TRL's trainer."""


def accepted_task(base: Base, rows: LearningRows, recipe: Recipe, seed: int) -> Task:
    """Take every accepted step, and of pairs that were given the better side."""
    examples = examples_of(rows.checked)
    examples += [Example(pair.prompt, pair.chosen) for pair in rows.preferences]
    return examples_task("sft", base, examples, recipe, seed)


def examples_task(
    method: str, base: Base, examples: Sequence[Example], recipe: Recipe, seed: int
) -> Task:
    """Tokenize examples; raises LearningError where there is none."""
    if not examples:
        raise LearningError(
            "no step was accepted, so there is nothing to imitate: collect more proposals"
        )
    tokenized = StepTokenizer(base.prompts).examples(examples, recipe.max_length)
    counts = {"too_long": tokenized.dropped, "longest_in_tokens": tokenized.longest}
    return Task(method, arranged(tokenized.rows, recipe.batch, seed), recipe, counts)


def train_examples(base: Base, task: Task, options: RunOptions) -> RunResult:
    """Train on examples: the loss is that of the steps, not of their prompts."""

    def make(network: Any, arguments: dict[str, Any], _: Path) -> Any:
        trainer = _Trainer(
            model=network,
            args=SFTConfig(**arguments, completion_only_loss=True),
            train_dataset=_dataset(task.rows),
            processing_class=base.tokenizer,
        )
        score_completions_only(network)
        return trainer

    return run_trainer(base, task, options, make)


def _dataset(rows: Sequence[Any]) -> Any:
    examples: list[TokenizedExample] = list(rows)
    return Dataset.from_dict(
        {
            "input_ids": [[*row.prompt, *row.step] for row in examples],
            "completion_mask": [[0] * len(row.prompt) + [1] * len(row.step) for row in examples],
        }
    )
