"""What a person gets, and when: `python bench/suggest.py --goals FILE --steps FILE`.

Prints the model's figures against a static list of the ten most frequent tactics, the time from
hover to checked suggestions, and our server beside the algorithm of llmstep's reference server.
"""

import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.datasets import Goal, Step, read_goals, read_steps
from bench.evaluation import (
    GoalScores,
    StepScores,
    Suggest,
    check_goal,
    score_goals,
    score_steps,
)
from bench.servers import Load, load, reference_server
from stepcheck.client.local_server import run_local_server
from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import find_lean
from stepcheck.lean.verdict import StepVerdict
from stepcheck.models import bundled
from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import GenerationRequest, SuggestionPrompt
from stepcheck.settings.schema import DEFAULT_SUGGESTION_SECONDS, ClientSettings
from stepcheck.use_cases.checked_suggestions import StepSuggester
from stepcheck.use_cases.suggestion_query import SuggestionQuery

CANDIDATES = 10
LIMITS = CheckLimits(heartbeats=200_000, milliseconds=5_000)
INDEX_MILLISECONDS = 60_000
STATIC_LIST = Path(__file__).with_name("static_list.json")
console = Console()


@dataclass(slots=True)
class Report:
    """Every figure; what was not measured is missing."""

    steps: dict[str, StepScores] = field(default_factory=dict)
    goals: dict[str, GoalScores] = field(default_factory=dict)
    hover_milliseconds: tuple[float, ...] = ()
    hover_proved: float = 0.0
    """The share of goals that one of the ten shown steps proves."""
    servers: dict[str, float] = field(default_factory=dict)


def model_suggestions(model: str, method: str) -> Suggest:
    """Return a function that asks the model for ten steps, in this process."""
    generator = load_generator(model)

    def suggest(goal: str, context: str) -> list[str]:
        prompt = SuggestionPrompt(goal, context=context)
        request = GenerationRequest(prompt, n=CANDIDATES, method=method, seed=0)
        return [completion.text for completion in generator.generate([request])[0]]

    return suggest


def static_suggestions() -> Suggest:
    """Return a function that always answers the ten most frequent tactics of the training data."""
    tactics = tuple(json.loads(STATIC_LIST.read_text(encoding="utf-8")))
    return lambda _goal, _context: tactics


async def score_on_goals(goals: Sequence[Goal], suggest: Suggest, name: str) -> GoalScores:
    """Check ten suggestions for every goal."""
    async with StepChecker(find_lean()) as checker:
        await checker.start()
        outcomes = [
            await check_goal(checker, goal, suggest, LIMITS)
            for goal in track(goals, f"goals, {name}", console=console, transient=True)
        ]
    return score_goals(outcomes)


async def measure_hover(
    goals: Sequence[Goal], model: str, seconds: float
) -> tuple[tuple[float, ...], float]:
    """Return milliseconds from asking to checked suggestions, and the share of goals proved.

    Warm, one goal after another, with what Lean proposes as well as the model.
    """
    milliseconds = []
    proved = 0
    async with (
        run_local_server("--model", model) as url,
        StepChecker(find_lean()) as checker,
        ServerClient(ClientSettings(server_url=url)) as client,
    ):
        first = ProofPosition(goals[0].before, "\n")
        await checker.start(position=first)
        await checker.propose(first, INDEX_MILLISECONDS)
        suggester = StepSuggester(checker, client)
        for goal in track(goals, "hover", console=console, transient=True):
            position = ProofPosition(goal.before, "\n")
            query = SuggestionQuery(position, n=CANDIDATES, seconds=seconds)
            try:
                report = await suggester.suggest(query)
            except LeanError:
                continue
            if report.timing is not None:
                milliseconds.append(report.timing.checked)
            verdicts = [ranked.checked.verdict for ranked in report.shown]
            proved += StepVerdict.PROVED in verdicts
    return tuple(milliseconds), proved / len(goals)


