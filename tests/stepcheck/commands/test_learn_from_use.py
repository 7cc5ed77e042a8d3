"""`stepcheck learn from-use` as it is run, in a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode

PROOF = """theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · exact hp
  · exact hq
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stepcheck", "learn", "from-use", *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"XDG_DATA_HOME": str(home), "OMP_NUM_THREADS": "1"},
    )


def test_enabling_says_where_steps_are_kept_and_disabling_keeps_them(home: Path):
    enabled = run(home, "--enable")
    folder = home / "stepcheck" / "own"
    assert enabled.returncode == ExitCode.OK
    assert str(folder) in enabled.stdout
    assert (folder / "enabled").is_file()
    assert "--forget" in run(home, "--disable").stdout
    assert not (folder / "enabled").exists()


def test_finished_proofs_are_added_shown_and_forgotten(home: Path, tmp_path: Path):
    (tmp_path / "Proof.lean").write_text(PROOF, encoding="utf-8")
    added = run(home, "--add", str(tmp_path / "Proof.lean"))
    assert (added.returncode, added.stdout) == (ExitCode.OK, "3 steps read, 3 new ones kept.\n")
    again = run(home, "--add", str(tmp_path / "Proof.lean"))
    assert again.stdout == "3 steps read, 0 new ones kept.\n"

    shown = run(home, "--show")
    assert [json.loads(line)["step"] for line in shown.stdout.splitlines()] == [
        "constructor",
        "exact hp",
        "exact hq",
    ]
    assert "Serving: bundled" in shown.stderr

    assert run(home, "--forget").returncode == ExitCode.OK
    assert run(home, "--show").stdout == ""


def test_too_few_steps_say_how_to_get_more(home: Path):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    ran = run(home)
    assert ran.returncode == ExitCode.USAGE
    assert "0 of your own steps are kept, 50 are needed" in ran.stderr


def test_without_an_own_model_there_is_nothing_to_undo(home: Path):
    ran = run(home, "--undo")
    assert (ran.returncode, ran.stdout) == (ExitCode.USAGE, "")
    assert "nothing to undo" in ran.stderr


def test_a_file_that_is_not_there_is_named(home: Path):
    ran = run(home, "--add", "missing.lean")
    assert ran.returncode == ExitCode.USAGE
    assert "missing.lean cannot be read" in ran.stderr


def test_one_option_at_a_time(home: Path):
    assert run(home, "--enable", "--show").returncode == ExitCode.USAGE
