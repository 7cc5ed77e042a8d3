import json
import lzma

import pytest

from stepcheck.server.judge.benchmark.benchmark import (
    BenchmarkError,
    complete,
    judge_rows,
    read_rows,
    summarize,
)
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

DECLARATION = "def square(x):\n"
ROW = {
    "id": "1",
    "language": "python",
    "problem": "Square a number.",
    "examples": "square(3) => 9",
    "declaration": DECLARATION,
    "reference": "    return x * x\n",
    "candidate": "    return x ** 2\n",
    "tests": "def check(candidate):\n    assert candidate(-2) == 4\n\ncheck(square)",
    "label": True,
}


def write(path, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(lzma.compress(text.encode()) if path.suffix == ".xz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.xz"])
def test_rows_are_read_compressed_or_not(tmp_path, name):
    [row] = read_rows(write(tmp_path / name, [ROW]))

    assert row.id == "1"
    assert row.label is True


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{}\n", "line 1: id"), (b"no JSON\n", "line 1"), (b"\xff\n", "cannot be read")],
)
def test_a_wrong_file_says_where(tmp_path, content, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)

    with pytest.raises(BenchmarkError, match=message):
        read_rows(path)


def test_a_torn_archive_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl.xz"
    path.write_bytes(lzma.compress(b"{}\n" * 1000)[:-20])

    with pytest.raises(BenchmarkError):
        read_rows(path)


@pytest.mark.parametrize(
    "candidate",
    [
        "    return x * x\n",
        "return x * x\n",
        "def square(x):\n    return x * x\n",
        "    return x * x\n\nprint(square(",
        "y = x\n    return y * x\n",
    ],
)
def test_a_candidate_is_completed(candidate):
    names = {}
    exec(complete(DECLARATION, candidate), names)

    assert names["square"](3) == 9


@pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
def test_figures_against_published_and_recomputed_labels(tmp_path):
    wrong = ROW | {"id": "2", "candidate": "    return x + x\n", "label": False}
    mislabelled = ROW | {"id": "3", "label": False}
    foreign = ROW | {"id": "4", "language": "cobol"}
    rows = read_rows(write(tmp_path / "rows.jsonl", [ROW, wrong, mislabelled, foreign]))

    judged = list(judge_rows(rows, Judge(Sandbox()), use_reference=True))

    assert [one.recomputed for one in judged] == [True, False, True, None]
    published = summarize(judged, recomputed=False)
    assert (published.rows, published.coverage) == (4, 0.75)
    assert published.accuracy == pytest.approx(2 / 3)
    recomputed = summarize(judged, recomputed=True)
    assert (recomputed.rows, recomputed.accuracy, recomputed.tau) == (3, 1.0, 1.0)
