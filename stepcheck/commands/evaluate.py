"""`stepcheck evaluate`: how many goals are proved, or recorded steps found, and how fast."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stepcheck.client.model_client import own_model_client
from stepcheck.commands.error_exit import exit_on_error, load_settings_or_exit
from stepcheck.commands.evaluation_display import show_summary
from stepcheck.commands.goals import goals_or_exit
from stepcheck.exit_codes import ExitCode
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.evaluation.dojo import (
    DojoEvaluator,
    DojoTheorem,
    load_dojo,
    read_dojo_theorems,
)
from stepcheck.use_cases.evaluation.evaluation import evaluate_all, known_results
from stepcheck.use_cases.evaluation.evaluators import (
    MatchEvaluator,
    make_goal_evaluator,
    warm_up,
)
from stepcheck.use_cases.evaluation.options import EvaluationOptions, EvaluationOptionsError
from stepcheck.use_cases.evaluation.recorded_steps import RecordedStep, read_recorded_steps
from stepcheck.use_cases.evaluation.results import (
    EvaluationConditions,
    EvaluationMethod,
    EvaluationResult,
)
from stepcheck.use_cases.evaluation.summary import summarise
from stepcheck.use_cases.goal_files import GoalFileError, OpenGoal
from stepcheck.use_cases.lean_checker import start_checkers
from stepcheck.use_cases.row_file import RowFile

Item = TypeVar("Item")

_FOR_STEPS = "Recorded steps (rows with state and tactic, LeanDojo's JSON): --method match"


def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES…",
            help="Lean files, JSON lines of statements; for match recorded steps, LeanDojo's JSON; "
            "for dojo LeanDojo's JSON.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="The results, as JSON lines; appended to if it is there.")
    ],
    method: Annotated[
        EvaluationMethod, typer.Option(help="What is done with each goal.")
    ] = EvaluationMethod.STEP,
    model: Annotated[
        str, typer.Option(help="The model that proposes: a folder, or bundled.")
    ] = "bundled",
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=600,
            help="Of step and search, as in the settings; of each step of dojo, 60.",
        ),
    ] = None,
    k: Annotated[str, typer.Option("--k", help="Numbers of steps: not of search.")] = "1,5,10",
    n: Annotated[
        int | None,
        typer.Option("--n", min=1, max=1000, help="Steps to ask the model for; draws of sample."),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.01, max=4, help="Of sample; default: the settings'.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of sample.")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="Take the first goals only; 0: all.")] = 0,
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Goals at once; more of them make each slower.")
    ] = 1,
    project: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Whose Lean checks; default: the files'."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, no table.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Measure on many goals how often a model and Lean prove them, and how fast.

    `step` asks for suggestions and looks at those shown, `search` looks for whole proofs, `sample`
    draws steps of the model independently (pass@k), `match` compares its steps with recorded ones,
    without Lean, `dojo` lets lean-dojo try them where it has traced a repository. Whatever ends the
    command, results stay; the same command goes on behind them.

    Exit status: 0 when all goals are done, 2 if a file or an option is wrong, 3 if the model cannot
    be asked and 4 if Lean is missing, 5 if Lean could open none of the goals, 6 if the model
    cannot be loaded, 7 if the results cannot be written.

    Example: stepcheck evaluate goals.jsonl.xz --out results.jsonl --method search --seconds 10
    """
    settings = load_settings_or_exit(config)
    ks = _parse_ks(k)
    options = EvaluationOptions(method, ks, model, n, seconds, temperature, seed)
    conditions = _conditions_or_exit(options, settings)
    goals: list[OpenGoal] = []
    steps: list[RecordedStep] = []
    theorems: list[DojoTheorem] = []
    match method:
        case EvaluationMethod.MATCH:
            steps = _read_or_exit(files, read_recorded_steps)[: limit or None]
        case EvaluationMethod.DOJO:
            theorems = _read_or_exit(files, read_dojo_theorems)[: limit or None]
        case _:
            goals = goals_or_exit(files, project, _FOR_STEPS)[: limit or None]
    keys = {item.key for item in goals} | {item.key for item in steps}
    keys |= {item.key for item in theorems}
    errors = Console(stderr=True)

    async def run() -> list[EvaluationResult]:
        with RowFile.open(out, EvaluationResult) as file:
            results = [each for each in known_results(out, conditions) if each.key in keys]
            if len(results) == len(keys):
                return results
            async with AsyncExitStack() as stack:
                library = load_dojo() if theorems else None
                with errors.status("starting the model …"):
                    own = own_model_client(settings, model, config)
                    client = await stack.enter_async_context(own)
                evaluators = [MatchEvaluator(client, conditions)] * workers
                checking = []
                if goals:
                    with errors.status("starting Lean …"):
                        where = project / "Goals.lean" if project else files[0]
                        started = start_checkers(settings.lean, where, workers)
                        checkers = await stack.enter_async_context(started)
                        await warm_up(checkers, goals)
                    checking = [make_goal_evaluator(each, client, conditions) for each in checkers]
                progress = stack.enter_context(_progress(errors))
                task = progress.add_task("", total=len(keys), completed=len(results), told="")

                def report(result: EvaluationResult) -> None:
                    results.append(result)
                    told = f"{sum(each.is_solved for each in results):,} solved"
                    progress.update(task, completed=len(results), told=told)

                await evaluate_all(goals, checking, conditions, file, report)
                await evaluate_all(steps, evaluators, conditions, file, report)
                if library is not None:
                    in_dojo = [DojoEvaluator(library, client, conditions)]
                    await evaluate_all(theorems, in_dojo, conditions, file, report)
            return results

    with exit_on_error():
        results = asyncio.run(run())
    summary = summarise(results, conditions, ks)
    if as_json:
        typer.echo(summary.model_dump_json())
    else:
        show_summary(summary, Console(), errors)
    if not summary.goals:
        raise typer.Exit(ExitCode.NO_GOAL)


def _parse_ks(text: str) -> tuple[int, ...]:
    try:
        ks = tuple(sorted({int(each) for each in text.split(",")}))
    except ValueError:
        raise typer.BadParameter(f"--k {text}: numbers with commas, such as 1,5,10") from None
    if ks[0] < 1:
        raise typer.BadParameter(f"--k {text}: numbers from 1 on")
    return ks


def _conditions_or_exit(options: EvaluationOptions, settings: Settings) -> EvaluationConditions:
    try:
        return options.to_conditions(settings)
    except EvaluationOptionsError as error:
        raise typer.BadParameter(str(error)) from None


def _read_or_exit(files: list[Path], read: Callable[[Path], Sequence[Item]]) -> list[Item]:
    try:
        return [item for file in files for item in read(file)]
    except GoalFileError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None


def _progress(errors: Console) -> Progress:
    told = TextColumn("{task.fields[told]}")
    columns = (BarColumn(), MofNCompleteColumn(), told, TimeRemainingColumn())
    return Progress(*columns, console=errors, transient=True)
