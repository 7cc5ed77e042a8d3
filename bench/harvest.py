"""Make the checked steps of the bundled model: ask Lean which tactics prove which goals.

`python bench/harvest.py --data FOLDER --work FILE.jsonl --out checked-steps.jsonl.xz [--minutes 30]
[--model FOLDER]`. A run that was broken off goes on where it stood. With a model, its suggestions
are tried as well, which is one round of expert iteration.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import find_lean
from stepcheck.lean.verdict import StepVerdict
from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import GenerationRequest, SuggestionPrompt
from stepcheck.models.training.corpus import Corpus
from stepcheck.models.training.harvest import (
    HEADER,
    CannotOpenError,
    HarvestFile,
    Outcome,
    Propose,
    Trial,
    harvest,
    statements,
)

LIMITS = CheckLimits(heartbeats=40_000, milliseconds=1_500, document_milliseconds=5_000)
"""The heartbeats of goals-dev's own measurements."""

_OUTCOMES = {StepVerdict.PROVED: Outcome.PROVED, StepVerdict.PROGRESS: Outcome.PROGRESS}

logger = logging.getLogger("harvest")


class LeanTacticChecker:
    """Lean behind the protocol of the harvest."""

    def __init__(self, checker: StepChecker) -> None:
        self._checker = checker

    async def goals(self, text: str) -> Sequence[str]:
        """Return the goals at the end of the text; raises CannotOpenError."""
        try:
            state = await self._checker.open(ProofPosition(text, "\n"), LIMITS)
        except LeanError as error:
            raise CannotOpenError(error.problem) from error
        errors = [message for message in state.messages if message.severity == "error"]
        if errors:
            raise CannotOpenError(errors[0].text)
        return state.goals

    async def attempt(self, text: str, tactics: Sequence[str]) -> Sequence[Trial]:
        """Try each tactic at the end of the text; raises CannotOpenError."""
        try:
            steps = await self._checker.check(ProofPosition(text, "\n"), tactics, LIMITS)
        except LeanError as error:
            raise CannotOpenError(error.problem) from error
        return [
            Trial(step.step, _OUTCOMES.get(step.verdict, Outcome.FAILED), len(step.goals))
            for step in steps
        ]


def proposals_of(model: Path | None) -> Propose:
    """Return what suggests more tactics for a goal: a model's distinct samples, or nothing."""
    if model is None:
        return lambda _goal: ()
    generator = load_generator(model)

    def propose(goal: str) -> Sequence[str]:
        prompt = SuggestionPrompt(goal, context=HEADER)
        (completions,) = generator.generate([GenerationRequest(prompt, n=16)])
        return [completion.text for completion in completions]

    return propose


async def run(data: Path, work: HarvestFile, minutes: float, propose: Propose) -> None:
    """Harvest until everything was asked or the time is over."""
    chosen = [s for s in statements(Corpus.load(data).proofs) if s.key not in work.keys]
    random.Random(len(work.keys)).shuffle(chosen)
    chosen.sort(key=lambda statement: "mathlib" in statement.source)
    ends = time.monotonic() + 60 * minutes
    async with StepChecker(find_lean()) as checker:
        tactic_checker = LeanTacticChecker(checker)
        for number, statement in enumerate(chosen):
            if time.monotonic() > ends:
                break
            goals = [goal async for goal in harvest(statement, tactic_checker, propose)]
            work.add(statement, goals)
            if number % 50 == 0:
                logger.info("%d of %d statements", number, len(chosen))


def main(
    data: Annotated[Path, typer.Option(help="Folder of the *.jsonl.xz files.")],
    work: Annotated[Path, typer.Option(help="The harvest under way, JSON lines.")],
    out: Annotated[Path, typer.Option(help="The finished harvest, xz-compressed.")],
    minutes: Annotated[float, typer.Option(help="Stop after so long.")] = 30.0,
    model: Annotated[Path | None, typer.Option(help="Try this model's suggestions too.")] = None,
) -> None:
    """Harvest checked steps."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    file = HarvestFile(work)
    asyncio.run(run(data, file, minutes, proposals_of(model)))
    logger.info("%d goals", file.compress(out))


if __name__ == "__main__":
    typer.run(main)
