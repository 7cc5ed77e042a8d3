"""`stepcheck iterate` as a person runs it: rounds that are gone on with, and the control."""

import json
import signal
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.models.collected_steps import read_collected_steps

from .conftest import Run, end_after_first_row
from .goal_rows import write_goals

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

QUICK = ("--n", "8", "--heartbeats", "2000", "--milliseconds", "300")


# Lean and a model server start in every round.
@pytest.mark.timeout(900)
def test_rounds_go_on_where_they_ended_and_the_control_learns_as_much(
    run_stepcheck: Run, tmp_path: Path
):
    goals = write_goals(tmp_path / "goals.jsonl", 6)
    out = tmp_path / "rounds"
    first = out / "round-1"
    arguments = ("iterate", str(goals), "--out", str(out), "--rounds", "2", *QUICK)
    end_after_first_row(arguments, first / "rows.jsonl", signal.SIGKILL)

    done = run_stepcheck(*arguments)
    assert done.returncode == ExitCode.OK, done.stderr
    assert f"serve --model {out}/round-2/model" in done.stdout
    assert (out / "round-2" / "model" / "model.safetensors").is_file()
    told = json.loads((first / "round.json").read_text())
    assert told["goals"] == 6
    assert told["taught"] > 0
    written = {path: path.stat().st_mtime_ns for path in out.rglob("*")}

    again = run_stepcheck(*arguments)
    assert again.stdout == done.stdout
    other = run_stepcheck(*arguments, "--seed", "1")
    assert other.returncode == ExitCode.FOLDER_UNUSABLE
    assert "other options (seed)" in other.stderr
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == written

    control = ("iterate", str(goals), "--out", str(tmp_path / "control"), "--rounds", "1", *QUICK)
    learned = run_stepcheck(*control, "--without-verdicts", str(out))
    assert learned.returncode == ExitCode.OK, learned.stderr
    rows = list(read_collected_steps(tmp_path / "control" / "round-1" / "rows.jsonl"))
    assert {row.verdict for row in rows} == {"unknown"}
    seen = json.loads((tmp_path / "control" / "round-1" / "round.json").read_text())
    assert told["tokens"] <= seen["tokens"] < 1.5 * told["tokens"] + 200


def test_a_control_without_rounds_to_follow_says_so(run_stepcheck: Run, tmp_path: Path):
    goals = write_goals(tmp_path / "goals.jsonl", 1)
    done = run_stepcheck(
        *("iterate", str(goals), "--out", str(tmp_path / "control")),
        *("--without-verdicts", str(tmp_path / "none"), *QUICK),
    )
    assert done.returncode == ExitCode.USAGE
    assert "has no round 1 yet" in done.stderr
