"""How many goals the editor's search proves: `python bench/proof_search.py --goals FILE`.

One goal after another, warm, each with the same time; a proof counts when the whole file accepts
it. Beside the model's suggestions and Lean's, those of Lean alone can be measured.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.datasets import Goal, read_goals
from stepcheck.client.local_server import run_local_server
from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.search import SearchBudget
from stepcheck.lean.toolchain import find_lean
from stepcheck.lean.verdict import StepVerdict
from stepcheck.settings.schema import ClientSettings, SuggestionSettings
from stepcheck.use_cases.proof_search import Prover

INDEX_MILLISECONDS = 60_000
MAX_REQUESTS = 1_000
NO_SERVER = "http://127.0.0.1:9"
console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the goals; times in seconds, of the proofs, with the check of the file."""

    goals: int
    seconds: float
    with_model: bool
    proved: int
    several_steps: int
    """Proofs of more than one step."""
    median_seconds: float
    restarts: int
    """Of Lean."""
    names: tuple[str, ...]


@contextlib.asynccontextmanager
async def model_server(with_model: bool) -> AsyncIterator[str]:
    """Yield the URL of a server with the bundled model, or one where none answers."""
    if not with_model:
        yield NO_SERVER
        return
    async with run_local_server() as url:
        yield url


async def measure(goals: Sequence[Goal], seconds: float, with_model: bool) -> Report:
    """Search a proof of every goal."""
    proofs: dict[str, tuple[str, ...]] = {}
    times = []
    budget = SearchBudget(seconds, MAX_REQUESTS)
    async with (
        model_server(with_model) as url,
        StepChecker(find_lean()) as checker,
        ServerClient(ClientSettings(server_url=url)) as client,
    ):
        first = ProofPosition(goals[0].before, "\n")
        await checker.start(position=first)
        await checker.propose(first, INDEX_MILLISECONDS)
        prover = Prover(checker, client, SuggestionSettings())
        for goal in track(goals, "goals", console=console, transient=True):
            start = time.monotonic()
            try:
                found = await prover.prove(ProofPosition(goal.before, "\n"), budget)
            except LeanError as error:
                console.print(f"{goal.name}: {error}", style="dim")
                continue
            if found.verified is not None and found.verified.verdict is StepVerdict.PROVED:
                times.append(time.monotonic() - start)
                proofs[goal.name] = found.steps
    return Report(
        goals=len(goals),
        seconds=seconds,
        with_model=with_model,
        proved=len(proofs),
        several_steps=sum(len(steps) > 1 for steps in proofs.values()),
        median_seconds=statistics.median(times) if times else 0.0,
        restarts=checker.statistics.restarts,
        names=tuple(proofs),
    )


def main(
    goals: Annotated[Path, typer.Option(help="goals-dev.jsonl.xz")],
    seconds: Annotated[float, typer.Option(min=0.1, help="For each goal.")] = 10.0,
    every: Annotated[int, typer.Option(min=1, help="Only each so-manieth goal.")] = 1,
    model: Annotated[bool, typer.Option(help="Whether there is a model server.")] = True,
) -> None:
    """Measure the search and print one JSON object."""
    report = asyncio.run(measure(read_goals(goals)[::every], seconds, model))
    typer.echo(json.dumps(asdict(report)))


if __name__ == "__main__":
    typer.run(main)
