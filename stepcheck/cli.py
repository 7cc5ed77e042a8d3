"""The `stepcheck` command: its subcommands are the modules of `stepcheck.commands`."""

from typing import Annotated

import typer

from stepcheck import __version__
from stepcheck.commands.bridge import bridge
from stepcheck.commands.check import check
from stepcheck.commands.judge import judge
from stepcheck.commands.lean import lean_app
from stepcheck.commands.lsp import lsp
from stepcheck.commands.rank import rank
from stepcheck.commands.repair import repair
from stepcheck.commands.serve import serve
from stepcheck.commands.settings import settings
from stepcheck.commands.suggest import suggest

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    # Reflows the paragraphs of the docstrings.
    rich_markup_mode="markdown",
)
app.command()(suggest)
app.command()(check)
app.command()(judge)
app.command()(rank)
app.command()(repair)
app.command()(serve)
app.command()(lsp)
app.command()(bridge)
app.command()(settings)
app.add_typer(lean_app, name="lean")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def stepcheck(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Lean proof steps and edits of code, shown only after Lean or a run has checked them.

    For Lean: `stepcheck lean install`, `stepcheck serve` in one terminal, and in another
    `stepcheck suggest FILE:LINE`. For code: `stepcheck judge` in a git working tree. Editors start
    `stepcheck lsp`.
    """


def main() -> None:
    """Run the command line."""
    app()
