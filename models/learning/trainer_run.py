"""A run of one of TRL's trainers: its arguments, its errors, and the model it leaves behind."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import PrinterCallback

from stepcheck.models.learning.adapters import merged, save_adapter, with_adapter
from stepcheck.models.learning.base import Base, export_model
from stepcheck.models.learning.errors import FolderError
from stepcheck.models.learning.offline import quietly
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.run_folder import RunFolder, is_about_room
from stepcheck.models.learning.tokens import TokenizedExample, TokenizedPair
from stepcheck.models.learning.watch import Progress, Report, Watch


def no_report(_: Progress) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run writes, its seed, whether it goes on from a checkpoint, and who is told."""

    out: Path
    seed: int = 0
    resume: bool = False
    report: Report = no_report


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run did; `seconds` and `tokens_per_second` are of this process alone."""

    method: str
    rows: int
    steps: int
    seconds: float
    tokens_per_second: float
    history: tuple[Progress, ...] = field(repr=False)
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return the figures for a report, with the losses of the first and the last step."""
        losses = [self.history[0].loss, self.history[-1].loss] if self.history else []
        return {
            "method": self.method,
            "rows": self.rows,
            "steps": self.steps,
            "seconds": round(self.seconds, 2),
            "tokens_per_second": round(self.tokens_per_second, 1),
            "first_and_last_loss": losses,
            "counts": self.counts,
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class Task:
    """What is learned: a method, its rows, what was left out of them, and what else to tell."""

    method: str
    rows: Sequence[TokenizedExample] | Sequence[TokenizedPair]
    recipe: Recipe
    counts: dict[str, int]
    notes: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """How many tokens an epoch reads; of a pair both sides."""
        return sum(row.tokens for row in self.rows)

    def identity(self, base: Base, seed: int) -> str:
        """Return a hash that tells this run from one with another model, seed, recipe or data."""
        digest = hashlib.sha256()
        digest.update(json.dumps([self.method, seed, base.hash]).encode())
        # How often it is saved changes nothing that is learned.
        digest.update(self.recipe.model_dump_json(exclude={"save_seconds"}).encode())
        for row in self.rows:
            digest.update(repr(row).encode())
        return digest.hexdigest()


MakeTrainer = Callable[[Any, dict[str, Any], Path], Any]
"""A network, the arguments that all trainers share, the folder of the run: a trainer."""


def run_trainer(base: Base, task: Task, options: RunOptions, make: MakeTrainer) -> RunResult:
    """Train, and write the model to `options.out`.

    Raises LearningStoppedError on an alarm, FolderError when a checkpoint cannot be written; the
    last whole checkpoint then stays, to be resumed from.
    """
    folder = RunFolder(options.out)
    identity = task.identity(base, options.seed)
    checkpoint = folder.begin(identity, base.parameters, resume=options.resume)
    watch = Watch(task.recipe, folder, options.report)
    torch.manual_seed(options.seed)
    network = with_adapter(base.network.train(), task.recipe.adapter_rank)
    began = time.monotonic()
    try:
        with quietly():
            arguments = _arguments(task.recipe, options.seed, folder.work)
            trainer = make(network, arguments, folder.work)
            trainer.remove_callback(PrinterCallback)
            trainer.add_callback(watch)
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
            steps, seconds = int(trainer.state.global_step), time.monotonic() - began
            done = task.tokens * task.recipe.epochs * len(watch.history) / steps
            history = tuple(watch.history)
            result = RunResult(
                task.method,
                len(task.rows),
                steps,
                seconds,
                done / seconds,
                history,
                task.counts,
                task.notes,
            )
            if task.recipe.adapter_rank:
                save_adapter(network, base.hash, options.out / "adapter")
            report = {"identity": identity, **result.summary()}
            export_model(base, merged(network).eval(), options.out, report)
    except Exception as error:
        if is_about_room(error):
            raise FolderError(
                f"the disk of {options.out} is full: make room and go on with --resume, from the "
                "last checkpoint"
            ) from error
        raise
    folder.finish()
    return result


def _arguments(recipe: Recipe, seed: int, work: Path) -> dict[str, Any]:
    return {
        "output_dir": str(work),
        "per_device_train_batch_size": recipe.batch,
        "num_train_epochs": recipe.epochs,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": recipe.warmup if recipe.warmup < 1 else 0.999,
        "weight_decay": 0.0,
        "seed": seed,
        "data_seed": seed,
        # What is too long was left out and counted; the trainer is to cut nothing.
        "max_length": None,
        # TRL asks for bfloat16 and checkpointing even where they only cost time.
        "use_cpu": not torch.cuda.is_available(),
        "bf16": False,
        "activation_checkpointing": False,
        # Every step is looked at, and a loss that is no number is not to be averaged away.
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        # Watch decides when.
        "save_strategy": "no",
        "save_total_limit": 2,
        # The rows come arranged.
        "train_sampling_strategy": "sequential",
        "disable_tqdm": True,
        "report_to": "none",
        "dataloader_pin_memory": False,
    }
