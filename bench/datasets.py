"""The development sets that models are selected on, as typed rows.

Each is JSON lines, xz-compressed. Nothing here may be trained on.
"""

import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Goal:
    """A statement to prove: `header`, then `example <signature> := by`."""

    name: str
    header: str
    signature: str

    @property
    def before(self) -> str:
        """The file's text up to where the first tactic goes."""
        return f"{self.header}\nexample {self.signature} := by\n  "


@dataclass(frozen=True, slots=True)
class Step:
    """A proof state and the tactic that a person wrote there."""

    state: str
    tactic: str


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of an xz-compressed file of JSON lines."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_goals(path: Path) -> list[Goal]:
    """Read goals-dev or a file of the same shape."""
    return [Goal(row["name"], row["header"], row["signature"]) for row in read_rows(path)]


def read_steps(path: Path) -> list[Step]:
    """Read steps-dev or a file of the same shape."""
    return [Step(row["state"], row["tactic"]) for row in read_rows(path)]


def alternate(items: Sequence[_Item], is_right: Callable[[_Item], bool]) -> list[_Item]:
    """Return the items, right and wrong ones in turn as long as there are both."""
    right = [item for item in items if is_right(item)]
    wrong = [item for item in items if not is_right(item)]
    turns = zip_longest(([item] for item in right), ([item] for item in wrong), fillvalue=[])
    return [item for one, other in turns for item in (*one, *other)]
