"""How an error of learning ends a command: with a message on stderr, and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from stepcheck.exit_codes import ExitCode

_EXTRA = {"accelerate", "datasets", "peft", "trl"}


@contextmanager
def exit_on_learning_error(command: str, interrupted: str) -> Iterator[None]:
    """End a command with the message of an error and the exit status that belongs to it.

    `interrupted` says how it goes on after an interrupt.
    """
    from stepcheck.models.interface import ModelError
    from stepcheck.models.learning.errors import FolderError, LearningError, LearningStoppedError

    def fail(message: str, status: ExitCode) -> None:
        typer.echo(f"stepcheck {command}: {message}", err=True)
        raise typer.Exit(status) from None

    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        fail(f"{error.name} is not installed: pip install 'stepcheck[learn]'", ExitCode.USAGE)
    except LearningStoppedError as error:
        fail(str(error), ExitCode.NEGATIVE)
    except FolderError as error:
        fail(str(error), ExitCode.FOLDER_UNUSABLE)
    except LearningError as error:
        fail(str(error), ExitCode.USAGE)
    except ModelError as error:
        fail(str(error), ExitCode.MODEL_UNAVAILABLE)
    except KeyboardInterrupt:
        fail(interrupted, ExitCode.INTERRUPTED)
