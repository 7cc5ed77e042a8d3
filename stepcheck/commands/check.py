"""`stepcheck check`: what Lean says of a step at a place in a file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.commands.lean_checker import run_with_checker
from stepcheck.commands.location import PLACE_HELP, Location, show_other_places
from stepcheck.commands.suggestion_display import show_goals, show_verdict
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.recheck import VerifiedStep
from stepcheck.lean.verdict import CheckedStep


def check(
    place: Annotated[str, typer.Argument(metavar="PLACE", help=PLACE_HELP)],
    steps: Annotated[list[str], typer.Option("--step", help="A step; may be given repeatedly.")],
    whole_file: Annotated[
        bool,
        typer.Option(
            "--whole-file", help="Elaborate the file with each accepted step, from its beginning."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per step.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Check proof steps at a place in a Lean file; needs no model server.

    Exit status: 0 if Lean accepts every step, 1 if not, 4 without Lean, 5 without a goal.

    Example: stepcheck check examples/Demo.lean:8 --step omega --step simp
    """
    location = Location.parse(place)
    settings = load_settings_or_exit(config)
    text = location.read_text()
    output, errors = Console(), Console(stderr=True)

    async def use(checker: StepChecker) -> ExitCode:
        found = location.find(text)
        show_other_places(found, errors)
        position = found.position
        status = ExitCode.OK
        for checked in await checker.check(position, steps):
            verified = None
            if whole_file and checked.verdict.is_shown:
                verified = await checker.verify(position, checked.step)
            if as_json:
                typer.echo(_as_json(checked, verified))
            else:
                _show(checked, verified, output)
            accepted = checked.verdict.is_shown and (verified is None or verified.verdict.is_shown)
            if not accepted:
                status = ExitCode.NEGATIVE
        return status

    run_with_checker(settings, location.file, errors, use)


def _show(checked: CheckedStep, verified: VerifiedStep | None, output: Console) -> None:
    output.print(show_verdict(checked.verdict), Text(checked.step, "bold"))
    if checked.message:
        output.print(Text(checked.message, "dim"))
    output.print(show_goals(checked.goals), end="")
    if verified is not None:
        output.print("in the whole file:", show_verdict(verified.verdict), Text(verified.reason))
        for message in verified.messages:
            output.print(Text(f"  {message.line}:{message.column} {message.text}", "dim"))


def _as_json(checked: CheckedStep, verified: VerifiedStep | None) -> str:
    return json.dumps(
        {**asdict(checked), "whole_file": None if verified is None else asdict(verified)},
        ensure_ascii=False,
    )
