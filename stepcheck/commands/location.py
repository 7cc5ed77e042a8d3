"""Locations in Lean files: `FILE:LINE[:COLUMN]`, as compilers print them."""

import re
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from stepcheck.exit_codes import ExitCode
from stepcheck.lean.pointing import FoundPosition, find_position

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?:?")

PLACE_HELP = (
    "FILE:LINE, which means the first `sorry` of the line or else its tactic, or FILE:LINE:COLUMN; "
    "lines count from 1, columns from 0, as Lean does."
)


@dataclass(frozen=True, slots=True)
class Location:
    """A location in a file: `line` from 1, `column` from 0 in code points."""

    file: Path
    line: int
    column: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Location":
        """Read `FILE:LINE[:COLUMN]`. Raises `typer.BadParameter` if it is something else."""
        found = _PLACE.fullmatch(text)
        if found is None:
            raise typer.BadParameter(f"{text!r} is not a place. Write {PLACE_HELP}")
        column = found["column"]
        return cls(Path(found["file"]), int(found["line"]), None if column is None else int(column))

    def read_text(self) -> str:
        """Return the file's text, line ends untouched. Raises `typer.Exit` with a message."""
        return read_lean_file(self.file)

    def find(self, text: str) -> FoundPosition:
        """Return the proof position in the file's text. Raises `DocumentError`."""
        return find_position(text, self.line, self.column)


def show_other_places(found: FoundPosition, errors: Console) -> None:
    """Tell the person which other open places the line has, if it has any."""
    if not found.others:
        return
    columns = ", ".join(str(place.column) for place in found.others)
    line, plural = found.others[0].line, "s" if len(found.others) > 1 else ""
    note = (
        f"The first open place of line {line} is taken; others begin at column{plural} {columns}."
    )
    errors.print(Text(f"{note} Choose one: FILE:{line}:{found.others[0].column}", "yellow"))


def read_lean_file(file: Path) -> str:
    """Return the file's text, line ends untouched. Raises `typer.Exit` with a message."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"{file} is not UTF-8: byte {error.start} cannot be read."
    except OSError as error:
        problem = f"{file} cannot be read: {error.strerror or error}."
    typer.echo(f"stepcheck: {problem}", err=True)
    raise typer.Exit(ExitCode.USAGE)
