"""`stepcheck lean run`: a Lean file with the tactics in it, and what the infoview would show."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from stepcheck.bridge.bridge import answered_folder
from stepcheck.client.local_server import choose_server
from stepcheck.commands.error_exit import exit_on_error, load_settings_or_exit
from stepcheck.commands.location import read_lean_file
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import memory_limit_of
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.whole_file import FILE_SECONDS, FileNotCheckedError, check_file
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.lean_checker import choose_lean

_STYLES = {
    MessageSeverity.ERROR: "bold red",
    MessageSeverity.WARNING: "yellow",
    MessageSeverity.INFORMATION: "cyan",
}


def run(
    file: Annotated[Path, typer.Argument(help="A Lean file; it may `import LLMstep`.")],
    own_server: Annotated[
        bool,
        typer.Option("--serve", help="Run a model server for this command alone."),
    ] = False,
    seconds: Annotated[
        float, typer.Option("--timeout", min=1, help="Seconds that Lean may take.")
    ] = FILE_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Let Lean read FILE and print its messages: what an infoview would show.

    The file may use the tactics of the package (`import LLMstep`), which is compiled for the Lean
    at hand if it is not yet. The model server answers them: `stepcheck serve`, or --serve.

    Exit status: 0 without an error in the file, 1 with one, 2 if it cannot be read, 3 if the model
    server and 4 if Lean is missing.

    Example: stepcheck lean run --serve examples/Tactic.lean
    """
    settings = load_settings_or_exit(config)
    text = read_lean_file(file)
    errors = Console(stderr=True)
    with exit_on_error():
        task = _LeanTask(file, text, seconds)
        messages = asyncio.run(_read(task, settings, own_server, config, errors))
    if as_json:
        typer.echo(json.dumps([asdict(message) for message in messages], ensure_ascii=False))
    else:
        _show(file, messages, Console())
    if any(message.severity is MessageSeverity.ERROR for message in messages):
        raise typer.Exit(ExitCode.NEGATIVE)


@dataclass(frozen=True, slots=True)
class _LeanTask:
    """The text of a file, and how many seconds Lean may take for it."""

    file: Path
    text: str
    seconds: float


async def _read(
    task: _LeanTask, settings: Settings, own_server: bool, config: Path | None, errors: Console
) -> Sequence[LeanMessage]:
    """Return Lean's messages about a file."""
    with errors.status("looking for Lean …") as status:
        lean = await asyncio.to_thread(choose_lean, settings.lean, task.file)
        async with AsyncExitStack() as stack:
            if own_server:
                status.update("loading the model …")
            client = await stack.enter_async_context(
                choose_server(settings.client, own=own_server, config=config)
            )
            spool = await stack.enter_async_context(answered_folder(client))
            status.update("compiling the package …")
            command = await asyncio.to_thread(lean.package_file_command, spool)
            status.update(f"Lean reads {task.file.name} …")
            try:
                return await check_file(command, memory_limit_of(lean), task.text, task.seconds)
            except FileNotCheckedError as error:
                typer.echo(f"stepcheck lean run: {error}", err=True)
                raise typer.Exit(ExitCode.LEAN_UNAVAILABLE) from None


def _show(file: Path, messages: Sequence[LeanMessage], console: Console) -> None:
    for message in sorted(messages, key=lambda message: (message.line, message.column)):
        place = f"{file}:{message.line}:{message.column}"
        heading = Text.assemble((place, "dim"), " ", (message.severity, _STYLES[message.severity]))
        console.print(heading, soft_wrap=True)
        console.print(Text(message.text.rstrip()), soft_wrap=True)
        console.print()
