"""What an experiment compares, and on which rows: arms, seeds, and the goals held back."""

import hashlib
import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from stepcheck.models.learning.data import CheckedRow
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.recipe import Method, Recipe, load_recipe

CONTROL = "untuned"
"""The arm that learns nothing: each seed has its own, as each holds back other goals."""

_DEFAULT = Path(__file__).parent / "recipes" / "experiment.toml"
_METHOD: TypeAdapter[Method] = TypeAdapter(Method)


_Name = Annotated[str, Field(pattern=r"^\w[\w -]*$")]
"""Of an arm; its runs are in folders of that name."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: tuple[int, ...] = Field(min_length=3)
    held_back: float = Field(gt=0, lt=1)
    arms: dict[_Name, dict[str, Any]] = Field(min_length=1)

    @field_validator("seeds")
    @classmethod
    def _are_distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("a seed stands there twice")
        return seeds

    @field_validator("arms")
    @classmethod
    def _are_no_control(cls, arms: dict[str, Any]) -> dict[str, Any]:
        if CONTROL in arms:
            raise ValueError(f"{CONTROL!r} is run anyway")
        return arms


@dataclass(frozen=True, slots=True)
class Arm:
    """A method with the recipe that it is tried with."""

    name: str
    method: Method
    recipe: Recipe


@dataclass(frozen=True, slots=True)
class Plan:
    """Every arm is run with every seed, which also draws the share of the goals held back."""

    arms: tuple[Arm, ...]
    seeds: tuple[int, ...]
    held_back: float


@dataclass(frozen=True, slots=True)
class Split:
    """The rows to learn from, and those of the goals held back: no goal is in both."""

    train: tuple[CheckedRow, ...]
    held_back: tuple[CheckedRow, ...]


def load_plan(path: Path | None = None) -> Plan:
    """Read a plan (TOML), or the one that compares all methods; raises LearningError."""
    source = path or _DEFAULT
    try:
        with source.open("rb") as file:
            read = _File.model_validate(tomllib.load(file))
        arms = tuple(_arm(name, fields) for name, fields in read.arms.items())
    except OSError as error:
        raise LearningError(f"cannot read the plan {source}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise LearningError(f"{source} is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or "method"
        raise LearningError(f"{source}: {name}: {first['msg']}") from None
    return Plan(arms, read.seeds, read.held_back)


def split_by_goal(rows: Sequence[CheckedRow], share: float, seed: int) -> Split:
    """Hold back a random share of the goals, whatever the context they stand in.

    Raises LearningError for fewer than two goals.
    """
    goals = sorted({row.prompt.goal for row in rows})
    if len(goals) < 2:
        raise LearningError(
            f"there is {len(goals)} goal: to hold some back, collect at least two, better hundreds"
        )
    count = min(len(goals) - 1, max(1, round(share * len(goals))))
    held = set(random.Random(f"{seed} held back").sample(goals, count))  # noqa: S311
    return Split(
        tuple(row for row in rows if row.prompt.goal not in held),
        tuple(row for row in rows if row.prompt.goal in held),
    )


def identity_of(rows: Sequence[CheckedRow], base_hash: str, held_back: float) -> str:
    """Return a hash of what all arms of an experiment share."""
    digest = hashlib.sha256(f"{base_hash} {held_back}".encode())
    for row in rows:
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _arm(name: str, fields: Mapping[str, Any]) -> Arm:
    method = _METHOD.validate_python(fields.get("method"))
    own = load_recipe(method).model_dump()
    changed = {key: value for key, value in fields.items() if key != "method"}
    return Arm(name, method, Recipe.model_validate(own | changed))
