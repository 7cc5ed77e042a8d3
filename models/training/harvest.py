"""Ask Lean which tactics prove which goals: the labels of the bundled model.

Statements are those of the corpus that elaborate without Mathlib; goals are the start of each and
what the first steps of its proof lead to. Nothing held out is ever asked. Lean itself is behind the
`TacticChecker` protocol, so that models know no checker; `bench/harvest.py` puts the two together.
"""

import json
import lzma
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from stepcheck.models.training.candidate_tactics import AUTOMATION, SECOND_WAVE, propose_candidates
from stepcheck.models.training.checked_goals import CheckedGoal
from stepcheck.models.training.corpus import Proof
from stepcheck.models.training.proofs import (
    names_in,
    parse_signature,
    split_steps,
    without_spaces,
)

HEADER = """\
import Std
set_option autoImplicit true
set_option relaxedAutoImplicit true
open Nat List Array Option Bool
"""

_MOST_STEPS = 5
_LONGEST_GOAL = 3000
_LONGEST_TACTIC = 600
_MOST_PROGRESS = 8
_MOST_NEW_GOALS = 3
# Not steps of their own: they prove nothing, or search for a step and print it.
_PLACEHOLDERS = re.compile(r"\b(sorry|admit)\b|\b(exact|apply|simp|simp_all|rw|aesop|try)\?")

_WITHOUT_MATHLIB = re.compile(
    r"Mathlib/(Data/(List|Nat|Int|Bool|Fin|BitVec|Option|Vector|Array|String|Char|Sum|Prod|Sigma)"
    r"|Logic|Order/(Basic|Defs)|Computability)"
)
_NEEDS_MATHLIB = re.compile(r"[≃↪]|→ₗ|[ℝℂ]|Finset|Set |Multiset|Type\*")
_CORE_NUMBERS = str.maketrans({"ℕ": "Nat", "ℤ": "Int", "ℚ": "Rat"})

Propose = Callable[[str], Sequence[str]]
"""A goal in, more tactics to try out: a model's suggestions, for instance."""


class Outcome(StrEnum):
    """What became of a tactic, as far as labels need it."""

    PROVED = "proved"
    PROGRESS = "progress"
    FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """A tactic that was tried, and how many goals it left."""

    tactic: str
    outcome: Outcome
    goals_left: int


class CannotOpenError(Exception):
    """The statement does not elaborate, or the steps so far do not lead to a goal."""


class TacticChecker(Protocol):
    """Lean, as the harvest needs it."""

    async def goals(self, text: str) -> Sequence[str]:
        """Return the goals at the end of a file's text; raises CannotOpenError."""
        ...

    async def attempt(self, text: str, tactics: Sequence[str]) -> Sequence[Trial]:
        """Try each tactic at the end of the text; the order is kept. Raises CannotOpenError."""
        ...


@dataclass(frozen=True)
class Statement:
    """A signature that may elaborate without Mathlib, and the proof it came with."""

    signature: str
    theorem: str
    source: str
    proof: str

    @property
    def key(self) -> str:
        """The signature without white space: statements with equal keys are the same."""
        return without_spaces(self.signature)


def statements(proofs: Iterable[Proof]) -> Iterator[Statement]:
    """Yield each distinct statement that has a chance to elaborate without Mathlib, core first.

    Give it the proofs of a `Corpus`, which are free of what is held out.
    """
    seen: set[str] = set()
    for proof in sorted(proofs, key=lambda proof: proof.library != "Std"):
        signature = parse_signature(proof.statement)
        if signature is None:
            continue
        text, steps = signature.text, proof.text
        if proof.library == "Mathlib":
            if not _WITHOUT_MATHLIB.match(proof.file) or _NEEDS_MATHLIB.search(text):
                continue
            text, steps = text.translate(_CORE_NUMBERS), steps.translate(_CORE_NUMBERS)
        statement = Statement(text, proof.name, proof.source, steps)
        if statement.key not in seen:
            seen.add(statement.key)
            yield statement


