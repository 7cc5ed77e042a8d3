"""The `stepcheck` command: its subcommands are the modules of `stepcheck.commands`."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from stepcheck import __version__

_COMMANDS = {
    "suggest": "suggest.suggest",
    "check": "check.check",
    "collect": "collect.collect",
    "evaluate": "evaluate.evaluate",
    "judge": "judge.judge",
    "rank": "rank.rank",
    "repair": "repair.repair",
    "learn": "learn.learn_app",
    "iterate": "iterate.iterate",
    "serve": "serve.serve",
    "lsp": "lsp.lsp",
    "bridge": "bridge.bridge",
    "settings": "settings.settings",
    "lean": "lean.lean_app",
}
"""Where each subcommand is, below `stepcheck.commands`."""

# Reflows the paragraphs of the docstrings.
_MARKUP_MODE: Final = "markdown"


class _CommandsOnDemand(Mapping[str, Any]):
    """The subcommands, each imported when it is looked at: none waits for what others need."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = _COMMANDS[name].partition(".")
        command = getattr(import_module(f"stepcheck.commands.{module}"), attribute)
        group = typer.Typer(add_completion=False, rich_markup_mode=_MARKUP_MODE)
        if isinstance(command, typer.Typer):
            group.add_typer(command, name=name)
        else:
            group.command(name)(command)
        return typer.main.get_group(group).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: Any = _CommandsOnDemand()


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=_MARKUP_MODE,
)


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
