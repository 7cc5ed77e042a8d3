"""Locations in Lean files: `FILE:LINE[:COLUMN]`, as compilers print them."""

import re
from dataclasses import dataclass
from pathlib import Path

import typer

from stepcheck.exit_codes import ExitCode
from stepcheck.lean.position import ProofPosition

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?:?")

PLACE_HELP = "FILE:LINE or FILE:LINE:COLUMN; lines count from 1, columns from 0, as Lean does."


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

    def find(self, text: str) -> ProofPosition:
        """Return the proof position in the file's text. Raises `DocumentError`."""
        return ProofPosition.from_line_column(text, self.line, self.column)


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
