"""How many goals `llmqed` proves: `python bench/prove.py --goals FILE [--every N] [--seconds S]`.

Each goal is given, with the same time, to `llmqed` with the bundled model and to single tactics of
Lean that search for a proof.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.datasets import Goal, read_goals
from bench.proof_search import model_server
from stepcheck.bridge.bridge import answered_folder
from stepcheck.lean.checker import StepChecker, memory_limit_of
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import LeanMessage
from stepcheck.lean.toolchain import Toolchain, find_lean
from stepcheck.lean.verdict import StepVerdict
from stepcheck.lean.whole_file import FileNotCheckedError, check_file
from stepcheck.settings.schema import ClientSettings

TACTICS = ("grind", "simp_all", "exact?")
HEARTBEATS = 10_000_000
"""More than fit into the time: it is the clock that ends a tactic."""

PROVED = "✓ proved"
START_SECONDS = 60.0
console = Console()


@dataclass(frozen=True, slots=True)
class Report:
    """How many of the goals each way has proved, with so many seconds for each goal."""

    goals: int
    seconds: float
    proved: dict[str, int]
    only_llmqed: int
    """Goals that `llmqed` proves and none of the tactics."""
    only_tactics: int
    names: tuple[str, ...]
    """Of the goals that `llmqed` proves."""


async def prove_by_search(
    lean: Toolchain, spool: Path, goals: Sequence[Goal], seconds: float, progress: Progress
) -> set[int]:
    """Return the numbers of the goals that `llmqed` proves, each in a Lean file of its own."""
    command = await asyncio.to_thread(lean.package_file_command, spool)
    task = progress.add_task("llmqed", total=len(goals))
    proved = set()
    for number, goal in enumerate(goals):
        text = (
            f"import LLMstep\n{goal.header}\n"
            f"set_option llmstep.qed.timeout {1000 * seconds:.0f}\n"
            f"example {goal.signature} := by\n  llmqed\n"
        )
        try:
            limit = seconds + START_SECONDS
            messages = await check_file(command, memory_limit_of(lean), text, limit)
        except FileNotCheckedError as error:
            console.print(f"{goal.name}: {error}", style="dim")
            messages = ()
        if any(is_proof(message) for message in messages):
            proved.add(number)
        progress.advance(task)
    return proved


def is_proof(message: LeanMessage) -> bool:
    """Say whether a message shows a finished proof."""
    return message.text.startswith("Try this") and PROVED in message.text


async def prove_by_tactics(
    lean: Toolchain, goals: Sequence[Goal], seconds: float, progress: Progress
) -> dict[str, set[int]]:
    """Return the numbers of the goals that each single tactic proves."""
    limits = CheckLimits(HEARTBEATS, int(1000 * seconds))
    proved: dict[str, set[int]] = {tactic: set() for tactic in TACTICS}
    task = progress.add_task("tactics", total=len(goals))
    async with StepChecker(lean) as checker:
        for number, goal in enumerate(goals):
            position = ProofPosition(goal.before, "\n")
            try:
                steps = await checker.check(position, TACTICS, limits)
            except LeanError as error:
                console.print(f"{goal.name}: {error}", style="dim")
                steps = []
            for step in steps:
                if step.verdict is StepVerdict.PROVED:
                    proved[step.step].add(number)
            progress.advance(task)
    return proved


async def measure(goals: Sequence[Goal], seconds: float, *, with_model: bool) -> Report:
    """Let every way try every goal; without a model, `llmqed` alone."""
    lean = find_lean()
    with Progress(console=console, transient=True) as progress:
        async with (
            model_server(with_model) as url,
            answered_folder(ClientSettings(server_url=url)) as spool,
        ):
            searched = await prove_by_search(lean, spool, goals, seconds, progress)
        tried = await prove_by_tactics(lean, goals, seconds, progress) if with_model else {}
    by_any_tactic = set().union(*tried.values())
    return Report(
        goals=len(goals),
        seconds=seconds,
        proved={"llmqed": len(searched)} | {name: len(found) for name, found in tried.items()},
        only_llmqed=len(searched - by_any_tactic),
        only_tactics=len(by_any_tactic - searched),
        names=tuple(goals[number].name for number in sorted(searched)),
    )


def print_report(report: Report) -> None:
    """Print one table."""
    title = f"{report.goals} goals, {report.seconds:g} s each"
    table = Table("", "proved", "share", title=title, title_justify="left")
    for name, number in report.proved.items():
        table.add_row(name, str(number), f"{number / report.goals:.1%}")
    if len(report.proved) > 1:
        table.add_row("llmqed and none of the tactics", str(report.only_llmqed), "")
        table.add_row("a tactic and not llmqed", str(report.only_tactics), "")
    console.print(table)


def main(
    goals: Annotated[Path, typer.Option(help="goals-dev.jsonl.xz")],
    seconds: Annotated[float, typer.Option(min=0.1, help="For each goal and way.")] = 10.0,
    every: Annotated[int, typer.Option(min=1, help="Only each so-manieth goal.")] = 1,
    model: Annotated[bool, typer.Option(help="Or only `llmqed`, and no server.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the search for whole proofs."""
    console.stderr = as_json
    report = asyncio.run(measure(read_goals(goals)[::every], seconds, with_model=model))
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        print_report(report)


if __name__ == "__main__":
    typer.run(main)
