"""The recipe: the network's shape and the stages of its training, read from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepcheck.models.training.network import Shape
from stepcheck.models.training.trainer import Schedule


class RecipeError(Exception):
    """A recipe is missing, malformed or incomplete; the message says where."""


@dataclass(frozen=True)
class Stage:
    """One stage of training.

    `prompt_share` is the share of prompt tokens predicted, `mixture` how many passes over each part
    of the data make an epoch.
    """

    name: str
    schedule: Schedule
    prompt_share: float
    mixture: Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the trained model besides the data."""

    seed: int
    tokens_per_sequence: int
    shape: Shape
    stages: tuple[Stage, ...]

    @classmethod
    def load(cls, path: Path) -> "Recipe":
        """Read a recipe. Raises RecipeError for a missing file, key or value."""
        try:
            with path.open("rb") as file:
                return cls._parse(tomllib.load(file))
        except FileNotFoundError:
            raise RecipeError(f"no recipe at {path}: name one with --recipe") from None
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"{path} is not valid TOML: {error}") from error
        except (KeyError, TypeError) as error:
            raise RecipeError(f"{path}: missing or unknown entry: {error}") from error

    @classmethod
    def _parse(cls, values: dict[str, Any]) -> "Recipe":
        stages = []
        for entry in values["stage"]:
            name = entry.pop("name")
            prompt_share, mixture = entry.pop("prompt_share"), entry.pop("mixture")
            stages.append(Stage(name, Schedule(**entry), prompt_share, mixture))
        return cls(
            seed=values["seed"],
            tokens_per_sequence=values["tokens_per_sequence"],
            shape=Shape(**values["shape"]),
            stages=tuple(stages),
        )
