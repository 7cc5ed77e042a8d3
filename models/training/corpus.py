"""The training corpus: rows of the data folder, less everything that models are selected on.

The data folder holds xz-compressed JSON lines: `steps-train`, `proofs-mathlib`, `proofs-core` to
learn from, `goals-dev` and `steps-dev` to select on. `Corpus.load` is the only way to the former,
and it leaves out every statement of goals-dev and every theorem named in steps-dev.
"""

import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepcheck.models.training.proofs import (
    holds_several_statements,
    parse_signature,
    without_spaces,
)


@dataclass(frozen=True)
class Step:
    """A goal as Lean prints it and the tactic that a person (or Lean's verdict) put there."""

    goal: str
    tactic: str
    library: str
    theorem: str = ""


@dataclass(frozen=True)
class Proof:
    """A statement and its tactic proof, as text."""

    name: str
    statement: str
    text: str
    library: str
    source: str
    file: str


class DataError(Exception):
    """A data file is missing or cannot be read; the message says which and what to do."""


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of an xz-compressed JSON-lines file.

    Raises DataError when the file is missing or damaged.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except FileNotFoundError:
        raise DataError(f"no data file {path}: give the folder that holds it with --data") from None
    except (lzma.LZMAError, EOFError, ValueError) as error:
        raise DataError(f"damaged data file {path}: {error}") from error


@dataclass(frozen=True)
class HeldOut:
    """What must never be trained on: statements of goals-dev, theorems of steps-dev."""

    statements: frozenset[str]
    theorems: frozenset[str]

    @classmethod
    def load(cls, folder: Path) -> "HeldOut":
        """Read goals-dev and steps-dev from the data folder."""
        goals = read_rows(folder / "goals-dev.jsonl.xz")
        steps = read_rows(folder / "steps-dev.jsonl.xz")
        return cls(
            statements=frozenset(without_spaces(row["signature"]) for row in goals),
            theorems=frozenset(row["theorem"] for row in steps if row["theorem"]),
        )

    def holds_statement(self, statement: str, name: str) -> bool:
        """Return whether a theorem of this name, or this statement under any name, is held out."""
        if holds_several_statements(statement):
            whole = without_spaces(statement)
            if any(held_out in whole for held_out in self.statements):
                return True
        signature = parse_signature(statement)
        text = statement if signature is None else signature.text
        names = {name} if signature is None else {name, signature.name}
        return without_spaces(text) in self.statements or bool(names & self.theorems)

    def holds_step(self, theorem: str) -> bool:
        """Return whether a step of this theorem is held out; steps without a name never are."""
        return theorem in self.theorems


@dataclass(frozen=True)
class Corpus:
    """Everything that may be trained on."""

    steps: tuple[Step, ...]
    proofs: tuple[Proof, ...]

    @classmethod
    def load(cls, folder: Path) -> "Corpus":
        """Read the training files of the data folder and leave out what is held out.

        Raises DataError when a file is missing or damaged.
        """
        held_out = HeldOut.load(folder)
        steps = tuple(
            Step(row["state"], row["tactic"].strip(), "Mathlib", row["theorem"])
            for row in read_rows(folder / "steps-train.jsonl.xz")
            if not held_out.holds_step(row["theorem"]) and row["tactic"].strip()
        )
        proofs = (
            *_proofs(read_rows(folder / "proofs-core.jsonl.xz"), "Std", held_out),
            *_proofs(read_rows(folder / "proofs-mathlib.jsonl.xz"), "Mathlib", held_out),
        )
        return cls(steps, tuple(proofs))


def _proofs(rows: Iterable[dict[str, Any]], library: str, held_out: HeldOut) -> Iterator[Proof]:
    for row in rows:
        if not held_out.holds_statement(row["statement"], row["name"]):
            yield Proof(
                name=row["name"],
                statement=row["statement"],
                text=row["proof"],
                library=library,
                source=row["source"],
                file=row["file"],
            )
