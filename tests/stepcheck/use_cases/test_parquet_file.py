"""What stays of rows that end as Parquet when a process is killed, or has no room."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.use_cases.parquet_file import journal_of, open_row_file
from stepcheck.use_cases.row_file import RowFileError

from .collected_rows import file_size_limit, rows_of

pytest.importorskip("pyarrow", reason="needs the extra stepcheck[parquet]")


class StopError(Exception):
    """Something ends the collection."""


def collect(path: Path, *keys: str, stop: bool = False) -> set[str]:
    """Append the goals that are missing; return those that were there."""
    with open_row_file(path, CollectedStep) as file:
        before = set(file.done)
        for key in keys:
            if key not in file.done:
                file.append(rows_of(key))
        if stop:
            raise StopError
    return before


def keys_in(path: Path) -> list[str]:
    return [row.key for row in read_collected_steps(path)]


def test_rows_become_parquet_at_the_end_and_are_added_to_the_next_time(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    assert collect(path, "a") == set()
    assert collect(path, "a", "b") == {"a"}
    assert list(read_collected_steps(path)) == rows_of("a") + rows_of("b")
    assert [file.name for file in tmp_path.iterdir()] == ["rows.parquet"]


def test_whatever_ends_the_collection_its_rows_are_readable_and_not_collected_again(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    with pytest.raises(StopError):
        collect(path, "a", stop=True)
    assert not path.exists()
    assert keys_in(journal_of(path)) == ["a"] * 3
    assert collect(path, "a", "b") == {"a"}
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3


def test_a_journal_that_was_taken_over_and_not_removed_gives_no_row_twice(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    collect(path, "a")
    journal_of(path).write_text("".join(row.to_line() for row in rows_of("a")), encoding="utf-8")
    assert collect(path, "a", "b") == {"a"}
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3


KILLED = """
import os, signal, sys
from pathlib import Path
from stepcheck.models.collected_steps import CollectedStep
from stepcheck.use_cases.parquet_file import open_row_file
from tests.stepcheck.use_cases.collected_rows import rows_of

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(Path if sys.argv[2] == "replace" else os, sys.argv[2], kill)
with open_row_file(Path(sys.argv[1]), CollectedStep) as rows:
    rows.append(rows_of("b"))
"""


@pytest.mark.parametrize("call", ["fsync", "replace", "truncate"])
def test_killed_while_it_is_written_the_file_loses_no_row_and_has_none_twice(
    tmp_path: Path, call: str
):
    path = tmp_path / "rows.parquet"
    collect(path, "a")
    root = Path(__file__).parents[3]
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), call], timeout=60, cwd=root, check=False
    )
    assert process.returncode == -signal.SIGKILL
    assert keys_in(path)[:3] == ["a"] * 3
    collect(path, "b")
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3
    assert [file.name for file in tmp_path.iterdir()] == ["rows.parquet"]


def test_on_a_full_disk_what_was_collected_stays(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    collect(path, "a")
    size = path.stat().st_size
    # Room for the journal, and not for the Parquet file.
    problem = r"(?s)rows.parquet cannot be written: .*kept in .*Make room"
    with file_size_limit(size - 1), pytest.raises(RowFileError, match=problem):
        collect(path, "b")
    assert keys_in(path) == ["a"] * 3
    assert keys_in(journal_of(path)) == ["b"] * 3
    assert not list(tmp_path.glob("*.partial"))
    assert collect(path, "b") == {"a", "b"}
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    collect(path, "a")
    data = path.read_bytes()[:-20]
    path.write_bytes(data)
    with pytest.raises(
        RowFileError, match=r"is damaged, or no Parquet file.*\n.*name another file"
    ):
        collect(path, "b")
    assert path.read_bytes() == data


def test_a_file_with_other_rows_is_refused_and_left_as_it_is(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"key": ["a"], "text": ["mine"]}), path)
    data = path.read_bytes()
    with pytest.raises(RowFileError, match="row 1: place"):
        collect(path, "b")
    assert path.read_bytes() == data


def test_two_processes_do_not_write_the_same_file(tmp_path: Path):
    path = tmp_path / "rows.parquet"
    with (
        open_row_file(path, CollectedStep),
        pytest.raises(RowFileError, match="another process"),
    ):
        collect(path, "a")


def test_without_the_library_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(RowFileError, match=r"pip install 'stepcheck\[parquet\]'"):
        collect(tmp_path / "rows.parquet", "a")
    assert not list(tmp_path.iterdir())
