"""`stepcheck learn METHOD`: tune a model on what was accepted and what was refused."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as ProgressBar

from stepcheck.commands.learn_from_use import from_use
from stepcheck.commands.learning_exit import exit_on_learning_error
from stepcheck.models.learning.recipe import Method, load_recipe

if TYPE_CHECKING:
    from stepcheck.models.learning.trainer_run import Task
    from stepcheck.models.learning.watch import Progress, Report

learn_app = typer.Typer(no_args_is_help=True)

_DESCRIPTIONS: dict[Method, str] = {
    "sft": "Imitate every accepted step.",
    "rejection-sampling": "Imitate the model's own accepted steps.",
    "dpo": "Learn to prefer accepted steps to refused ones.",
    "facttune": "Learn to prefer the better of the model's own steps, by the recipe's score.",
}


@learn_app.callback()
def learn() -> None:
    """Tune a model on steps that were checked, or on those that you write yourself.

    `stepcheck iterate` learns in rounds.
    """


def _learning_command(method: Method) -> Callable[..., None]:
    """Make the command of a method."""

    def command(
        data: Annotated[
            list[Path],
            typer.Option(help="Rows of `stepcheck collect`: .jsonl, .jsonl.xz, .parquet."),
        ],
        out: Annotated[Path, typer.Option(help="The folder to write; `serve --model` takes it.")],
        model: Annotated[
            str,
            typer.Option(help="The folder of the model to begin with; default: the bundled one."),
        ] = "bundled",
        adapter: Annotated[
            Path | None, typer.Option(help="An adapter of that model to begin with.")
        ] = None,
        recipe: Annotated[
            Path | None, typer.Option(help="A recipe (TOML) in place of the method's own.")
        ] = None,
        seed: Annotated[int, typer.Option(help="Equal seeds give equal runs.")] = 0,
        resume: Annotated[
            bool, typer.Option("--resume", help="Go on from the last checkpoint in --out.")
        ] = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only say what it would take.")
        ] = False,
        threads: Annotated[
            int | None, typer.Option(min=1, help="Processors to use; default: half of them.")
        ] = None,
    ) -> None:
        goes_on = "interrupted; --resume goes on from the last checkpoint"
        with exit_on_learning_error("learn", goes_on):
            # Imported late: the other commands should not wait for torch, nor need the extra.
            import torch

            from stepcheck.models.generation.device import choose_threads
            from stepcheck.models.learning.base import load_base
            from stepcheck.models.learning.data import read_rows
            from stepcheck.models.learning.estimate import estimate
            from stepcheck.models.learning.methods import LEARNING_METHODS
            from stepcheck.models.learning.trainer_run import RunOptions

            torch.set_num_threads(choose_threads(threads))
            settings, rows = load_recipe(method, recipe), read_rows(data)
            base = load_base(model, adapter)
            chosen = LEARNING_METHODS[method]
            task = chosen.prepare(base, rows, settings, seed)
            _show_counts(task)
            if dry_run:
                _show_notes(task)
                cost = estimate(base, task)
                typer.echo(
                    f"{cost.steps} steps, {cost.tokens} tokens, about "
                    f"{cost.memory / 2**30:.1f} GiB and {cost.seconds / 60:.1f} minutes on "
                    f"{torch.get_num_threads()} threads"
                )
                return
            with _progress() as report:
                result = chosen.train(base, task, RunOptions(out, seed, resume, report))
            typer.echo(
                f"{out}: learned in {result.seconds:.0f} s, {result.tokens_per_second:.0f} "
                f"tokens/s. Use it with: stepcheck serve --model {out}"
            )
            _show_notes(task)

    command.__doc__ = f"""{_DESCRIPTIONS[method]}

    A step without a verdict teaches nothing.

    Exit status: 0 learned, 1 an alarm stopped the run, 2 the data or the recipe is wrong, 6 the
    model cannot be loaded, 7 the folder is full or cannot be written.

    Example: stepcheck learn {method} --data steps.jsonl --out my-model
    """
    return command


for _method in _DESCRIPTIONS:
    learn_app.command(_method)(_learning_command(_method))
learn_app.command("from-use")(from_use)


def _show_counts(task: "Task") -> None:
    typer.echo(f"{len(task.rows)} rows to learn from")
    for name, count in task.counts.items():
        if count:
            typer.echo(f"  {name.replace('_', ' ')}: {count}")


def _show_notes(task: "Task") -> None:
    for note in task.notes:
        typer.echo(note)


@contextmanager
def _progress() -> Iterator["Report"]:
    """Show a bar on stderr; give what it is told with."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with ProgressBar(*columns, console=Console(stderr=True)) as bar:
        shown = bar.add_task("learning", total=None, told="")

        def report(progress: "Progress") -> None:
            change = progress.chosen_change
            chosen = "" if change is None else f", chosen {change:+.2f} nats"
            bar.update(
                shown,
                total=progress.steps,
                completed=progress.step,
                told=f"{progress.step}/{progress.steps} loss {progress.loss:.3f}{chosen}, "
                f"{progress.seconds_left:.0f} s left",
            )

        yield report
