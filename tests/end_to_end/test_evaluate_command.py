"""`stepcheck evaluate` as a person runs it: real Lean, the bundled model, a kill."""

import json
import signal
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.use_cases.evaluation.results import Outcome, read_results

from .conftest import Run, end_after_first_row

EASY = {"name": "easy", "header": "", "signature": "(a b : Nat) : a + b = b + a"}
WRONG = {"name": "wrong", "header": "", "signature": ": Nat.nonsense = 1"}
FALSE = {"name": "false", "header": "", "signature": "(n : Nat) : n = n + 1"}


def write_rows(path: Path, *rows: dict) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


@pytest.mark.parametrize(
    "options",
    [("step",), ("search", "--seconds", "3"), ("sample", "--temperature", "0.9")],
)
def test_what_is_true_is_proved_and_what_lean_cannot_read_is_counted_apart(
    run_stepcheck: Run, tmp_path: Path, out: Path, options: tuple[str, ...]
):
    goals = write_rows(tmp_path / "goals.jsonl", EASY, WRONG, FALSE)
    arguments = ("evaluate", goals, "--out", str(out), "--method", *options)
    done = run_stepcheck(*arguments, "--json")
    assert done.returncode == ExitCode.OK, done.stderr
    outcomes = {each.name: each.outcome for each in read_results(out)}
    assert outcomes == {
        "easy": Outcome.SOLVED,
        "wrong": Outcome.UNOPENED,
        "false": Outcome.UNSOLVED,
    }
    figures = json.loads(done.stdout)
    assert (figures["goals"], figures["solved"], figures["share"]) == (2, 1, 0.5)
    assert [each["name"] for each in figures["unopened"]] == ["wrong"]
    assert "Unknown constant" in figures["unopened"][0]["problem"]
    if options[0] != "search":
        shares = [each["share"] for each in figures["at"]]
        assert shares == sorted(shares)
        assert 0 < shares[-1] <= 0.5

    table = run_stepcheck(*arguments, seconds=20)
    assert table.returncode == ExitCode.OK, table.stderr
    assert "50.0% (" in table.stdout
    assert "wrong: Unknown constant" in table.stderr


def test_leandojo_is_matched_without_lean(run_stepcheck: Run, tmp_path: Path, out: Path):
    theorem = {
        "url": "https://github.com/leanprover-community/mathlib4",
        "commit": "29dcec074de168ac2bf835a77ef68bbe069194c5",
        "file_path": "Mathlib/Example.lean",
        "full_name": "easy",
        "start": [1, 1],
        "end": [2, 1],
        "traced_tactics": [
            {"tactic": tactic, "annotated_tactic": [tactic, []], "state_before": state}
            for tactic, state in [
                ("simp", "a b : ℕ\n⊢ a + b = b + a"),
                ("nobody_writes_this", "n : ℕ\n⊢ n ≤ n"),
            ]
        ],
    }
    file = tmp_path / "val.json"
    file.write_text(json.dumps([theorem]), encoding="utf-8")
    done = run_stepcheck(
        *("evaluate", str(file), "--out", str(out), "--method", "match", "--json"),
        STEPCHECK_LEAN_TOOLCHAIN="/no/lean",
    )
    assert done.returncode == ExitCode.OK, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["goals"], figures["solved"]) == (2, 1)

    wrong = run_stepcheck("evaluate", str(file), "--out", str(out))
    assert wrong.returncode == ExitCode.USAGE
    assert "--method match" in wrong.stderr


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_results_before_the_end_are_kept_and_not_measured_again(
    run_stepcheck: Run, tmp_path: Path, out: Path, sent: signal.Signals
):
    rows = [{**EASY, "name": f"g{n}", "signature": f": {n} + 0 = {n}"} for n in range(12)]
    goals = write_rows(tmp_path / "goals.jsonl", *rows)
    arguments = ("evaluate", goals, "--out", str(out))
    kept = end_after_first_row(arguments, out, sent)
    assert kept.count(b"\n") < 12

    done = run_stepcheck(*arguments)
    assert done.returncode == ExitCode.OK, done.stderr
    assert out.read_bytes().startswith(kept[: kept.rfind(b"\n") + 1])
    assert sorted(each.name for each in read_results(out)) == sorted(row["name"] for row in rows)

    other = run_stepcheck(*arguments, "--seconds", "2")
    assert other.returncode == ExitCode.FOLDER_UNUSABLE
    assert "seconds was 0.4, is 2.0" in other.stderr


def test_if_lean_can_open_nothing_a_project_is_asked_for(
    run_stepcheck: Run, tmp_path: Path, out: Path
):
    done = run_stepcheck("evaluate", write_rows(tmp_path / "g.jsonl", WRONG), "--out", str(out))
    assert done.returncode == ExitCode.NO_GOAL
    assert "--project" in done.stderr
