"""From the data folder to a trained model, by a recipe."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from stepcheck.models.training.checked_goals import (
    CheckedGoal,
    examples_of_checked_goals,
    read_checked_goals,
)
from stepcheck.models.training.corpus import Corpus, HeldOut
from stepcheck.models.training.examples import (
    Example,
    TokenSequence,
    encode,
    examples_of_proofs,
    examples_of_steps,
)
from stepcheck.models.training.export import export_model
from stepcheck.models.training.network import new_network, train_tokenizer
from stepcheck.models.training.recipe import Recipe, RecipeError, Stage
from stepcheck.models.training.trainer import Checkpointing, Trainer

logger = logging.getLogger(__name__)

_TOKENIZER_PROOFS = 25_000


@dataclass(frozen=True)
class TrainingData:
    """What people wrote and what Lean checked."""

    corpus: Corpus
    checked: tuple[CheckedGoal, ...]

    @classmethod
    def load(cls, folder: Path, checked: Path) -> "TrainingData":
        """Read both, without what is held out. Raises DataError for a missing or damaged file."""
        return cls(Corpus.load(folder), read_checked_goals(checked, HeldOut.load(folder)))


def train(
    recipe: Recipe,
    data: TrainingData,
    out: Path,
    *,
    device: str,
    stop_after_updates: int | None = None,
) -> bool:
    """Train tokenizer and network by the recipe and write the model to `out/model`.

    Continues from the checkpoint in `out` if there is one. Returns whether the recipe is done;
    with `stop_after_updates` it may not be. Raises RecipeError for a recipe that asks the
    impossible.
    """
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(recipe, data.corpus, out / "tokenizer.json")
    network = new_network(recipe.shape, tokenizer, recipe.seed).to(device)
    logger.info("%.2f M parameters", sum(p.numel() for p in network.parameters()) / 1e6)
    trainer = Trainer(
        network,
        padding=network.config.pad_token_id,
        seed=recipe.seed,
        checkpointing=Checkpointing(out / "checkpoint.pt", stop_after_updates=stop_after_updates),
    )
    if trainer.resume():
        logger.info("resumed at %s", trainer.progress)
    for number, stage in enumerate(recipe.stages):
        if not trainer.train_stage(
            number, stage.schedule, _epoch_data(recipe, number, stage, data, tokenizer)
        ):
            return False
    export_model(network, tokenizer, out / "model")
    return True


def _epoch_data(
    recipe: Recipe, number: int, stage: Stage, data: TrainingData, tokenizer: Tokenizer
) -> Callable[[int], list[TokenSequence]]:
    def sequences(epoch: int) -> list[TokenSequence]:
        draw = random.Random(f"{recipe.seed} data {number} {epoch}")  # noqa: S311
        return encode(
            epoch_examples(data, stage, draw),
            tokenizer,
            longest=recipe.tokens_per_sequence,
            prompt_share=stage.prompt_share,
            draw=draw,
        )

    return sequences


def epoch_examples(data: TrainingData, stage: Stage, draw: random.Random) -> list[Example]:
    """Return the examples of one epoch: each part of the data as often as the mixture says.

    A fraction means a random part: 1.5 passes are the whole and a random half. Raises RecipeError
    for a part that does not exist.
    """
    proofs = data.corpus.proofs
    parts: dict[str, Callable[[], list[Example]]] = {
        "steps": lambda: list(examples_of_steps(data.corpus.steps, draw)),
        "core": lambda: list(examples_of_proofs((p for p in proofs if p.library == "Std"), draw)),
        "mathlib": lambda: list(
            examples_of_proofs((p for p in proofs if p.library == "Mathlib"), draw)
        ),
        "checked": lambda: list(examples_of_checked_goals(data.checked, draw)),
    }
    chosen: list[Example] = []
    for name, passes in stage.mixture.items():
        if name not in parts:
            raise RecipeError(f"stage {stage.name}: no part {name!r}, only {', '.join(parts)}")
        for _ in range(int(passes)):
            chosen += parts[name]()
        if rest := passes - int(passes):
            examples = parts[name]()
            chosen += draw.sample(examples, int(rest * len(examples)))
    return chosen


def _tokenizer(recipe: Recipe, corpus: Corpus, path: Path) -> Tokenizer:
    if path.exists():
        return Tokenizer.from_file(str(path))
    draw = random.Random(recipe.seed)  # noqa: S311
    proofs = draw.sample(corpus.proofs, min(_TOKENIZER_PROOFS, len(corpus.proofs)))
    examples = [*examples_of_steps(corpus.steps, draw), *examples_of_proofs(proofs, draw)]
    texts = [text for e in examples for text in (e.prompt, *e.tactics)]
    tokenizer = train_tokenizer(texts, recipe.shape.vocabulary)
    tokenizer.save(str(path))
    return tokenizer
