"""Rows are read as what they are, and what cannot be learned from is refused with its place."""

import json
import lzma
from pathlib import Path

import pytest

from stepcheck.models.collected_steps import CollectedStep
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.data import Outcome, Preference, examples_of, read_rows
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.parquet_rows import write_parquet_rows


def collected(step: str, verdict: str, goal: str = "⊢ True") -> str:
    return CollectedStep(
        key=goal,
        place="example",
        goal=goal,
        context="import Std\n",
        step=step,
        source="model",
        verdict=verdict,
        milliseconds=1.0,
        number=1,
        of=1,
    ).to_line()


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line.rstrip("\n") + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        ("proved", Outcome.ACCEPTED),
        ("progress", Outcome.ACCEPTED),
        ("no_progress", Outcome.REFUSED),
        ("rejected", Outcome.REFUSED),
        ("unsound", Outcome.REFUSED),
        ("timeout", Outcome.UNDECIDED),
        ("unknown", Outcome.UNDECIDED),
    ],
)
def test_what_a_verdict_of_lean_teaches(tmp_path: Path, verdict: str, outcome: Outcome):
    path = write(tmp_path / "rows.jsonl", collected("trivial", verdict))

    (row,) = read_rows([path]).checked

    assert row.outcome is outcome
    assert row.prompt == SuggestionPrompt("⊢ True", context="import Std\n")
    assert (row.step, row.source) == ("trivial", "model")


def test_rows_of_parquet_are_those_of_json_lines(tmp_path: Path):
    pytest.importorskip("pyarrow", reason="needs the extra stepcheck[parquet]")
    line = collected("trivial", "proved")
    path = tmp_path / "rows.parquet"
    with path.open("wb") as stream:
        write_parquet_rows(stream, CollectedStep, [CollectedStep.model_validate_json(line)])

    assert read_rows([path]) == read_rows([write(tmp_path / "rows.jsonl", line)])

    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(LearningError, match=r"rows.parquet is damaged.*remove it"):
        read_rows([path])


def test_a_judgement_of_code_is_read_together_with_its_request(tmp_path: Path):
    row = {"intent": "twice", "after": "def f(x): return 2 * x", "verdict": "unknown", "score": 0.5}

    (read,) = read_rows([write(tmp_path / "judged.jsonl", json.dumps(row))]).checked

    assert (read.prompt.goal, read.step, read.outcome) == (
        "twice",
        "def f(x): return 2 * x",
        Outcome.UNDECIDED,
    )


def test_pairs_and_compressed_files_are_read_too(tmp_path: Path):
    path = tmp_path / "rows.jsonl.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write('{"goal": "⊢ True", "chosen": "trivial", "rejected": "omega"}\n')

    (pair,) = read_rows([path]).preferences

    assert (pair.chosen, pair.rejected) == ("trivial", "omega")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "collect"),
        ("[1]", "rows.jsonl:1: a row must be a JSON object"),
        ("{", "rows.jsonl is damaged"),
        ('{"text": "some other data"}', "rows.jsonl:1: key: Field required"),
        ('{"goal": "g", "chosen": "a"}', "rows.jsonl:1: rejected: Field required"),
        ('{"goal": "g", "chosen": "a b", "rejected": "a  b"}', "both sides of the pair"),
        (collected("trivial", "proven"), "Lean never says 'proven'"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_refused(tmp_path: Path, line: str, told: str):
    with pytest.raises(LearningError) as error:
        read_rows([write(tmp_path / "rows.jsonl", line)])

    assert told in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(LearningError, match=r"no file .*rows\.jsonl"):
        read_rows([tmp_path / "rows.jsonl"])


def test_a_pair_with_equal_sides_cannot_be_made():
    with pytest.raises(ValueError, match="both sides"):
        Preference(SuggestionPrompt("⊢ True"), "simp\n  at h", "simp at h")


def test_only_what_was_accepted_is_imitated_and_once(tmp_path: Path):
    lines = [collected("simp", verdict) for verdict in ("proved", "proved", "rejected", "unknown")]

    examples = examples_of(read_rows([write(tmp_path / "rows.jsonl", *lines)]).checked)

    assert [example.step for example in examples] == ["simp"]
