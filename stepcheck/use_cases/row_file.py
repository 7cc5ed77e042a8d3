"""The file that rows are kept in: whole goals are appended, whatever happens meanwhile.

A goal is written at once and flushed to the disk. Who is killed in the middle leaves part of a goal
at the end of the file, which is dropped when the file is opened again.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from stepcheck.lean.atomic_folders import try_lock
from stepcheck.models.json_lines import BadRowsError, KeyedRow, parse_row

Row = TypeVar("Row", bound=KeyedRow)

_BEGINNING = b'{"key":"'
"""Of a row, as it is written: only what begins so is dropped."""


class RowFileError(Exception):
    """Rows cannot be kept; `remedy` says what to do about it. What was collected stays."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy


class RowFile(Generic[Row]):
    """Rows of one type on disk; `done` are the keys of the goals that are complete."""

    def __init__(self, file: FileIO, path: Path, row_type: type[Row]) -> None:
        self._file = file
        self._path = path
        self._row_type = row_type
        self.done: set[str] = set()
        self._end = 0
        """Where the last complete goal ends."""

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, row_type: type[Row]) -> Iterator["RowFile[Row]"]:
        """Open a file, made if it is not there, for this process alone.

        Raises `RowFileError` if it cannot be appended to, is in use, or holds something else.
        """
        if path.suffix == ".xz":
            raise RowFileError(
                f"{path} is compressed, and rows cannot be appended to it.",
                "Name a file of JSON lines (.jsonl); compress it when it is complete.",
            )
        try:
            opened = FileIO(path, "r+" if path.exists() else "x+")
        except OSError as error:
            raise _cannot_write(path, error) from error
        with opened as file:
            if not try_lock(file) or not _is_named(path, file):
                raise RowFileError(
                    f"{path} is being written by another process.",
                    "Let it finish, or name another file.",
                )
            rows = cls(file, path, row_type)
            rows._recover()
            yield rows

    def append(self, rows: Sequence[Row]) -> None:
        """Write the rows of a goal, all or none. Raises `RowFileError` if the disk is full."""
        data = "".join(row.to_line() for row in rows).encode("utf-8")
        try:
            written = 0
            while written < len(data):
                written += self._file.write(data[written:]) or 0
            os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._cut()
            raise _cannot_write(self._path, error) from error
        self._end += len(data)
        self.done.update(row.key for row in rows)

    def _recover(self) -> None:
        """Read what is there, and drop what a killed process has left of a goal."""
        try:
            with self._path.open("rb") as lines:
                self._read(lines)
            self._cut()
        except BadRowsError as error:
            raise RowFileError(
                str(error), "Name another file: this one holds other rows and is left as it is."
            ) from error
        except OSError as error:
            raise _cannot_write(self._path, error) from error

    def _read(self, lines: BinaryIO) -> None:
        offset, expected, key = 0, 1, ""
        for number, line in enumerate(lines, 1):
            place = f"{self._path}, line {number}"
            if not line.endswith(b"\n"):
                if not line.startswith(_BEGINNING[: len(line)]):
                    raise BadRowsError(f"{place}: it is not a row, nor the beginning of one.")
                return
            row = parse_row(line, self._row_type, place)
            number_in_group, size = row.place_in_group
            if number_in_group != expected or (expected > 1 and row.key != key):
                raise BadRowsError(f"{place}: rows of the goal before it are missing.")
            offset += len(line)
            key, expected = row.key, number_in_group + 1
            if number_in_group == size:
                self.done.add(row.key)
                self._end, expected = offset, 1

    def _cut(self) -> None:
        self._file.truncate(self._end)
        self._file.seek(self._end)


def _is_named(path: Path, file: FileIO) -> bool:
    """Tell whether an opened file still has its name: who had it locked may have removed it."""
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))


def _cannot_write(path: Path, error: OSError) -> RowFileError:
    reason = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return RowFileError(
            f"There is no folder {path.parent}.", "Make it, or name a file elsewhere."
        )
    return RowFileError(
        f"{path} cannot be written: {reason}. What was collected before is kept.",
        "Make room, or name a file elsewhere; then give the same command again.",
    )
