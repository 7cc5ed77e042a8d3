"""Recorded steps, read from files: a proof state, and the tactic that a person wrote there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from stepcheck.models.json_lines import BadRowsError, explain, read_rows
from stepcheck.use_cases.goal_files import (
    ROW_SUFFIXES,
    GoalFileError,
    explain_unreadable,
    key_of,
)

LEANDOJO_SUFFIX = ".json"

_EXPECTED = (
    "Recorded steps are rows with state and tactic, or LeanDojo's JSON; "
    "statements to prove are evaluated with --method step, search or sample."
)
_NO_GOALS = "no goals"
"""The state of a step that nothing is left to do for."""


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """A proof state, pretty-printed, and the tactic that stands there in a proof."""

    name: str
    state: str
    tactic: str

    @property
    def key(self) -> str:
        """What the step is recognised by: its name and its text."""
        return key_of(self.name, self.state, self.tactic)


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    state: str = Field(min_length=1)
    tactic: str = Field(min_length=1)
    theorem: str = ""


class _TracedTactic(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    tactic: str = Field(min_length=1)
    state_before: str = Field(min_length=1)


class _TracedTheorem(BaseModel):
    """A theorem of LeanDojo Benchmark 4 (Yang et al. 2023, arXiv:2306.15626): what is used of it.

    Its `file_path` at a `commit` of a `url` is not read: the sources are not part of the benchmark.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    full_name: str
    traced_tactics: tuple[_TracedTactic, ...]


_THEOREMS = TypeAdapter(tuple[_TracedTheorem, ...])


def read_recorded_steps(path: Path) -> list[RecordedStep]:
    """Return the steps of a split of LeanDojo Benchmark 4, or of rows with `state` and `tactic`.

    Raises `GoalFileError` if the file cannot be read, or holds something else.
    """
    with explain_unreadable(path, _EXPECTED):
        steps = list(_steps_of(path))
    if not steps:
        raise GoalFileError(f"{path}: there is no recorded step in it.")
    return steps


def _steps_of(path: Path) -> Iterator[RecordedStep]:
    if path.name.endswith(ROW_SUFFIXES):
        for number, row in enumerate(read_rows(path, _Row), 1):
            name = f"{row.theorem or path}, line {number}"
            yield RecordedStep(name, row.state, row.tactic)
    elif path.suffix == LEANDOJO_SUFFIX:
        try:
            theorems = _THEOREMS.validate_json(path.read_bytes())
        except ValidationError as error:
            raise BadRowsError(f"{path}: {explain(error)}") from error
        for theorem in theorems:
            for number, traced in enumerate(theorem.traced_tactics, 1):
                if traced.state_before.strip() != _NO_GOALS:
                    name = f"{theorem.full_name}, tactic {number}"
                    yield RecordedStep(name, traced.state_before, traced.tactic)
    else:
        suffixes = ", ".join((LEANDOJO_SUFFIX, *ROW_SUFFIXES))
        raise GoalFileError(f"{path}: recorded steps are read from files that end in {suffixes}.")
