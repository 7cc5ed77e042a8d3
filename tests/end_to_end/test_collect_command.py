"""`stepcheck collect` as a person runs it: real Lean, a kill, an interrupt, and training."""

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.models import bundled
from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.use_cases.parquet_file import journal_of

from .conftest import Run, end_after_first_row
from .goal_rows import write_goals

FILE = """theorem sum (a b : Nat) : a + b = b + a := by
  sorry

theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := sorry
"""
QUICK = ("--share", "0.1", "--heartbeats", "2000")


def complete_goals(path: Path) -> list[CollectedStep]:
    """Return the rows of a file of JSON lines but those of a goal that was being written."""
    lines = path.read_bytes().split(b"\n")[:-1]
    rows = [CollectedStep.model_validate_json(line) for line in lines]
    end = max((index for index, row in enumerate(rows, 1) if row.number == row.of), default=0)
    return rows[:end]


def assert_whole(rows: list[CollectedStep]) -> None:
    """Every goal has all its rows, once, in order."""
    counts = Counter(row.key for row in rows)
    assert all(counts[row.key] == row.of for row in rows)
    assert len({(row.key, row.step) for row in rows}) == len(rows)


def test_the_open_places_of_a_file_become_rows_that_the_ranker_learns_from(
    run_stepcheck: Run, lean_file: Callable[[str], Path], tmp_path: Path
):
    out = tmp_path / "rows.jsonl"
    file = lean_file(FILE)
    done = run_stepcheck("collect", str(file), "--out", str(out), "--heartbeats", "4000")
    assert done.returncode == ExitCode.OK, done.stderr
    rows = list(read_collected_steps(out))
    assert_whole(rows)
    assert list(dict.fromkeys(row.place for row in rows)) == [f"{file}:2:2", f"{file}:4:55"]
    assert {row.goal for row in rows} >= {"a b : Nat\n⊢ a + b = b + a"}
    verdicts = {(row.place[-3:], row.step): row.verdict for row in rows}
    assert verdicts["2:2", "omega"] == "proved"
    assert verdicts[":55", "constructor"] == "progress"
    assert {"goal", "automation"} <= {row.source for row in rows}
    progress = next(row for row in rows if row.step == "constructor")
    assert len(progress.goals) == 2

    weights = tmp_path / "weights.json.xz"
    train = ("-m", "stepcheck.models.step_ranker.train", str(out), "--out", str(weights))
    learned = subprocess.run(
        [sys.executable, *train], capture_output=True, text=True, timeout=120, check=False
    )
    assert learned.returncode == 0, learned.stderr
    assert weights.stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("rows.jsonl", signal.SIGKILL),
        ("rows.jsonl", signal.SIGINT),
        ("rows.parquet", signal.SIGKILL),
    ],
)
def test_what_was_collected_before_the_end_is_kept_and_not_done_again(
    run_stepcheck: Run, tmp_path: Path, name: str, sent: signal.Signals
):
    goals = write_goals(tmp_path / "goals.jsonl", 40)
    out = tmp_path / name
    appended = journal_of(out) if name.endswith(".parquet") else out
    if appended != out:
        pytest.importorskip("pyarrow", reason="needs the extra stepcheck[parquet]")
    arguments = ("collect", str(goals), "--out", str(out), "--workers", "2", *QUICK)
    end_after_first_row(arguments, appended, sent)
    kept = complete_goals(appended)

    done = run_stepcheck(*arguments)
    assert done.returncode == ExitCode.OK, done.stderr
    rows = list(read_collected_steps(out))
    assert_whole(rows)
    assert len({row.key for row in rows}) == 40
    assert kept
    assert rows[: len(kept)] == kept
    assert "goals were there" in done.stdout


def test_a_goal_with_an_error_is_named(run_stepcheck: Run, tmp_path: Path):
    goals = tmp_path / "goals.jsonl"
    rows = [{"name": "wrong", "header": "", "signature": ": Nat.nonsense = 1"}]
    goals.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = run_stepcheck("collect", str(goals), "--out", str(tmp_path / "rows.jsonl"))
    assert done.returncode == ExitCode.NO_GOAL
    assert "wrong: Unknown constant" in done.stderr


def test_a_row_without_a_goal_is_named_by_its_line(run_stepcheck: Run, tmp_path: Path):
    goals = tmp_path / "goals.jsonl"
    goals.write_text('{"state": "⊢ p"}\n', encoding="utf-8")
    done = run_stepcheck("collect", str(goals), "--out", str(tmp_path / "rows.jsonl"))
    assert done.returncode == ExitCode.USAGE
    assert "line 1: there is no goal" in done.stderr


@pytest.mark.parametrize(
    ("out", "status", "problem"),
    [
        ("missing/rows.jsonl", ExitCode.FOLDER_UNUSABLE, "no folder"),
        ("other.jsonl", ExitCode.FOLDER_UNUSABLE, "left as it is"),
    ],
)
def test_rows_that_cannot_be_kept_end_the_command_before_lean_starts(
    run_stepcheck: Run, tmp_path: Path, out: str, status: ExitCode, problem: str
):
    goals = write_goals(tmp_path / "goals.jsonl", 1)
    (tmp_path / "other.jsonl").write_text('{"goal": "⊢ p", "step": "simp"}\n', encoding="utf-8")
    done = run_stepcheck("collect", str(goals), "--out", str(tmp_path / out))
    assert done.returncode == status
    assert problem in done.stderr


def test_a_model_that_is_not_there_ends_the_command_with_its_remedy(
    run_stepcheck: Run, tmp_path: Path
):
    goals = write_goals(tmp_path / "goals.jsonl", 1)
    done = run_stepcheck(
        *("collect", str(goals), "--out", str(tmp_path / "rows.jsonl"), "--server"),
        STEPCHECK_CLIENT_SERVER_URL="http://127.0.0.1:9",
    )
    assert done.returncode == ExitCode.SERVER_UNREACHABLE
    assert "stepcheck serve" in done.stderr


@pytest.mark.parametrize("command", ["collect", "evaluate"])
def test_a_damaged_model_ends_the_command_with_what_is_wrong_and_a_remedy(
    run_stepcheck: Run, tmp_path: Path, command: str
):
    goals = write_goals(tmp_path / "goals.jsonl", 1)
    model = Path(shutil.copytree(Path(bundled.__path__[0]), tmp_path / "model"))
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    out = tmp_path / "out.jsonl"
    done = run_stepcheck(command, str(goals), "--out", str(out), "--model", str(model))
    assert done.returncode == ExitCode.MODEL_UNAVAILABLE
    assert "damaged or incomplete: copy or download it again" in done.stderr
    assert "could not load its model" in done.stderr
