"""`stepcheck lean run`: a Lean file with the tactics in it, and what the infoview would show."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from stepcheck.assistant import choose_lean
from stepcheck.bridge import Bridge
from stepcheck.client import SuggestionClient
from stepcheck.commands.location import read_lean_file
from stepcheck.commands.session import exit_on_error, load_settings_or_exit
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import memory_limit_of
from stepcheck.lean.protocol import LeanMessage, MessageSeverity
from stepcheck.lean.whole_file import FILE_SECONDS, FileNotCheckedError, check_file
from stepcheck.local_server import run_local_server
from stepcheck.settings import ClientSettings, Settings
from stepcheck.spool import Spool

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
    arguments = ("--config", str(config)) if config else ()
    errors = Console(stderr=True)
    with exit_on_error():
        messages = asyncio.run(
            _read(file, text, settings, arguments if own_server else None, seconds, errors)
        )
    if as_json:
        typer.echo(json.dumps([asdict(message) for message in messages], ensure_ascii=False))
    else:
        _show(file, messages, Console())
    if any(message.severity is MessageSeverity.ERROR for message in messages):
        raise typer.Exit(ExitCode.NEGATIVE)


async def _read(
    file: Path,
    text: str,
    settings: Settings,
    serve: Sequence[str] | None,
    seconds: float,
    errors: Console,
) -> Sequence[LeanMessage]:
    """Return Lean's messages; `serve` holds the arguments of an own server, if one is wanted."""
    with errors.status("looking for Lean …") as status:
        lean = await asyncio.to_thread(choose_lean, settings.lean, file)
        async with AsyncExitStack() as stack:
            client = settings.client
            if serve is not None:
                status.update("loading the model …")
                url = await stack.enter_async_context(run_local_server(*serve))
                client = client.model_copy(update={"server_url": url})
            spool = await stack.enter_async_context(_answered_folder(client))
            status.update("compiling the package …")
            command = await asyncio.to_thread(lean.package_file_command, spool)
            status.update(f"Lean reads {file.name} …")
            try:
                return await check_file(command, memory_limit_of(lean), text, seconds)
            except FileNotCheckedError as error:
                typer.echo(f"stepcheck lean run: {error}", err=True)
                raise typer.Exit(ExitCode.LEAN_UNAVAILABLE) from None


@contextlib.asynccontextmanager
async def _answered_folder(settings: ClientSettings) -> AsyncIterator[Path]:
    """Yield a folder whose requests are answered by the model server."""
    with tempfile.TemporaryDirectory(prefix="stepcheck-") as name:
        folder = Path(name)
        async with SuggestionClient(settings) as client:
            bridge = asyncio.create_task(Bridge(Spool.open(folder), client).run())
            try:
                yield folder
            finally:
                bridge.cancel()
                await asyncio.gather(bridge, return_exceptions=True)


def _show(file: Path, messages: Sequence[LeanMessage], console: Console) -> None:
    for message in sorted(messages, key=lambda message: (message.line, message.column)):
        place = f"{file}:{message.line}:{message.column}"
        heading = Text.assemble((place, "dim"), " ", (message.severity, _STYLES[message.severity]))
        console.print(heading, soft_wrap=True)
        console.print(Text(message.text.rstrip()), soft_wrap=True)
        console.print()
