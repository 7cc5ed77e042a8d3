"""Files of JSON lines, xz-compressed or not, read as rows of one type."""

import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Row = TypeVar("Row", bound=BaseModel)


class KeyedRow(BaseModel):
    """A row about something that is recognised by its `key`, the first field of the line."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    key: str = Field(min_length=1)

    @property
    def place_in_group(self) -> tuple[int, int]:
        """Which of the rows of its key it is, from 1, and of how many; they stand together."""
        return 1, 1

    def to_line(self) -> str:
        """Return the row as a line of JSON, with its line end."""
        return self.model_dump_json() + "\n"


class BadRowsError(ValueError):
    """A file does not hold the rows that are expected of it."""


def read_rows(path: Path, row_type: type[Row]) -> Iterator[Row]:
    """Yield the rows of a file. Raises `BadRowsError`, and `OSError` if it cannot be read."""
    opener = lzma.open if path.suffix == ".xz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield parse_row(line, row_type, f"{path}, line {number}")
    except (UnicodeDecodeError, lzma.LZMAError, EOFError) as error:
        raise BadRowsError(f"{path} cannot be read: {error}") from error


def parse_row(line: str | bytes, row_type: type[Row], place: str) -> Row:
    """Read a row; `place` says where it stands. Raises `BadRowsError`."""
    try:
        return row_type.model_validate_json(line)
    except ValidationError as error:
        raise BadRowsError(f"{place}: {explain(error)}") from error


def explain(error: ValidationError) -> str:
    """Return the first problem of a row in one line."""
    problem = error.errors()[0]
    field = ".".join(map(str, problem["loc"]))
    return f"{field}: {problem['msg']}" if field else problem["msg"]
