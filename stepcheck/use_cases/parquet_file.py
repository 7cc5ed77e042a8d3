"""Rows that end as a Parquet file, and are kept as JSON lines beside it until then.

Parquet is readable once its end is written, so it cannot be appended to goal by goal. JSON lines
can; what they hold goes into the Parquet file at the end, by a copy that is renamed.
"""

import contextlib
import os
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TypeVar

from stepcheck.models.json_lines import BadRowsError, KeyedRow, read_rows
from stepcheck.models.parquet_rows import (
    PARQUET_SUFFIX,
    MissingParquetError,
    read_parquet_fields,
    read_parquet_rows,
    require_parquet,
    write_parquet_rows,
)
from stepcheck.use_cases.row_file import RowFile, RowFileError

Row = TypeVar("Row", bound=KeyedRow)


def journal_of(path: Path) -> Path:
    """Return where the rows of a Parquet file are until they are in it."""
    return path.with_name(f"{path.name}.jsonl")


@contextlib.contextmanager
def open_row_file(path: Path, row_type: type[Row]) -> Iterator[RowFile[Row]]:
    """Open a file to append rows to: JSON lines, or Parquet if its name ends so.

    The Parquet file is written when the block ends without an error; whatever else ends it, the
    rows stay in `journal_of`, and the next time goes on behind them. Raises `RowFileError` as
    `RowFile.open` does, and if the Parquet file cannot be read or written.
    """
    if path.suffix != PARQUET_SUFFIX:
        with RowFile.open(path, row_type) as file:
            yield file
        return
    try:
        require_parquet()
    except MissingParquetError as error:
        raise RowFileError(str(error), "Or name a file of JSON lines: .jsonl.") from error
    journal = journal_of(path)
    with RowFile.open(journal, row_type) as file:
        try:
            known = _known_keys(path, row_type)
            file.done |= known
            yield file
            if not path.exists() or not file.done <= known:
                _take_over(journal, path, row_type, known)
            os.truncate(journal, 0)
        finally:
            if not journal.stat().st_size:
                journal.unlink()


def _known_keys(path: Path, row_type: type[Row]) -> Set[str]:
    try:
        if not path.exists():
            return frozenset()
        next(read_parquet_rows(path, row_type), None)
        return {fields["key"] for _, fields in read_parquet_fields(path, ["key"])}
    except BadRowsError as error:
        raise RowFileError(
            str(error),
            f"It is left as it is: name another file. Rows that are not in it yet, if there are "
            f"any, are in {journal_of(path)}.",
        ) from error
    except OSError as error:
        raise RowFileError(
            f"{path} cannot be read: {error.strerror or error}.", "Name another file."
        ) from error


def _take_over(journal: Path, path: Path, row_type: type[Row], known: Set[str]) -> None:
    """Write what the Parquet file and the journal hold, each goal once, in the file's place."""

    def rows() -> Iterator[Row]:
        if path.exists():
            yield from read_parquet_rows(path, row_type)
        # Killed between the renaming and the removal of the journal, both hold the same.
        yield from (row for row in read_rows(journal, row_type) if row.key not in known)

    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as stream:
            write_parquet_rows(stream, row_type, rows())
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except (BadRowsError, OSError) as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise RowFileError(
            f"{path} cannot be written: {reason}. The rows are kept in {journal}.",
            "Make room; then give the same command again, which takes them over.",
        ) from error
