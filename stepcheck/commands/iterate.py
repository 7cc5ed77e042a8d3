"""`stepcheck iterate`: expert iteration, rounds of proving goals and learning from the proofs."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from stepcheck.commands.error_exit import exit_on_error, load_settings_or_exit
from stepcheck.commands.goals import goals_or_exit
from stepcheck.commands.learning_exit import exit_on_learning_error
from stepcheck.use_cases.collection.goal_worker import GoalWorker
from stepcheck.use_cases.collection.remote_worker import WorkerDescription
from stepcheck.use_cases.collection.sampling_worker import SamplingPlan

if TYPE_CHECKING:
    from stepcheck.models.learning.watch import Progress as LearningProgress
    from stepcheck.use_cases.collection.collection import Collected


def iterate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES…", help="Lean files, folders of them, or JSON lines of statements."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder of the rounds; goes on if there are any.")],
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds in all.")] = 3,
    model: Annotated[
        str, typer.Option(help="The folder of the model to begin with; default: the bundled one.")
    ] = "bundled",
    n: Annotated[int, typer.Option("--n", min=1, max=64, help="Draws for each goal.")] = 32,
    temperature: Annotated[float, typer.Option(min=0.01, max=4, help="Of the draws.")] = 1.0,
    without_verdicts: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The control: teach as many tokens as the rounds in this folder did, of steps "
            "that were drawn alike and not checked.",
        ),
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A recipe (TOML) in place of the one that comes with it.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal rounds.")] = 0,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Lean processes.")] = 1,
    heartbeats: Annotated[
        int, typer.Option(min=1, help="Of a step, in Lean's maxHeartbeats units.")
    ] = 40_000,
    milliseconds: Annotated[int, typer.Option(min=1, help="Of a step, wall clock.")] = 1_500,
    limit: Annotated[int, typer.Option(min=0, help="Take the first goals only; 0: all.")] = 0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processors to learn on; default: half of them.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Let a model draw steps for goals, teach it those that prove them, and begin again.

    Every round begins with the first model and teaches the proofs of all rounds so far. Its rows
    and its model stay in its folder. Whatever ends the command, the same command goes on.

    Exit status: 0 when all rounds are done, 1 an alarm stopped learning, 2 a file or the recipe is
    wrong, or nothing was proved, 3 the model server and 4 Lean is missing, 6 the model cannot be
    loaded, 7 the folder is full or cannot be written.

    Example: stepcheck iterate goals.jsonl.xz --out rounds --rounds 3
    """
    settings = load_settings_or_exit(config)
    goals = goals_or_exit(files)[: limit or None]
    lean = settings.lean.model_copy(
        update={"heartbeats": heartbeats, "milliseconds_per_candidate": milliseconds}
    )
    settings = settings.model_copy(update={"lean": lean})

    @asynccontextmanager
    async def start(name: str, plan: SamplingPlan) -> AsyncIterator[Sequence[GoalWorker]]:
        description = WorkerDescription(settings, files[0], plan, name, config=config)
        async with description.start(workers) as started:
            yield started

    with (
        exit_on_error(),
        exit_on_learning_error("iterate", "interrupted; the same command goes on"),
    ):
        # Imported late: the other commands should not wait for torch, nor need the extra.
        import torch

        from stepcheck.models.generation.device import choose_threads
        from stepcheck.models.learning.recipe import load_recipe
        from stepcheck.use_cases.expert_iteration import Iteration, IterationConditions

        torch.set_num_threads(choose_threads(threads))
        conditions = IterationConditions(
            goals=IterationConditions.key_of_goals(goals),
            model=model,
            recipe=load_recipe("expert-iteration", recipe),
            seed=seed,
            n=n,
            temperature=temperature,
            heartbeats=heartbeats,
            milliseconds=milliseconds,
            unchecked=without_verdicts is not None,
        )
        iteration = Iteration(goals, conditions, out, start, without_verdicts)
        with _Bar.open() as bar:
            done = iteration.run(rounds, bar.collected, bar.learned)
    for each in done:
        proved = f", {each.proofs:,} of them proofs of {each.proved:,} goals"
        typer.echo(
            f"round {each.number}: {each.steps:,} steps for {each.goals:,} goals"
            f"{'' if conditions.unchecked else proved}; "
            f"{each.taught:,} taught ({each.tokens:,} tokens)"
        )
    typer.echo(f"Use it with: stepcheck serve --model {out / f'round-{rounds}' / 'model'}")


class _Bar:
    """A bar on stderr that shows what a round is at."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, told="")

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["_Bar"]:
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield cls(progress)

    def collected(self, number: int, now: "Collected") -> None:
        told = f"round {number}: {now.proofs:,} proofs"
        self._progress.update(self._task, completed=now.over, total=now.total, told=told)

    def learned(self, now: "LearningProgress") -> None:
        told = f"learning, loss {now.loss:.3f}"
        self._progress.update(self._task, completed=now.step, total=now.steps, told=told)
