"""Compares methods of learning: python -m stepcheck.models.learning --data ROWS --out RESULTS."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from stepcheck.models.interface import ModelError
from stepcheck.models.learning.errors import LearningError

app = typer.Typer(add_completion=False)


@app.command()
def main(
    data: Annotated[list[Path], typer.Option(help="Rows of `stepcheck collect`.")],
    out: Annotated[Path, typer.Option(help="The folder of the results; goes on if there are any.")],
    plan: Annotated[Path | None, typer.Option(help="Arms, seeds and the share held back.")] = None,
    model: Annotated[str, typer.Option(help="The model that every arm begins with.")] = "bundled",
    threads: Annotated[int | None, typer.Option(min=1, help="Processors to use.")] = None,
) -> None:
    """Train every arm of a plan with every seed, and rank the steps of goals that are held back.

    Writes `results.json` after every run and `results.svg` at the end; the same command goes on
    with what is not done. Exit status: 0 when all is done, 2 if something cannot be used.
    """
    try:
        import torch

        from stepcheck.models.generation.device import choose_threads
        from stepcheck.models.learning.arms import load_plan
        from stepcheck.models.learning.data import read_rows
        from stepcheck.models.learning.experiment import run_experiment
        from stepcheck.models.learning.plot import draw
        from stepcheck.models.learning.results import table

        torch.set_num_threads(choose_threads(threads))
        chosen, rows = load_plan(plan), read_rows(data)
        if rows.preferences:
            raise LearningError("pairs have no verdicts to rank by: name rows of collect only")
        results = run_experiment(
            chosen, rows.checked, model, out, lambda told: typer.echo(told, err=True)
        )
        draw(results, out / "results.svg")
    except ImportError as error:
        _fail(f"{error.name} is not installed: pip install 'stepcheck[learn]'")
    except (LearningError, ModelError) as error:
        _fail(str(error))
    typer.echo("\n".join(table(results)))
    for run in results.runs:
        for line in (run.stopped, *run.notes):
            if line:
                typer.echo(f"{run.arm}, seed {run.seed}: {line}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"experiment: {message}", err=True)
    raise typer.Exit(2) from None


if __name__ == "__main__":
    app()
