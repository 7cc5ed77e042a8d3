"""Learning from a person's own steps: an adapter that has to do better on the latest of them."""

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.generation.registry import load_generator, model_folder
from stepcheck.models.interface import GenerationRequest
from stepcheck.models.learning.base import load_base
from stepcheck.models.learning.data import LearningRows, prompt_of, rows_of_own_step
from stepcheck.models.learning.errors import LearningError, LearningStoppedError
from stepcheck.models.learning.evaluation import step_scorer
from stepcheck.models.learning.methods import LEARNING_METHODS
from stepcheck.models.learning.recipe import Method, load_recipe
from stepcheck.models.learning.trainer_run import RunOptions
from stepcheck.models.own_models import OwnModels
from stepcheck.models.own_steps import OwnStep

LEAST_STEPS = 50
"""Fewer say nothing of whether a model does better."""

LEAST_PREFERENCES = 20
_HELD_BACK = 0.2
_AMONG = 10
_REQUESTS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Held:
    """How a model does on the steps held back, of which there are so many `steps`.

    `among_ten` of them are among its ten suggestions, `first` are its first; `log_probability` is
    the mean of them (nats).
    """

    among_ten: int
    first: int
    log_probability: float
    steps: int

    def is_better_than(self, other: "Held") -> bool:
        """Tell whether the steps are likelier, and not fewer among ten.

        Few are held back, and one among ten more or less is chance; how likely they all are is not.
        """
        return self.log_probability > other.log_probability and self.among_ten >= other.among_ten


@dataclass(frozen=True, slots=True)
class Learned:
    """What the base does on the steps held back, and what the best model that was trained does.

    `model` is the folder of that model if it does better, `steps` how many it learned from in so
    many `seconds`, in which the models were compared too.
    """

    before: Held
    after: Held
    steps: int
    seconds: float
    model: Path | None


def split_by_time(steps: Iterable[OwnStep]) -> tuple[list[OwnStep], list[OwnStep]]:
    """Return the steps to learn from, and the latest ones, which are held back.

    Raises LearningError for fewer than `LEAST_STEPS`.
    """
    ordered = sorted(steps, key=lambda step: step.written)
    if len(ordered) < LEAST_STEPS:
        raise LearningError(
            f"{len(ordered)} of your own steps are kept, {LEAST_STEPS} are needed: go on proving, "
            "or add finished proofs with --add"
        )
    count = round(_HELD_BACK * len(ordered))
    return ordered[:-count], ordered[-count:]


def learn_from_use(
    model: str,
    steps: Sequence[OwnStep],
    models: OwnModels,
    *,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Learned:
    """Tune a model on own steps, and have it serve if it does better on those held back.

    First to write what was written; then, where enough was dismissed, to prefer it to that. Each is
    kept only if it does better than what is there. Raises LearningError and ModelError.
    """
    began = time.monotonic()
    learned, held = split_by_time(steps)
    before = evaluate_held(model_folder(model), held)
    tell(f"before: {describe(before)}")
    out = models.new_folder()
    best, best_held = model_folder(model), before
    for method, rows in _stages(learned):
        folder = out.with_name(f"{method}.partial")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _train(method, best, rows, RunOptions(folder, seed))
            found = evaluate_held(folder, held)
            tell(f"{method}: {describe(found)}")
            if found.is_better_than(best_held):
                shutil.rmtree(out, ignore_errors=True)
                best, best_held = folder.rename(out), found
        except LearningStoppedError as error:
            tell(f"{method}: {error}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    switched = out if best == out else None
    if switched is not None:
        models.switch_to(switched, model)
    return Learned(before, best_held, len(learned), time.monotonic() - began, switched)


def describe(held: Held) -> str:
    """Say how a model does on the steps held back."""
    return (
        f"{held.among_ten} of the last {held.steps} steps among ten suggestions, {held.first} "
        f"first, log-probability {held.log_probability:.2f}"
    )


def evaluate_held(folder: Path, held: Sequence[OwnStep]) -> Held:
    """Ask a model for ten suggestions at every step, as serving does, and compare by text."""
    generator = load_generator(folder)
    prompts = [prompt_of(step) for step in held]
    among = first = 0
    for start in range(0, len(held), _REQUESTS_AT_ONCE):
        requests = [
            GenerationRequest(prompt, n=_AMONG, method="beam")
            for prompt in prompts[start : start + _REQUESTS_AT_ONCE]
        ]
        for step, completions in zip(held[start:], generator.generate(requests), strict=False):
            texts = [normalize(completion.text) for completion in completions]
            among += normalize(step.step) in texts
            first += texts[:1] == [normalize(step.step)]
    score = step_scorer(load_base(folder))
    likelihood = fmean(
        score(prompt, [step.step])[0] for prompt, step in zip(prompts, held, strict=True)
    )
    return Held(among, first, likelihood, len(held))


def _stages(steps: Sequence[OwnStep]) -> list[tuple[Method, LearningRows]]:
    taught = [rows_of_own_step(step) for step in steps]
    rows = LearningRows(
        tuple(row for each in taught for row in each.checked),
        tuple(pair for each in taught for pair in each.preferences),
    )
    stages: list[tuple[Method, LearningRows]] = [("sft", rows)]
    if len(rows.preferences) >= LEAST_PREFERENCES:
        stages.append(("dpo", rows))
    return stages


def _train(method: Method, model: Path, rows: LearningRows, options: RunOptions) -> None:
    recipe = load_recipe("from-use")
    if method == "dpo":
        recipe = load_recipe("dpo").model_copy(update={"adapter_rank": recipe.adapter_rank})
    base, chosen = load_base(model), LEARNING_METHODS[method]
    chosen.train(base, chosen.prepare(base, rows, recipe, options.seed), options)
