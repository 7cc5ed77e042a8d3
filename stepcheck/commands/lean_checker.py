"""The checker that a command starts, uses and ends."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import typer
from rich.console import Console

from stepcheck.commands.error_exit import exit_on_error
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.checker import StepChecker
from stepcheck.settings.schema import Settings
from stepcheck.use_cases.lean_checker import make_checker


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
