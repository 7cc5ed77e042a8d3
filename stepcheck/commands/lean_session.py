"""What the commands that check steps share: settings, a warm checker, and how failure ends them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console

from stepcheck.client.server_client import ClientError
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import DocumentError, LeanError, NoGoalError
from stepcheck.settings.loading import SettingsError, load_settings
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.checked_suggestions import make_checker


def load_settings_or_exit(config: Path | None) -> Settings:
    """Load the settings; a wrong one ends the command with its name and remedy."""
    try:
        return load_settings([], config=config)
    except SettingsError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None


def run_with_checker(
    settings: Settings,
    file: Path,
    errors: Console,
    use: Callable[[StepChecker], Awaitable[ExitCode]],
) -> None:
    """Start a checker for `file`, run `use`, and exit with its status.

    Progress goes to `errors`, as does what went wrong, so that stdout holds the answer alone.
    """

    async def run() -> ExitCode:
        with errors.status("looking for Lean") as status:
            checker = await asyncio.to_thread(make_checker, settings.lean, file)
            async with checker:
                await checker.start(lambda stage: status.update(f"{stage} …"))
                status.update("checking …")
                return await use(checker)

    with exit_on_error():
        raise typer.Exit(asyncio.run(run()))


@contextmanager
def exit_on_error() -> Iterator[None]:
    """End the command with a message and its exit status when Lean or the server fails."""
    try:
        yield
    except LeanError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        if isinstance(error, NoGoalError):
            raise typer.Exit(ExitCode.NO_GOAL) from None
        if isinstance(error, DocumentError):
            raise typer.Exit(ExitCode.USAGE) from None
        raise typer.Exit(ExitCode.LEAN_UNAVAILABLE) from None
    except ClientError as error:
        typer.echo(f"stepcheck: {error}\n{error.remedy}".rstrip(), err=True)
        raise typer.Exit(ExitCode.SERVER_UNREACHABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
