"""The rows of `stepcheck evaluate`: one for every goal or recorded step."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stepcheck.models.interface import GenerationMethod
from stepcheck.models.json_lines import KeyedRow, read_rows


class EvaluationMethod(StrEnum):
    """What is done with each goal."""

    STEP = "step"
    """Suggestions as a person gets them: does one of those shown prove the goal?"""
    SEARCH = "search"
    """The search for a whole proof, with a time limit."""
    SAMPLE = "sample"
    """Independent draws of the model, each checked: how likely is it that one of k proves?"""
    MATCH = "match"
    """Recorded steps, without Lean: is what the person wrote among the model's first?"""
    DOJO = "dojo"
    """Theorems of LeanDojo Benchmark 4, in lean-dojo: does one of the model's first prove it?"""


class Outcome(StrEnum):
    """What came of a goal."""

    SOLVED = "solved"
    UNSOLVED = "unsolved"
    UNOPENED = "unopened"
    """Lean could not read the goal: that says nothing of who was to prove it."""


class EvaluationConditions(BaseModel):
    """What results depend on, and are comparable by; `None` is what the method does not use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: EvaluationMethod
    model: str
    """A folder, or "bundled"."""
    n: int
    """How many steps the model is asked for; of `SAMPLE` the draws, of `SEARCH` in each state."""
    generation: GenerationMethod
    seconds: float = 0.0
    """Of the checking of `STEP`, the whole search of `SEARCH`, each step of `DOJO`; 0: no limit."""
    temperature: float | None = None
    seed: int | None = None
    heartbeats: int | None = None
    """Of a step, in Lean's maxHeartbeats units."""
    milliseconds: int | None = None
    """Of a step, wall clock."""


class EvaluationResult(KeyedRow):
    """What came of one goal, or of one recorded step."""

    name: str
    outcome: Outcome
    milliseconds: float = Field(ge=0)
    """From the question to the answer, wall clock."""
    rank: int | None = Field(None, ge=1)
    """Of the first step that solves it, of `STEP`, `MATCH` and `DOJO`."""
    correct: int | None = Field(None, ge=0)
    """How many of the `n` draws prove the goal, of `SAMPLE`."""
    solution: str = ""
    """The step or the proof that solves it."""
    problem: str = ""
    """Why Lean could not open it, or what hindered the attempt or its proof."""
    conditions: EvaluationConditions

    @property
    def is_solved(self) -> bool:
        """Whether it is solved."""
        return self.outcome is Outcome.SOLVED

    @property
    def is_opened(self) -> bool:
        """Whether Lean could open it."""
        return self.outcome is not Outcome.UNOPENED


def read_results(path: Path) -> Iterator[EvaluationResult]:
    """Yield the rows of a file.

    Raises `stepcheck.models.json_lines.BadRowsError`, and `OSError` if the file cannot be read.
    """
    return read_rows(path, EvaluationResult)
