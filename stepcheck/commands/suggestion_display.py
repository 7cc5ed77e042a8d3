"""Display of checked steps, in a terminal and as JSON."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from stepcheck.lean.proposal import ProposalSource
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict
from stepcheck.use_cases.checked_suggestions import SuggestionReport

_MARKS: Mapping[StepVerdict, tuple[str, str]] = {
    StepVerdict.PROVED: ("✓", "bold green"),
    StepVerdict.PROGRESS: ("→", "cyan"),
    StepVerdict.NO_PROGRESS: ("=", "yellow"),
    StepVerdict.REJECTED: ("✗", "red"),
    StepVerdict.UNSOUND: ("!", "bold red"),
    StepVerdict.TIMEOUT: ("⏱", "yellow"),
    StepVerdict.UNKNOWN: ("?", "yellow"),
}


def show_verdict(verdict: StepVerdict) -> Text:
    """Return a verdict's mark and word in its colour."""
    mark, style = _MARKS[verdict]
    return Text(f"{mark} {verdict}", style)


def show_goals(goals: Iterable[str]) -> Group:
    """Return goals as Lean prints them, a blank line between two."""
    return Group(*(Text(goal + "\n") for goal in goals))


def show_outcome(checked: CheckedStep) -> RenderableType:
    """Return what remains after a step, or why it is not accepted."""
    if not checked.goals:
        return Text(checked.message, "dim")
    targets = [Text("⊢ " + goal.rpartition("⊢")[2].strip()) for goal in checked.goals]
    return Group(*targets)


def show_steps(steps: Iterable[RankedStep]) -> Table:
    """Return a table of steps: verdict, step, what remains, and where it comes from."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("verdict", no_wrap=True)
    table.add_column("step", overflow="fold")
    table.add_column("remaining goals", overflow="fold")
    table.add_column("from", no_wrap=True)
    for ranked in steps:
        checked = ranked.checked
        table.add_row(
            show_verdict(checked.verdict),
            Text(checked.step, "bold" if checked.verdict is StepVerdict.PROVED else ""),
            show_outcome(checked),
            show_source(ranked),
        )
    return table


def show_source(ranked: RankedStep) -> Text:
    """Return who proposed a step, and the model's score where it is the model's."""
    if ranked.source is ProposalSource.MODEL:
        return Text(f"{ranked.source} {ranked.score:.2f}")
    return Text(str(ranked.source))


def show_report(report: SuggestionReport, console: Console, *, rejected: bool) -> None:
    """Print the goals, the steps, how many were not shown, and how long it took."""
    console.print(show_goals(report.goals))
    steps = report.steps if rejected else report.shown
    if steps:
        console.print(show_steps(steps))
    elif report.steps:
        console.print("None of the suggested steps works here.", style="yellow")
    if report.hidden and not rejected:
        counts = ", ".join(f"{count} {verdict}" for verdict, count in report.hidden.items())
        console.print(f"not shown: {counts}  (--all shows them)", style="dim")
    if report.timing is not None:
        timing = report.timing
        untried = f", {report.untried} not tried" if report.untried else ""
        model = f", {report.model} after {timing.generated:.0f} ms" if report.model else ""
        console.print(
            f"{len(report.steps)} steps checked in {timing.checked:.0f} ms{untried} "
            f"(goals after {timing.opened:.0f} ms{model})",
            style="dim",
        )


def report_as_json(report: SuggestionReport) -> str:
    """Return a report as one JSON object."""
    return json.dumps(
        {
            "goals": report.goals,
            "model": report.model,
            "suggestions": [
                {**asdict(ranked.checked), "score": ranked.score, "source": ranked.source}
                for ranked in report.steps
            ],
            "untried": report.untried,
            "notes": [asdict(note) for note in report.notes],
            "timing": None if report.timing is None else asdict(report.timing),
        },
        ensure_ascii=False,
    )
