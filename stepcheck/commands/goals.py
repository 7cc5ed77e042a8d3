"""What the commands about many goals have in common: the goals, and the model that proposes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import typer

from stepcheck.client.local_server import run_local_server
from stepcheck.client.server_client import ServerClient
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.toolchain import find_project
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.goal_files import GoalFileError, OpenGoal, read_goals


def goals_or_exit(
    files: Sequence[Path], project: Path | None = None, remedy: str = ""
) -> list[OpenGoal]:
    """Read the goals of files; a wrong one ends the command with its name and what is wrong.

    They must be of one project, unless it is named. `remedy` says what else a file may be for.
    """
    try:
        if project is None and len({find_project(file) for file in files}) > 1:
            raise GoalFileError("Name files of one project; others may need another Lean.")
        return [goal for file in files for goal in read_goals(file)]
    except GoalFileError as error:
        typer.echo(f"stepcheck: {error}\n{remedy}".rstrip(), err=True)
        raise typer.Exit(ExitCode.USAGE) from None


@asynccontextmanager
async def model_client(
    settings: Settings, model: str | None, running: bool, config: Path | None
) -> AsyncIterator[ServerClient | None]:
    """Yield a client of the model that proposes, if one is wanted.

    That is `model`, on a server that runs meanwhile, or that of the `running` server. Raises
    `ClientError` if there is none.
    """
    if model is None and not running:
        yield None
        return
    if model is None:
        async with ServerClient(settings.client) as client:
            yield client
        return
    async with own_model_client(settings, model, config) as client:
        yield client


@asynccontextmanager
async def own_model_client(
    settings: Settings, model: str, config: Path | None
) -> AsyncIterator[ServerClient]:
    """Yield a client of a model, on a server that runs meanwhile. Raises `ClientError`."""
    arguments = ("--model", model, *(("--config", str(config)) if config else ()))
    async with run_local_server(*arguments) as url:
        own = settings.client.model_copy(update={"server_url": url})
        async with ServerClient(own) as client:
            yield client