async def harvest(
    statement: Statement, checker: TacticChecker, propose: Propose = lambda _goal: ()
) -> AsyncIterator[CheckedGoal]:
    """Yield the goals that a statement's own proof passes through, each with what Lean accepts.

    At the first goal every candidate is tried; at later ones automation and the proof's own names.
    Ends where a step of the proof is rejected or leaves nothing to prove. A statement that does not
    elaborate yields nothing.
    """
    text = f"{HEADER}example {statement.signature} := by\n  "
    steps = split_steps(statement.proof)[:_MOST_STEPS]
    for number in range(len(steps) + 1):
        own = steps[number] if number < len(steps) else ""
        try:
            goals = await checker.goals(text)
            state = "\n\n".join(goals)
            if not goals or len(state) > _LONGEST_GOAL:
                return
            tried = await _attempt(
                checker, text, [own, *_to_try(state, statement, number, propose)]
            )
        except CannotOpenError:
            return
        yield label(statement, goals, own, tried)
        if not own or tried[0].outcome is not Outcome.PROGRESS:
            return
        text += own.replace("\n", "\n  ") + "\n  "


def _to_try(state: str, statement: Statement, number: int, propose: Propose) -> list[str]:
    if number == 0:
        return [*propose_candidates(state, statement.proof), *propose(state)]
    return [*AUTOMATION, *(f"simp [{name}]" for name in names_in(statement.proof)), *propose(state)]


async def _attempt(checker: TacticChecker, text: str, tactics: Iterable[str]) -> list[Trial]:
    """Try what is new and short enough, and the second wave where nothing proves."""
    chosen = [
        tactic
        for tactic in dict.fromkeys(tactics)
        if tactic and len(tactic) <= _LONGEST_TACTIC and not _PLACEHOLDERS.search(tactic)
    ]
    tried = list(await checker.attempt(text, chosen))
    if not any(trial.outcome is Outcome.PROVED for trial in tried):
        tried += await checker.attempt(text, [t for t in SECOND_WAVE if t not in chosen])
    return tried


def label(
    statement: Statement, goals: Sequence[str], own: str, tried: Iterable[Trial]
) -> CheckedGoal:
    """Turn trials into labels of the first of the open goals.

    Of several goals, a tactic that leaves fewer has proved the first.
    """
    proved, progress = [], []
    for trial in tried:
        if trial.outcome is Outcome.PROVED or (
            trial.outcome is Outcome.PROGRESS and trial.goals_left < len(goals)
        ):
            proved.append(trial.tactic)
        elif trial.outcome is Outcome.PROGRESS and trial.goals_left <= len(goals) + _MOST_NEW_GOALS:
            progress.append(trial.tactic)
    return CheckedGoal(
        goal="\n\n".join(goals),
        statement=statement.key,
        theorem=statement.theorem,
        source=statement.source,
        human=own if own in proved or own in progress else "",
        proved=tuple(proved),
        progress=tuple(progress[:_MOST_PROGRESS]),
    )


class HarvestFile:
    """The harvest under way: JSON lines, one per statement, so that a broken run can go on."""

    def __init__(self, path: Path):
        self._path = path
        self.keys: set[str] = set()
        if path.exists():
            # A run that was killed while writing may leave half a line.
            whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
            path.write_text(whole + "\n" if whole else "", encoding="utf-8")
            self.keys = {json.loads(line)["key"] for line in whole.splitlines()}

    def add(self, statement: Statement, goals: Iterable[CheckedGoal]) -> None:
        """Append what a statement gave, even if nothing."""
        row = {"key": statement.key, "goals": [asdict(goal) for goal in goals]}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.keys.add(statement.key)

    def compress(self, path: Path) -> int:
        """Write the distinct goals that taught something, xz-compressed; return how many."""
        seen: set[str] = set()
        with lzma.open(path, "wt", encoding="utf-8", preset=9) as file:
            for line in self._path.read_text(encoding="utf-8").splitlines():
                for goal in json.loads(line)["goals"]:
                    if (goal["proved"] or goal["progress"]) and goal["goal"] not in seen:
                        seen.add(goal["goal"])
                        file.write(json.dumps(goal, ensure_ascii=False) + "\n")
        return len(seen)
