"""Goals with Lean's verdicts: which of many candidate tactics prove a goal, which make progress.

The rows are harvested by Lean itself (`stepcheck.models.training.harvest`); here they are read,
without redundant answers, and turned into training examples.
"""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stepcheck.models.generation.bundled_prompt import bundled_prompt
from stepcheck.models.training.corpus import HeldOut, read_rows
from stepcheck.models.training.examples import Example

LIBRARY_SHOWN = 0.8
ANSWERS_PER_GOAL = 3

_CLOSERS = ("simp", "grind", "omega", "rfl", "simp_all", "decide", "bv_omega", "bv_decide")
_PART = re.compile(r"<;>|;")


@dataclass(frozen=True)
class CheckedGoal:
    """A goal as Lean prints it; tactics that prove it; tactics that are accepted and change it.

    `human` is the step of the proof the statement came with, empty where Lean rejects it here.
    `statement` is the signature without white space, by which held-out statements are recognised.
    """

    goal: str
    statement: str
    theorem: str
    source: str
    human: str
    proved: tuple[str, ...]
    progress: tuple[str, ...]


def read_checked_goals(path: Path, held_out: HeldOut) -> tuple[CheckedGoal, ...]:
    """Read harvested goals and leave out what is held out. Raises DataError for a bad file."""
    return tuple(
        CheckedGoal(
            goal=row["goal"],
            statement=row["statement"],
            theorem=row["theorem"],
            source=row["source"],
            human=row["human"],
            proved=tuple(row["proved"]),
            progress=tuple(row["progress"]),
        )
        for row in read_rows(path)
        if row["statement"] not in held_out.statements and not held_out.holds_step(row["theorem"])
    )


def drop_redundant(proved: Iterable[str]) -> list[str]:
    """Leave out proofs that only dress up a shorter one.

    Where `grind` proves a goal, `cases x <;> grind` and `grind [foo]` teach nothing; `bv_omega`
    says no more than `omega`.
    """
    proofs = set(proved)
    kept = []
    for tactic in proved:
        last = _PART.split(tactic)[-1].strip()
        head = last.split(maxsplit=1)[0] if last else ""
        redundant = tactic != head and head in proofs and head in _CLOSERS
        redundant |= tactic == "bv_omega" and "omega" in proofs
        if not redundant:
            kept.append(tactic)
    return kept


def answer_weights(goal: CheckedGoal) -> dict[str, float]:
    """Return how strongly each tactic of a goal is taught.

    A proof weighs 1, the person's own step 2. Mere progress counts where nothing proves the goal,
    and then the person's step leads: it was a step of a finished proof.
    """
    weights = dict.fromkeys(drop_redundant(goal.proved), 1.0)
    if not goal.proved:
        weights = dict.fromkeys(goal.progress, 0.5)
    if goal.human:
        weights[goal.human] = 2.0
    return weights


def examples_of_checked_goals(
    goals: Iterable[CheckedGoal], draw: random.Random
) -> Iterator[Example]:
    """Yield up to three examples per goal, its answers drawn by weight without replacement."""
    for goal in goals:
        weights = answer_weights(goal)
        # Efraimidis & Spirakis 2006: the largest u^(1/w) are a weighted sample.
        keys = {tactic: draw.random() ** (1 / weight) for tactic, weight in weights.items()}
        for tactic in sorted(keys, key=lambda tactic: -keys[tactic])[:ANSWERS_PER_GOAL]:
            library = "Std" if draw.random() < LIBRARY_SHOWN else ""
            yield Example(bundled_prompt(goal.goal, library), (tactic,))
