"""`stepcheck collect`: steps tried on many goals, kept as rows to learn from."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from stepcheck.commands.error_exit import exit_on_error, load_settings_or_exit
from stepcheck.commands.goals import goals_or_exit
from stepcheck.exit_codes import ExitCode
from stepcheck.models.collected_steps import CollectedStep
from stepcheck.use_cases.collection.collection import Collected, collect_goals
from stepcheck.use_cases.collection.goal_worker import CollectionPlan, GoalWorker
from stepcheck.use_cases.collection.ray_workers import ClusterError, start_ray_workers
from stepcheck.use_cases.collection.remote_worker import WorkerDescription
from stepcheck.use_cases.parquet_file import open_row_file

MOST_NAMED = 5


def collect(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES…", help="Lean files, folders of them, or JSON lines of statements."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(help="The rows: .parquet, or JSON lines; appended to if it is there."),
    ],
    model: Annotated[
        str | None,
        typer.Option(help="Let this model propose, too: a folder, or bundled; starts a server."),
    ] = None,
    server: Annotated[
        bool, typer.Option("--server", help="Let the model of the running server propose, too.")
    ] = False,
    n: Annotated[int, typer.Option("--n", min=1, max=64, help="Steps to ask the model for.")] = 32,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Lean processes.")] = 1,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Workers on the machines of a Ray cluster: HOST:PORT, auto for the one of this "
            "machine, local to start one.",
        ),
    ] = None,
    heartbeats: Annotated[
        int, typer.Option(min=1, help="Of a step, in Lean's maxHeartbeats units.")
    ] = 40_000,
    milliseconds: Annotated[int, typer.Option(min=1, help="Of a step, wall clock.")] = 1_500,
    limit: Annotated[int, typer.Option(min=0, help="Take the first goals only; 0: all.")] = 0,
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Try a random share of what is proposed.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Of that share.")] = 0,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Try on every goal what is proposed for it, and write a row for each step.

    Goals are the open places (`sorry`) of Lean files, and statements as in goals-dev and miniF2F.
    Lean proposes the steps, and a model if you name one. Whatever ends the command, complete goals
    stay; the same command goes on behind them.

    Exit status: 0 when all goals are done, 2 if a file is wrong, 3 if the model server or Ray and
    4 if Lean is missing, 5 if Lean could open none of the goals, 6 if the model cannot
    be loaded, 7 if the rows cannot be written.

    Example: stepcheck collect goals.jsonl.xz --out rows.jsonl --workers 2
    """
    settings = load_settings_or_exit(config)
    goals = goals_or_exit(files)[: limit or None]
    lean = settings.lean.model_copy(
        update={"heartbeats": heartbeats, "milliseconds_per_candidate": milliseconds}
    )
    description = WorkerDescription(
        settings.model_copy(update={"lean": lean}),
        files[0].resolve(),
        CollectionPlan(share, seed, n),
        str(Path(model).resolve()) if model and Path(model).is_dir() else model,
        server,
        config.resolve() if config else None,
    )
    errors = Console(stderr=True)
    problems: list[str] = []

    async def run() -> Collected:
        nonlocal problems
        with open_row_file(out, CollectedStep) as rows:
            if rows.done.issuperset(goal.key for goal in goals):
                return await collect_goals(goals, (), rows)
            async with AsyncExitStack() as stack:
                each: Sequence[GoalWorker]
                if ray is None:
                    with errors.status("starting Lean …"):
                        each = await stack.enter_async_context(description.start(workers))
                else:
                    with errors.status("starting Ray …"):
                        started = start_ray_workers(ray, description, workers)
                        pool = await stack.enter_async_context(started)
                    each, problems = [pool] * workers, pool.problems
                with _progress(errors) as progress:
                    task = progress.add_task("", total=len(goals), told="")

                    def show(now: Collected) -> None:
                        told = f"{now.steps:,} steps, {now.proofs:,} proofs"
                        progress.update(task, completed=now.over, total=now.total, told=told)

                    return await collect_goals(goals, each, rows, show)

    with exit_on_error():
        try:
            collected = asyncio.run(run())
        except ClusterError as error:
            typer.echo(f"stepcheck: {error}", err=True)
            raise typer.Exit(ExitCode.SERVER_UNREACHABLE) from None
    for problem in dict.fromkeys(problems):
        errors.print(Text(f"A worker could not be started: {problem}", "yellow"), soft_wrap=True)
    _tell(collected, out, errors)
    if collected.skipped and not collected.before and not collected.goals:
        raise typer.Exit(ExitCode.NO_GOAL)


def _progress(errors: Console) -> Progress:
    told = TextColumn("{task.fields[told]}")
    columns = (BarColumn(), MofNCompleteColumn(), told, TimeRemainingColumn())
    return Progress(*columns, console=errors, transient=True)


def _tell(collected: Collected, out: Path, errors: Console) -> None:
    """Say what was collected, and which goals Lean could not open."""
    kept = f"; {collected.before:,} goals were there" if collected.before else ""
    typer.echo(
        f"{collected.goals:,} goals, {collected.steps:,} steps tried, "
        f"{collected.proofs:,} of them proofs{kept}: {out}"
    )
    for name, problem in list(collected.skipped.items())[:MOST_NAMED]:
        errors.print(Text(f"{name}: {problem}", "yellow"), soft_wrap=True)
    if len(collected.skipped) > MOST_NAMED:
        errors.print(f"{len(collected.skipped)} goals could not be opened in all.")
