"""How an error ends a command: with a message on stderr and the exit status of `ExitCode`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from stepcheck.client.errors import ClientError, ModelUnusableError
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.errors import DocumentError, LeanError, NoGoalError
from stepcheck.settings.loading import SettingsError, load_settings
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.row_file import RowFileError


def load_settings_or_exit(config: Path | None) -> Settings:
    """Load the settings; a wrong one ends the command with its name and remedy."""
    try:
        return load_settings([], config=config)
    except SettingsError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.USAGE) from None


@contextmanager
def exit_on_error() -> Iterator[None]:
    """End the command with a message and its exit status: Lean, the server or a row file failed."""
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
        if isinstance(error, ModelUnusableError):
            raise typer.Exit(ExitCode.MODEL_UNAVAILABLE) from None
        raise typer.Exit(ExitCode.SERVER_UNREACHABLE) from None
    except RowFileError as error:
        typer.echo(f"stepcheck: {error}", err=True)
        raise typer.Exit(ExitCode.FOLDER_UNUSABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
