"""The rows of `stepcheck collect`: written and read again, or refused."""

import json
import lzma
from pathlib import Path

import pytest

from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.models.json_lines import BadRowsError
from stepcheck.models.parquet_rows import write_parquet_rows

ROW = CollectedStep(
    key="0123",
    place="Proof.lean:2:2",
    goal="a b : Nat\n⊢ a + b = b + a",
    context="example (a b : Nat) : a + b = b + a := by\n  ",
    step="omega",
    source="automation",
    verdict="proved",
    milliseconds=1.5,
    number=1,
    of=1,
)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.xz"])
def test_what_is_written_is_read_again(tmp_path: Path, name: str):
    path = tmp_path / name
    opener = lzma.open if name.endswith(".xz") else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.write(ROW.to_line() * 2)
    assert list(read_collected_steps(path)) == [ROW, ROW]


def test_what_is_written_as_parquet_is_read_again(tmp_path: Path):
    pytest.importorskip("pyarrow", reason="needs the extra stepcheck[parquet]")
    path = tmp_path / "rows.parquet"
    rows = [
        ROW,
        ROW.model_copy(update={"score": -0.5, "goals": ("⊢ p", "⊢ q"), "verdict": "progress"}),
    ]
    with path.open("wb") as stream:
        write_parquet_rows(stream, CollectedStep, iter(rows))
    assert list(read_collected_steps(path)) == rows


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"goal": ""}, "line 1: goal"),
        ({"goal": None}, "line 1: goal"),
        ({"milliseconds": -1}, "line 1: milliseconds"),
        ({"score": "high"}, "line 1: score"),
    ],
)
def test_a_row_of_another_schema_is_named(tmp_path: Path, changes: dict, problem: str):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW.model_dump() | changes) + "\n", encoding="utf-8")
    with pytest.raises(BadRowsError, match=problem):
        list(read_collected_steps(path))


@pytest.mark.parametrize(
    ("data", "problem"), [(b"\xff\xfe\n", "cannot be read"), (b'{"goal": ', "line 1")]
)
def test_what_is_no_json_is_named(tmp_path: Path, data: bytes, problem: str):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(data)
    with pytest.raises(BadRowsError, match=problem):
        list(read_collected_steps(path))


def test_a_damaged_archive_is_named(tmp_path: Path):
    path = tmp_path / "rows.jsonl.xz"
    path.write_bytes(lzma.compress(ROW.to_line().encode())[:-8])
    with pytest.raises(BadRowsError, match="cannot be read"):
        list(read_collected_steps(path))
