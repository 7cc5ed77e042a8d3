"""What learning from use gives: the proofs of a Lean project, as if a person had written them.

Takes the proofs of a project in the order of its files, has Lean check every tactic that it can
without the rest of the project, learns from the first four fifths, and asks for the last fifth
before and after.

    python -m bench.replay_use --proofs DATA/proofs-core.jsonl.xz --project batteries --work STEPS
"""

import asyncio
import contextlib
import json
import lzma
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.written_tactics import written_tactics
from stepcheck.models.learning.from_use import describe, learn_from_use
from stepcheck.models.own_models import OwnModels
from stepcheck.models.own_steps import OwnStep
from stepcheck.settings.schema import LeanSettings
from stepcheck.use_cases.lean_checker import make_checker
from stepcheck.use_cases.own_steps import OwnSteps, check_own_step

HEADER = "import Std\n\nset_option autoImplicit true\nopen Nat List Array Option Bool\n\n"


def proofs_of(path: Path, project: str) -> list[tuple[str, str]]:
    """Return the file and the declaration of every proof of a project, in order."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"].endswith(project)]
    return [
        (row["file"], f"{row['statement']} := by\n  " + row["proof"].replace("\n", "\n  ") + "\n")
        for row in rows
    ]


async def collect(checker: StepChecker, proofs: list[tuple[str, str]], out: OwnSteps) -> None:
    """Keep the steps of all proofs, a second after another."""
    time = datetime(2026, 1, 1, tzinfo=UTC)
    async with checker:
        for file, declaration in proofs:
            kept: list[OwnStep] = []
            with contextlib.suppress(LeanError):
                for number, tactic in enumerate(written_tactics(HEADER + declaration)):
                    step = await check_own_step(checker, tactic, Path(file))
                    if step is not None:
                        time += timedelta(seconds=1)
                        kept.append(step.model_copy(update={"written": time}))
                    elif number == 0:
                        break  # The statement needs the rest of the project.
            out.add(kept)


def main(
    proofs: Annotated[Path, typer.Option(help="proofs-core.jsonl.xz")],
    project: Annotated[str, typer.Option(help="How its source ends.")],
    work: Annotated[Path, typer.Option(help="A folder; steps in it are not checked again.")],
    model: str = "bundled",
    limit: Annotated[int, typer.Option(help="So many proofs at most.")] = 400,
    seeds: int = 3,
) -> None:
    """Print how many own steps are among ten suggestions, before and after."""
    steps = OwnSteps(work)
    if not steps.file.is_file():
        work.mkdir(parents=True, exist_ok=True)
        checker = make_checker(LeanSettings(), None)
        asyncio.run(collect(checker, proofs_of(proofs, project)[:limit], steps))
    rows = steps.read()
    print(f"{project}: {len(rows)} steps")
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            learned = learn_from_use(model, rows, OwnModels(Path(folder)), seed=seed)
        print(f"seed {seed}: {learned.steps} steps learned in {learned.seconds:.0f} s")
        print(
            f"  before {describe(learned.before)}\n  after  {describe(learned.after)}", flush=True
        )


if __name__ == "__main__":
    typer.run(main)
