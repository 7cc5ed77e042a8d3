"""`stepcheck learn from-use`: a model that learns from a person's own steps."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.commands.lean_checker import run_with_checker
from stepcheck.commands.learning_exit import exit_on_learning_error
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.written_tactics import written_tactics
from stepcheck.models.own_models import OwnModels
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.goal_files import (
    GoalFileError,
    explain_unreadable,
    lean_files,
    read_lean,
)
from stepcheck.use_cases.own_steps import OwnSteps, check_own_step, own_folder, own_models_folder
from stepcheck.use_cases.row_file import RowFileError


def from_use(
    enable: Annotated[
        bool, typer.Option("--enable", help="Agree that your editor keeps your steps, from now on.")
    ] = False,
    disable: Annotated[bool, typer.Option("--disable", help="Keep no more steps.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Print what is kept.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete all steps and all models tuned on them.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the model that served before.")
    ] = False,
    add: Annotated[
        list[Path] | None,
        typer.Option(help="Also keep the steps of finished proofs: a Lean file or a folder."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal runs.")] = 0,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Processors to use; default: half of them.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Tune the model on the steps that you write yourself.

    Once you have agreed with --enable, your editor's language server keeps every step of a saved
    Lean file that Lean accepts, with the suggestions that were shown there. They stay on this
    machine. Without an option, the model is tuned on them; it serves from the next start of
    `stepcheck serve` on, if it does better than the model before on your latest steps, which it has
    not seen.

    Exit status: 0 done, 1 the tuned model does no better, 2 there are too few steps, 4 Lean is
    missing, 6 the model cannot be loaded, 7 the folder is full or cannot be written.

    Example: stepcheck learn from-use --enable
    """
    if sum((enable, disable, show, forget, undo, bool(add))) > 1:
        raise typer.BadParameter("give one of these options at a time")
    settings = load_settings_or_exit(config)
    steps, models = OwnSteps(own_folder()), OwnModels(own_models_folder())
    try:
        if enable:
            steps.enable()
            typer.echo(f"Your steps are kept in {steps.folder}, on this machine alone.")
            if find_spec("trl") is None:
                typer.echo("To learn from them: pip install 'stepcheck[learn]'", err=True)
        elif disable:
            steps.disable()
            typer.echo("No more steps are kept. --forget deletes those that are.")
        elif show:
            _show(steps, models, settings.model.path)
        elif forget:
            steps.forget()
            models.forget()
            typer.echo("Deleted.")
        elif undo:
            _undo(models, settings.model.path)
        elif add:
            _add(steps, add, settings)
        else:
            _learn(steps, models, settings, seed=seed, threads=threads)
    except GoalFileError as error:
        typer.echo(f"stepcheck learn: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    except RowFileError as error:
        typer.echo(f"stepcheck learn: {error}", err=True)
        raise typer.Exit(ExitCode.FOLDER_UNUSABLE) from None
    except OSError as error:
        reason = error.strerror or error
        typer.echo(f"stepcheck learn: {steps.folder} cannot be used: {reason}", err=True)
        raise typer.Exit(ExitCode.FOLDER_UNUSABLE) from None


def _show(steps: OwnSteps, models: OwnModels, base: str) -> None:
    for step in steps.read():
        typer.echo(step.to_line(), nl=False)
    kept = "are" if steps.is_enabled else "are not"
    serving = models.serving(base) or base
    typer.echo(f"New steps {kept} kept in {steps.file}. Serving: {serving}.", err=True)


def _undo(models: OwnModels, base: str) -> None:
    try:
        before = models.undo(base)
    except LookupError:
        typer.echo(f"stepcheck learn: nothing to undo: {base} serves itself", err=True)
        raise typer.Exit(ExitCode.USAGE) from None
    typer.echo(f"{before or base} serves from the next start of `stepcheck serve` on.")


def _add(steps: OwnSteps, paths: Sequence[Path], settings: Settings) -> None:
    files = [file for path in paths for file in (lean_files(path) if path.is_dir() else [path])]
    if not files:
        raise typer.BadParameter("there is no Lean file")
    errors = Console(stderr=True)
    steps.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def use(checker: StepChecker) -> ExitCode:
        new = seen = 0
        for file in track(files, "checking", console=errors, transient=True):
            kept = []
            with explain_unreadable(file):
                text = read_lean(file)
            for tactic in written_tactics(text):
                seen += 1
                if (step := await check_own_step(checker, tactic, file)) is not None:
                    kept.append(step)
            new += steps.add(kept)
        typer.echo(f"{seen} steps read, {new} new ones kept.")
        return ExitCode.OK

    run_with_checker(settings, files[0], errors, use)


def _learn(
    steps: OwnSteps, models: OwnModels, settings: Settings, *, seed: int, threads: int | None
) -> None:
    with exit_on_learning_error("learn", "interrupted; what served before serves"):
        # Imported late: the other options should not wait for torch, nor need the extra.
        import torch

        from stepcheck.models.generation.device import choose_threads
        from stepcheck.models.learning.from_use import learn_from_use

        torch.set_num_threads(choose_threads(threads))
        rows = steps.read()
        learned = learn_from_use(
            settings.model.path,
            rows,
            models,
            seed=seed,
            tell=lambda text: typer.echo(text, err=True),
        )
        steps.mark_learned(len(rows))
    told = f"{learned.steps} steps learned from in {learned.seconds:.0f} s"
    if learned.model is None:
        typer.echo(f"{told}; the tuned model does no better and is not used.")
        raise typer.Exit(ExitCode.NEGATIVE)
    typer.echo(
        f"{told}; the tuned model does better: it serves from the next start of `stepcheck serve` "
        "on. `stepcheck learn from-use --undo` goes back."
    )