async def measure_servers(model: str, path: Path, states: Sequence[str]) -> dict[str, float]:
    """Ask ours and the reference for the same goals, in turn: one client, then eight."""
    figures: dict[str, float] = {}
    warm_up = states[:4]
    for clients, share in ((1, states[:24]), (8, states)):
        measured: dict[str, Load] = {}
        for name, server in (
            ("ours", run_local_server("--model", model)),
            ("reference", reference_server(path)),
        ):
            async with server as url:
                await load(url, warm_up, 1)
                measured[name] = await load(url, share, clients)
            latency = statistics.median(measured[name].latencies) * 1000
            figures[f"{name}, {clients} client(s): median latency, ms"] = latency
            figures[f"{name}, {clients} client(s): requests/s"] = measured[name].requests_per_second
        ratio = measured["ours"].requests_per_second / measured["reference"].requests_per_second
        figures[f"throughput ratio ours / reference, {clients} client(s)"] = ratio
    return figures


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def print_report(report: Report) -> None:
    """Print tables."""
    for title, scores in (("steps", report.steps), ("goals", report.goals)):
        if not scores:
            continue
        rows = {name: asdict(score) for name, score in scores.items()}
        table = Table("", *next(iter(rows.values())), title=title)
        for name, row in rows.items():
            table.add_row(
                name, *(f"{v:.1%}" if isinstance(v, float) else str(v) for v in row.values())
            )
        console.print(table)
    if report.hover_milliseconds:
        times = report.hover_milliseconds
        console.print(
            f"hover to checked suggestions: p50 {quantile(times, 0.5):.0f} ms, "
            f"p95 {quantile(times, 0.95):.0f} ms ({len(times)} goals), "
            f"one of ten shown proves {report.hover_proved:.1%}"
        )
    for name, value in report.servers.items():
        console.print(f"{name}: {value:.1f}")


def main(
    goals: Annotated[Path | None, typer.Option(help="goals-dev or a file of its shape.")] = None,
    steps: Annotated[Path | None, typer.Option(help="steps-dev or a file of its shape.")] = None,
    model: Annotated[str, typer.Option(help="The model to measure.")] = "bundled",
    method: Annotated[str, typer.Option(help="sample, distinct or beam.")] = "beam",
    limit: Annotated[int, typer.Option(help="Take the first rows only; 0 takes all.")] = 0,
    every: Annotated[int, typer.Option(min=1, help="Take one of so many rows.")] = 1,
    seconds: Annotated[
        float, typer.Option(help="Of trying steps at a hover.")
    ] = DEFAULT_SUGGESTION_SECONDS,
    only: Annotated[
        list[str] | None, typer.Option(help="steps, goals, hover or servers; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure suggestions on development sets. Leave out a file to leave out its figures."""
    wanted = set(only or ("steps", "goals", "hover", "servers"))
    goal_rows = read_goals(goals)[::every][: limit or None] if goals else []
    step_rows: list[Step] = read_steps(steps)[::every][: limit or None] if steps else []
    report = Report()
    path = Path(str(bundled.__file__)).parent if model == "bundled" else Path(model)
    sources = {"model": lambda: model_suggestions(model, method), "static list": static_suggestions}
    for name, make in sources.items():
        suggest = make()
        if step_rows and "steps" in wanted:
            rows = track(step_rows, f"steps, {name}", console=console, transient=True)
            report.steps[name] = score_steps(rows, suggest)
        if goal_rows and "goals" in wanted:
            report.goals[name] = asyncio.run(score_on_goals(goal_rows, suggest, name))
    if goal_rows and "hover" in wanted:
        measured = asyncio.run(measure_hover(goal_rows, model, seconds))
        report.hover_milliseconds, report.hover_proved = measured
    if step_rows and "servers" in wanted:
        states = [step.state for step in step_rows[:64]]
        report.servers = asyncio.run(measure_servers(model, path, states))
    if as_json:
        print(json.dumps(asdict(report)))
    else:
        print_report(report)


if __name__ == "__main__":
    typer.run(main)
