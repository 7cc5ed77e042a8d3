"""`stepcheck judge --benchmark`: how well the judge judges labelled candidates."""

from collections import defaultdict
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from stepcheck.exit_codes import ExitCode
from stepcheck.server.judge.benchmark import benchmark
from stepcheck.server.judge.judgement import Judge


def measure(path: Path, code_judge: Judge, *, use_reference: bool, as_json: bool) -> None:
    """Judge every row of the file and print a table, or with `as_json` a line per row."""
    try:
        rows = benchmark.read_rows(path)
    except benchmark.BenchmarkError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    judged: dict[str, list[benchmark.JudgedRow]] = defaultdict(list)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("judging", total=len(rows))
        for one in benchmark.judge_rows(rows, code_judge, use_reference=use_reference):
            judged[one.row.language].append(one)
            if as_json:
                typer.echo(benchmark.to_record(one).model_dump_json())
            progress.advance(task)
    if not as_json:
        Console().print(_tabulate(judged))


def _tabulate(judged: dict[str, list[benchmark.JudgedRow]]) -> Table:
    table = Table("language", "labels", "rows", "coverage", "accuracy", "τ-b", "ρ")
    for language, some in sorted(judged.items()):
        for recomputed in (False, True):
            summary = benchmark.summarize(some, recomputed=recomputed)
            if summary.rows:
                table.add_row(
                    language,
                    "recomputed" if recomputed else "published",
                    str(summary.rows),
                    _figure(summary.coverage),
                    _figure(summary.accuracy),
                    _figure(summary.tau),
                    _figure(summary.rho),
                )
    return table


def _figure(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"
