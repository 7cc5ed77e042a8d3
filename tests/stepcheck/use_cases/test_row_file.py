"""What stays of rows when the process that writes them is killed, or has no room."""

from pathlib import Path

import pytest

from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.use_cases.row_file import RowFile, RowFileError

from .collected_rows import file_size_limit, rows_of


def collect(path: Path, *keys: str) -> set[str]:
    """Append the goals that are missing; return those that were there."""
    with RowFile.open(path, CollectedStep) as file:
        before = set(file.done)
        for key in keys:
            if key not in file.done:
                file.append(rows_of(key))
    return before


def keys_in(path: Path) -> list[str]:
    return [row.key for row in read_collected_steps(path)]


def test_a_complete_goal_is_known_when_the_file_is_opened_again(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    assert collect(path, "a") == set()
    assert collect(path, "a", "b") == {"a"}
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3


def test_wherever_writing_was_cut_off_no_row_is_lost_or_written_twice(tmp_path: Path):
    whole = tmp_path / "whole.jsonl"
    collect(whole, "a", "b")
    data = whole.read_bytes()
    size_of_first = data.index(b'{"key":"b"')
    path = tmp_path / "rows.jsonl"
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        ends = {"a": size_of_first, "b": len(data)}
        assert collect(path, "a", "b") == {key for key, end in ends.items() if length >= end}
        assert path.read_bytes() == data


@pytest.mark.parametrize(
    "text",
    [
        "my notes",
        "my notes\n",
        '{"goal": "⊢ p", "step": "simp", "verdict": "proved"}\n',
        "".join(row.to_line() for row in [*rows_of("a")[:2], *rows_of("b")]),
        "".join(row.to_line() for row in rows_of("a")[1:]),
    ],
)
def test_a_file_with_something_else_is_refused_and_left_as_it_is(tmp_path: Path, text: str):
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RowFileError, match="line"):
        collect(path, "c")
    assert path.read_text(encoding="utf-8") == text


def test_a_missing_folder_is_named(tmp_path: Path):
    with pytest.raises(RowFileError, match="no folder"):
        collect(tmp_path / "missing" / "rows.jsonl", "a")


def test_rows_are_not_appended_to_a_compressed_file(tmp_path: Path):
    path = tmp_path / "rows.jsonl.xz"
    with pytest.raises(RowFileError, match=r"(?s)compressed.*\.jsonl"):
        collect(path, "a")
    assert not path.exists()


def test_two_processes_do_not_write_the_same_file(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    with RowFile.open(path, CollectedStep), pytest.raises(RowFileError, match="another process"):
        collect(path, "a")


def test_on_a_full_disk_what_was_collected_stays(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    size_of_goal = sum(len(row.to_line()) for row in rows_of("a"))
    with file_size_limit(size_of_goal * 5 // 2), pytest.raises(RowFileError, match="kept"):
        collect(path, "a", "b", "c")
    assert keys_in(path) == ["a"] * 3 + ["b"] * 3
