"""`stepcheck collect --ray`: two real workers with a Lean each, of which one is killed."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.models.collected_steps import read_collected_steps

from .goal_rows import write_goals

pytest.importorskip("ray", reason="needs the extra stepcheck[ray]")

GOALS = 40
WORKER = "ray::RemoteWorker"


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    return [each for each in process.children(recursive=True) if title(each).startswith(WORKER)]


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def wait_for_rows(out: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 180
    while not out.exists() or out.stat().st_size == 0:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_when_one_of_two_workers_is_killed_no_row_is_lost_and_none_written_twice(tmp_path: Path):
    goals = write_goals(tmp_path / "goals.jsonl", GOALS)
    out = tmp_path / "rows.jsonl"
    quick = ("--share", "0.1", "--heartbeats", "2000")
    arguments = ("collect", str(goals), "--out", str(out), "--ray", "local", "--workers", "2")
    process = subprocess.Popen(
        [sys.executable, "-m", "stepcheck", *arguments, *quick],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"STEPCHECK_LEAN_TOOLCHAIN": "embedded"},
    )
    try:
        wait_for_rows(out, process)
        victim = workers_of(psutil.Process(process.pid))[0]
        own = victim.children(recursive=True)
        victim.kill()
        kept = out.read_bytes()
        told, errors = process.communicate(timeout=240)
    finally:
        process.kill()
    assert process.returncode == ExitCode.OK, errors
    rows = list(read_collected_steps(out))
    counts = Counter(row.key for row in rows)
    assert len(counts) == GOALS
    assert all(counts[row.key] == row.of for row in rows)
    assert len({(row.key, row.number) for row in rows}) == len(rows)
    assert len(kept.splitlines()) < len(rows)
    assert f"{GOALS} goals" in told
    assert not [each for each in own if each.is_running()]
