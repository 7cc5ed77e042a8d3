"""The rows of `stepcheck collect`: steps that were tried on goals, and what Lean said of them.

JSON lines or Parquet. They are what the step ranker and the language model learn from.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from stepcheck.models.json_lines import KeyedRow, read_rows
from stepcheck.models.parquet_rows import PARQUET_SUFFIX, read_parquet_rows

MODEL = "model"
"""The source of the steps that a language model proposes."""

FOUND = "found"
"""The source of the steps that others, such as `exact?`, have found: nobody proposes them."""

UNKNOWN = "unknown"
"""The verdict on a step that could not be checked."""

PROVED = "proved"


class CollectedStep(KeyedRow):
    """A step that was tried on a goal.

    The rows of a goal stand together, and each says how many there are: so it is seen whether the
    goal is complete. The key changes with the text around the goal.
    """

    place: str
    """Where the goal comes from: its name, or FILE:LINE:COLUMN."""
    goal: str = Field(min_length=1)
    """The goals at the place, pretty-printed, with an empty line between them."""
    context: str
    """The text before the step; of a long one, its beginning and its end."""
    step: str
    source: str
    score: float | None = None
    """The mean log-probability of a token, where `source` is `MODEL`."""
    verdict: str
    """One of the words of a step's verdict, as in `docs/checking.md`."""
    goals: tuple[str, ...] = ()
    """The goals that remain."""
    milliseconds: float = Field(ge=0)
    """How long Lean took to try it."""
    number: int = Field(ge=1)
    """Of the row among those of its goal, from 1."""
    of: int = Field(ge=1)
    """How many rows the goal has."""

    @property
    def place_in_group(self) -> tuple[int, int]:
        """Which of the rows of its goal it is, from 1, and of how many."""
        return self.number, self.of


def read_collected_steps(path: Path) -> Iterator[CollectedStep]:
    """Yield the rows of a file: Parquet, or JSON lines, xz-compressed or not.

    Raises `stepcheck.models.json_lines.BadRowsError`, and `OSError` if the file cannot be read.
    """
    if path.suffix == PARQUET_SUFFIX:
        return read_parquet_rows(path, CollectedStep)
    return read_rows(path, CollectedStep)
