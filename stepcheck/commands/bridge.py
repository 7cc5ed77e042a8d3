"""`stepcheck bridge`: answer a Lean that has no network, by files in a folder."""

import asyncio
import contextlib
import logging
import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer

from stepcheck.bridge.bridge import Bridge
from stepcheck.bridge.spool import Spool, SpoolError
from stepcheck.client.errors import ClientError
from stepcheck.client.local_server import choose_server
from stepcheck.client.server_client import ServerClient
from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.exit_codes import ExitCode
from stepcheck.settings.schema import ClientSettings


def bridge(
    folder: Annotated[
        Path, typer.Argument(help="Where requests appear; made, for you alone, if missing.")
    ],
    own_server: Annotated[
        bool,
        typer.Option("--serve", help="Run a model server for this bridge alone."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option(help="Log every request to stderr; never what it says.")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Answer the llmstep tactic where Lean has no network, by files in a folder.

    In a sandbox, or in WebAssembly, Lean cannot reach the model server. If it
    can write in a folder, run this beside it and name the folder to the tactic
    (set_option llmstep.spool "FOLDER"). The tactic writes its requests there,
    the bridge asks the model server (`stepcheck serve`, or its own: --serve)
    and writes the answers, until Ctrl-C.

    Whoever can write in the folder can ask the model server through it.

    Exit status: 0 when stopped, 2 for a wrong setting, 3 if --serve gets no
    server, 7 if the folder cannot be used or is full.

    Example: stepcheck bridge --serve .llmstep
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if verbose:
        logging.getLogger("stepcheck").setLevel(logging.INFO)
    settings = load_settings_or_exit(config)
    try:
        # Ctrl-C and SIGTERM are how a bridge ends.
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            asyncio.run(_run(folder, settings.client, own_server, config))
    except SpoolError as error:
        typer.echo(f"stepcheck bridge: {error}", err=True)
        raise typer.Exit(ExitCode.FOLDER_UNUSABLE) from None
    except ClientError as error:
        typer.echo(f"stepcheck bridge: {error}\n{error.remedy}".rstrip(), err=True)
        raise typer.Exit(ExitCode.SERVER_UNREACHABLE) from None


async def _run(
    folder: Path, settings: ClientSettings, own_server: bool, config: Path | None
) -> None:
    """Run a bridge to the server of the settings, or to one of its own."""
    _cancel_on_termination()
    spool = Spool.open(folder)
    async with AsyncExitStack() as stack:
        client_settings = await stack.enter_async_context(
            choose_server(settings, own=own_server, config=config)
        )
        client = await stack.enter_async_context(ServerClient(client_settings))
        typer.echo(
            f"stepcheck answers requests in {folder} with {client_settings.server_url} . "
            "Stop it with Ctrl-C."
        )
        if spool.is_open_to_others():
            typer.echo(f"Note: other users can write in {folder}: chmod 700 it.", err=True)
        await Bridge(spool, client).run()


def _cancel_on_termination() -> None:
    task = asyncio.current_task()
    if task is not None:
        # Windows has no such signal, nor loops that handle it.
        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
