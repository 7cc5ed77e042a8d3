"""The ranker that is shipped, and how one is learned."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stepcheck.models.step_ranker.step_ranker import Candidate, StepRanker, bundled_ranker
from stepcheck.models.step_ranker.train import TriedStep, app, read_tried_steps, train

ARITHMETIC = "a b : Nat\nh : a < b\n⊢ a + 1 ≤ b"
LISTS = "xs ys : List Nat\n⊢ (xs ++ ys).length = ys.length + xs.length"


def verdicts() -> list[TriedStep]:
    """Omega proves arithmetic, simp what is about lists; grind takes long."""
    rows = []
    for _ in range(100):
        for goal in (ARITHMETIC, LISTS):
            proof = "omega" if goal is ARITHMETIC else "simp"
            for step, time in (("omega", 2.0), ("simp", 2.0), ("grind", 400.0)):
                rows.append(TriedStep(goal, step, "automation", None, step == proof, time))
    return rows


def test_the_shipped_ranker_knows_arithmetic_from_computation():
    ranker = bundled_ranker()
    steps = {
        step: ranker.estimate(ARITHMETIC, Candidate(step, "automation"))
        for step in ("omega", "rfl", "ac_rfl")
    }
    assert max(steps, key=lambda step: steps[step].probability) == "omega"
    assert ranker.estimate(LISTS, Candidate("grind", "automation")).milliseconds > 10
    assert ranker.estimate(LISTS, Candidate("rfl", "automation")).milliseconds < 50


def test_a_ranker_learns_what_proves_what_and_how_long_it_takes():
    ranker = train(verdicts())

    def estimate(goal: str, step: str):
        return ranker.estimate(goal, Candidate(step, "automation"))

    assert estimate(ARITHMETIC, "omega").probability > 0.8
    assert estimate(LISTS, "omega").probability < 0.2
    assert estimate(LISTS, "simp").probability > 0.8
    assert estimate(LISTS, "grind").milliseconds > 10 * estimate(LISTS, "simp").milliseconds


def test_a_ranker_without_weights_has_no_opinion():
    estimate = StepRanker({}, {}).estimate(ARITHMETIC, Candidate("omega", "goal"))
    assert estimate.probability == pytest.approx(0.5)
    assert estimate.milliseconds == pytest.approx(1.0)


def test_estimates_stay_within_bounds():
    ranker = StepRanker({"": 1e6}, {"": 1e6})
    estimate = ranker.estimate(ARITHMETIC, Candidate("omega", "goal"))
    assert 0 < estimate.value < 1


def write_rows(path: Path, *rows: dict) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def row(**changes: object) -> dict:
    return {
        "key": "0123",
        "place": "arithmetic",
        "goal": ARITHMETIC,
        "context": "",
        "step": "omega",
        "source": "automation",
        "verdict": "proved",
        "milliseconds": 1.5,
        "number": 1,
        "of": 1,
    } | changes


def test_what_could_not_be_checked_teaches_nothing(tmp_path: Path):
    path = write_rows(
        tmp_path / "rows.jsonl", row(), row(verdict="unknown"), row(verdict="timeout")
    )
    assert [step.proved for step in read_tried_steps(path)] == [True, False]


def test_what_nobody_proposes_is_not_estimated(tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", row(), row(step="exact h", source="found"))
    assert [step.step for step in read_tried_steps(path)] == ["omega"]


def test_the_command_writes_weights_that_load(tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", *(row() for _ in range(8)), row(verdict="rejected"))
    out = tmp_path / "weights.json.xz"
    result = CliRunner().invoke(app, [str(path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "8 of them proofs" in result.output
    assert out.stat().st_size > 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "no step"), ("{", "line 1"), ('{"goal": "⊢ p"}\n', "line 1"), ("[]\n", "line 1")],
)
def test_bad_rows_are_a_clear_error(tmp_path: Path, text: str, problem: str):
    path = tmp_path / "rows.jsonl"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [str(path), "--out", str(tmp_path / "w")])
    assert result.exit_code == 2
    assert problem in " ".join(result.output.split())
