"""Goals to prove, read from files: Lean files with open places, and rows of statements."""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from stepcheck.lean.open_places import OpenPlace, open_places
from stepcheck.lean.position import ProofPosition
from stepcheck.models.json_lines import BadRowsError, read_rows

ROW_SUFFIXES = (".jsonl", ".jsonl.xz")
LEAN_SUFFIX = ".lean"

_AWAITS_TERM = re.compile(r":=\s*\Z")
_AWAITS_TACTIC = re.compile(r"(?<![\w'.])by\s*\Z")


class GoalFileError(Exception):
    """A file of goals cannot be read, or holds none."""


def key_of(*parts: str) -> str:
    """Return what the same text is recognised by."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


@contextlib.contextmanager
def explain_unreadable(path: Path, expected: str = "") -> Iterator[None]:
    """Turn whatever is wrong with a file into a `GoalFileError`; `expected` says what rows are."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise GoalFileError(f"{path} is not UTF-8: byte {error.start} cannot be read.") from error
    except OSError as error:
        raise GoalFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    except BadRowsError as error:
        raise GoalFileError("\n".join(filter(None, (str(error), expected)))) from error


@dataclass(frozen=True, slots=True)
class OpenGoal:
    """A place where something is to be proved: what a person calls it, and where it is."""

    name: str
    position: ProofPosition

    @property
    def key(self) -> str:
        """What the goal is recognised by: the same for the same place in the same text."""
        return key_of(self.position.before, self.position.after)


@dataclass(frozen=True, slots=True)
class StatedGoal:
    """A statement to prove: `header`, then `example <signature> := by`."""

    name: str
    header: str
    signature: str

    @property
    def before(self) -> str:
        """The file's text up to where the first tactic goes."""
        return f"{self.header}\nexample {self.signature} := by\n  "

    @property
    def open_goal(self) -> OpenGoal:
        """The goal, in a file of its own."""
        return OpenGoal(self.name, ProofPosition(self.before, "\n"))


class _GoalRow(BaseModel):
    """A row in one of the usual forms; which one shows by its fields.

    `header` and `signature` are ours. Of miniF2F in Lean 4 there are rows with a `header` and a
    `formal_statement` that ends in `:= by`, in `:=` or in `sorry`, and with all of it as one code.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str = Field("", validation_alias=AliasChoices("name", "id", "problem_id"))
    header: str | None = None
    signature: str | None = None
    formal_statement: str | None = None
    code: str | None = Field(None, validation_alias=AliasChoices("lean4_code", "lean_code"))

    def to_goal(self, place: str) -> OpenGoal:
        """Return the goal. Raises `BadRowsError` if the row has none."""
        name = self.name or place
        if self.signature is not None and self.header is not None:
            return StatedGoal(name, self.header, self.signature).open_goal
        if self.code is None and self.formal_statement is None:
            raise BadRowsError(
                f"{place}: there is no goal: neither header and signature, nor formal_statement, "
                "nor lean4_code."
            )
        text = self.code or f"{self.header or ''}\n{self.formal_statement}"
        text = f"{_with_placeholder(text.rstrip())}\n"
        positions = [position for _, position in open_positions(text)]
        if not positions:
            raise BadRowsError(f"{place}: the statement ends neither in `:= by` nor in `sorry`.")
        return OpenGoal(name, positions[-1])


def _with_placeholder(statement: str) -> str:
    """Let a statement that only waits for its proof end in `sorry`."""
    if _AWAITS_TACTIC.search(statement):
        return f"{statement}\n  sorry"
    return f"{statement} by\n  sorry" if _AWAITS_TERM.search(statement) else statement


def read_goals(path: Path) -> list[OpenGoal]:
    """Return the goals of a file: a Lean file, or rows; or of the Lean files of a folder.

    Raises `GoalFileError` if it cannot be read, holds no goal, or has a row without one.
    """
    with explain_unreadable(path):
        goals = list(_goals_of(path))
    if not goals:
        raise GoalFileError(f"{path}: there is nothing to prove in it.")
    return goals


def _goals_of(path: Path) -> Iterator[OpenGoal]:
    if path.is_dir():
        for file in lean_files(path):
            yield from _goals_of(file)
    elif path.name.endswith(ROW_SUFFIXES):
        for number, row in enumerate(read_rows(path, _GoalRow), 1):
            yield row.to_goal(f"{path}, line {number}")
    elif path.suffix == LEAN_SUFFIX:
        for place, position in open_positions(read_lean(path)):
            yield OpenGoal(f"{path}:{place.line}:{place.column}", position)
    else:
        suffixes = ", ".join((LEAN_SUFFIX, *ROW_SUFFIXES))
        raise GoalFileError(f"{path}: goals are read from files that end in {suffixes}.")


def lean_files(folder: Path) -> list[Path]:
    """Return the Lean files of a folder, but for hidden ones, in order."""
    return [
        file
        for file in sorted(folder.rglob(f"*{LEAN_SUFFIX}"))
        if not any(part.startswith(".") for part in file.relative_to(folder).parts)
    ]


def read_lean(file: Path) -> str:
    """Return the text of a Lean file as it is. Raises OSError and UnicodeDecodeError."""
    return file.read_bytes().decode("utf-8")


def open_positions(text: str) -> Iterator[tuple[OpenPlace, ProofPosition]]:
    """Yield where steps can go in a Lean file: the place of each `sorry`, in order.

    A `sorry` that is the whole term behind `:=` gives way to `by` and a step.
    """
    for place in open_places(text):
        if place.is_tactic:
            yield place, ProofPosition.from_line_column(text, place.line, place.column)
        elif _AWAITS_TERM.search(text, 0, place.offset):
            before = f"{text[: place.offset]}by "
            yield place, ProofPosition(before, text[place.end :], "by ", "", place.word)
