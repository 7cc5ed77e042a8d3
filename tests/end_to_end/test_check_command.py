import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode

from .conftest import Run

WriteFile = Callable[[str], Path]

SWAP = "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by\n  sorry\n"


def test_accepted_and_refused_steps_are_told_apart(run_stepcheck: Run, lean_file: WriteFile):
    file = lean_file(SWAP)
    done = run_stepcheck(
        "check", f"{file}:2", "--json", "--step", "exact ⟨h.2, h.1⟩", "--step", "constructor",
        "--step", "exact h", "--step", "admit",
    )  # fmt: skip
    checked = [json.loads(line) for line in done.stdout.splitlines()]
    verdicts = [step["verdict"] for step in checked]
    assert verdicts == ["proved", "progress", "rejected", "unsound"], done.stderr
    assert len(checked[1]["goals"]) == 2
    assert done.returncode == ExitCode.NEGATIVE


def test_a_proved_step_is_confirmed_in_the_whole_file(run_stepcheck: Run, lean_file: WriteFile):
    file = lean_file(SWAP)
    done = run_stepcheck(
        "check", f"{file}:2", "--json", "--whole-file", "--step", "exact ⟨h.2, h.1⟩"
    )
    assert json.loads(done.stdout)["whole_file"]["verdict"] == "proved", done.stderr
    assert done.returncode == ExitCode.OK


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [
        (":9", ExitCode.USAGE, "Line 9 does not exist"),
        (":2:99", ExitCode.USAGE, "Column 99 does not exist"),
        (":1:3", ExitCode.NO_GOAL, "The open places of the file: 2:2."),
    ],
)
def test_a_place_without_a_goal_says_so(
    run_stepcheck: Run, lean_file: WriteFile, place: str, status: ExitCode, said: str
):
    done = run_stepcheck("check", f"{lean_file(SWAP)}{place}", "--step", "simp")
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_of_several_open_places_on_a_line_the_first_is_checked_and_the_others_named(
    run_stepcheck: Run, lean_file: WriteFile
):
    text = "theorem pair : 1 = 1 ∧ 2 + 0 = 2 := ⟨by sorry, by sorry⟩\n"
    done = run_stepcheck("check", f"{lean_file(text)}:1", "--json", "--step", "rfl")
    assert json.loads(done.stdout)["verdict"] == "proved", done.stderr
    assert str(text.rindex("sorry")) in done.stderr


def test_errors_above_the_place_do_not_matter(run_stepcheck: Run, lean_file: WriteFile):
    file = lean_file("theorem wrong : 1 = 2 := by\n  rfl\n\n" + SWAP)
    done = run_stepcheck("check", f"{file}:5", "--json", "--step", "exact ⟨h.2, h.1⟩")
    assert json.loads(done.stdout)["verdict"] == "proved", done.stderr


def test_a_wrong_setting_names_itself_and_its_source(run_stepcheck: Run, lean_file: WriteFile):
    done = run_stepcheck(
        "check", f"{lean_file(SWAP)}:2", "--step", "simp", STEPCHECK_LEAN_WORKERS="many"
    )
    assert done.returncode == ExitCode.USAGE
    assert "STEPCHECK_LEAN_WORKERS" in done.stderr


def test_without_a_lean_the_remedy_is_named(
    run_stepcheck: Run, lean_file: WriteFile, tmp_path: Path
):
    done = run_stepcheck(
        "check", f"{lean_file(SWAP)}:2", "--step", "simp", STEPCHECK_CACHE=str(tmp_path / "empty")
    )
    assert done.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "stepcheck lean install" in done.stderr
