"""What determines a run besides its data: read from TOML, one file a method."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from stepcheck.models.learning.errors import LearningError

_RECIPES = Path(__file__).parent / "recipes"

Method = Literal["sft", "dpo", "facttune", "rejection-sampling"]
"""What `stepcheck learn` does with rows that are there."""


class Recipe(BaseModel):
    """The settings of a run.

    `batch` counts rows (pairs, for DPO), `warmup` is a share of the steps. `adapter_rank` is the
    rank of a LoRA adapter (Hu et al. 2021); 0 trains all weights. `max_length` is in tokens, prompt
    and step together. Of DPO: `beta`; `likelihood_weight`, how much the mean negative
    log-likelihood of the chosen counts beside; `pairs_per_goal`, at most; `chosen_may_fall`, by how
    many nats the log-probability of the chosen may be below the start before the run is stopped.
    Of FactTune: `score`, whether Lean rates a step or the consistency of so many `resamples`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(gt=0)
    epochs: float = Field(gt=0)
    batch: int = Field(ge=1)
    warmup: float = Field(default=0.1, ge=0, le=1)
    max_length: int = Field(default=512, ge=8)
    adapter_rank: int = Field(default=0, ge=0)
    save_seconds: float = Field(default=60.0, gt=0)
    beta: float = Field(default=0.1, gt=0)
    likelihood_weight: float = Field(default=0.0, ge=0)
    pairs_per_goal: int = Field(default=8, ge=1)
    chosen_may_fall: float = Field(default=1.0, gt=0)
    score: Literal["lean", "consistency"] = "lean"
    resamples: int = Field(default=20, ge=2)


def load_recipe(
    method: Method | Literal["expert-iteration", "from-use"], path: Path | None = None
) -> Recipe:
    """Read a recipe, or the one that comes with a method; raises LearningError."""
    source = path or _RECIPES / f"{method}.toml"
    try:
        with source.open("rb") as file:
            return Recipe.model_validate(tomllib.load(file))
    except OSError as error:
        raise LearningError(f"cannot read the recipe {source}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise LearningError(f"{source} is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise LearningError(f"{source}: {name}: {first['msg']}") from None
