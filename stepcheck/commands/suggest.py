"""`stepcheck suggest`: suggested steps for a place in a Lean file, each checked by Lean."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from stepcheck.client.local_server import choose_server
from stepcheck.client.server_client import ServerClient
from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.commands.lean_checker import run_with_checker
from stepcheck.commands.location import PLACE_HELP, Location, show_other_places
from stepcheck.commands.suggestion_display import report_as_json, show_report
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import StepChecker
from stepcheck.use_cases.checked_suggestions import StepSuggester
from stepcheck.use_cases.suggestion_query import SuggestionQuery


def suggest(
    places: Annotated[list[str], typer.Argument(metavar="PLACE…", help=PLACE_HELP)],
    prefix: Annotated[str, typer.Option(help="Every step begins with this text.")] = "",
    n: Annotated[
        int | None, typer.Option("--n", min=1, max=64, help="How many steps to ask for.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="How long to try what Lean proposes.")
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="Also show the steps that Lean did not accept, and why.")
    ] = False,
    own_server: Annotated[
        bool,
        typer.Option("--serve", help="Run a model server for this command alone; slower to begin."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per place.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Suggest the next proof step; only what Lean accepts is shown.

    The place is a tactic, which the step would stand before, a `sorry`, which it would replace, or
    a blank line of a proof. The model proposes steps, from `stepcheck serve` or by --serve; so do
    the goal itself, Lean's automation and theorems that resemble the goal.

    Exit status: 0 with a suggestion for every place, 1 without, 3 if the model server is
    missing and nothing else proposes a step, 4 if Lean is missing, 5 if there is no goal.

    Example: stepcheck suggest examples/Demo.lean:8 --prefix simp
    """
    locations = [Location.parse(place) for place in places]
    if len({location.file for location in locations}) > 1:
        raise typer.BadParameter("name places of one file; other files may need another Lean")
    settings = load_settings_or_exit(config)
    text = locations[0].read_text()
    output, errors = Console(), Console(stderr=True)

    async def use(checker: StepChecker) -> ExitCode:
        status = ExitCode.OK
        async with AsyncExitStack() as stack:
            client_settings = await stack.enter_async_context(
                choose_server(settings.client, own=own_server, config=config)
            )
            client = await stack.enter_async_context(ServerClient(client_settings))
            suggester = StepSuggester(checker, client)
            for location in locations:
                found = location.find(text)
                show_other_places(found, errors)
                query = SuggestionQuery(
                    found.position,
                    prefix,
                    n or settings.suggestion.n,
                    settings.suggestion.temperature,
                    seconds=seconds or settings.suggestion.seconds,
                )
                report = await suggester.suggest(query)
                if as_json:
                    typer.echo(report_as_json(report))
                else:
                    output.rule(f"{location.file}:{location.line}", align="left", style="dim")
                    show_report(report, output, rejected=show_all)
                for note in report.notes:
                    errors.print(Text(note.problem, "yellow"), Text(note.remedy), sep="\n")
                if report.notes and not report.steps:
                    return ExitCode.SERVER_UNREACHABLE
                if not report.shown:
                    status = ExitCode.NEGATIVE
        return status

    run_with_checker(settings, locations[0].file, errors, use)
