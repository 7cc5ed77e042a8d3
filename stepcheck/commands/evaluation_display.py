"""The figures of an evaluation, as a person reads them."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stepcheck.use_cases.evaluation.results import EvaluationMethod
from stepcheck.use_cases.evaluation.summary import EvaluationSummary, NamedProblem

MOST_NAMED = 5

_SOLVED = {
    EvaluationMethod.STEP: "proved by a step shown",
    EvaluationMethod.SEARCH: "proved by a search",
    EvaluationMethod.SAMPLE: "proved by a draw",
    EvaluationMethod.MATCH: "matched by a step",
    EvaluationMethod.DOJO: "proved by a step",
}
_AT = {
    EvaluationMethod.STEP: "proved by the first",
    EvaluationMethod.SAMPLE: "pass@",
    EvaluationMethod.MATCH: "matched by the first",
    EvaluationMethod.DOJO: "proved by the first",
}


def show_summary(summary: EvaluationSummary, output: Console, errors: Console) -> None:
    """Print a table, and name the goals that could not be opened."""
    conditions = summary.conditions
    table = Table("", "", title=f"{conditions.method}, {conditions.model}", show_header=False)
    table.add_row("goals", f"{summary.goals:,}")
    table.add_row("not opened", f"{len(summary.unopened):,}")
    table.add_row(_SOLVED[conditions.method], f"{summary.solved:,}")
    if summary.share is not None and summary.interval is not None:
        interval = f"{summary.interval.low:.1%} – {summary.interval.high:.1%}"
        table.add_row("share, 95 % interval", f"{summary.share:.1%} ({interval})")
    for each in summary.at:
        separator = "" if conditions.method is EvaluationMethod.SAMPLE else " "
        table.add_row(f"{_AT[conditions.method]}{separator}{each.k}", f"{each.share:.1%}")
    if summary.p50 is not None and summary.p95 is not None:
        table.add_row("time p50, p95", f"{summary.p50:,.0f} ms, {summary.p95:,.0f} ms")
    output.print(table)
    _name("could not be opened", summary.unopened, errors)
    _name("were hindered", summary.hindered, errors)
    if summary.unopened and not summary.goals:
        errors.print("If they need libraries, name a project that has them: --project FOLDER")


def _name(what: str, problems: Sequence[NamedProblem], errors: Console) -> None:
    for each in problems[:MOST_NAMED]:
        first_line = each.problem.partition("\n")[0]
        errors.print(Text(f"{each.name}: {first_line}", "yellow"), soft_wrap=True)
    if len(problems) > MOST_NAMED:
        errors.print(f"{len(problems)} goals {what} in all.")
