"""What the commands about many goals have in common: the goals."""

from collections.abc import Sequence
from pathlib import Path

import typer

from stepcheck.exit_codes import ExitCode
from stepcheck.lean.toolchain import find_project
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
