"""Folders that are complete or not there, whatever happens to those who make them."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stepcheck.lean.atomic_folders import atomic_folder, folder_lock, folder_size
from stepcheck.lean.cache import cache_directory, explain_storage_error
from stepcheck.lean.errors import LeanSetupError

HOLD_LOCK = """
import sys, time
from pathlib import Path
from stepcheck.lean.atomic_folders import folder_lock
with folder_lock(Path(sys.argv[1]), 10):
    print("held", flush=True)
    time.sleep(60)
"""

MAKE_SLOWLY = """
import sys, time
from pathlib import Path
from stepcheck.lean.atomic_folders import atomic_folder
with atomic_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print("half", flush=True)
    time.sleep(60)
"""


def start(script: str, folder: Path) -> subprocess.Popen[str]:
    """Start a script and wait until it says where it is."""
    process = subprocess.Popen(
        (sys.executable, "-c", script, str(folder)), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def kill(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "target"
    with atomic_folder(target) as folder:
        (folder / "file").write_text("content")
        assert not target.exists()
    assert (target / "file").read_text() == "content"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()

    def fail() -> None:
        with atomic_folder(target) as folder:
            (folder / "new").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.rglob("*")] == ["target", "old"]


def test_success_replaces_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()
    with atomic_folder(target) as folder:
        (folder / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]


def test_a_killed_maker_leaves_nothing_to_be_found_and_is_swept_up_later(tmp_path: Path) -> None:
    target = tmp_path / "target"
    kill(start(MAKE_SLOWLY, target))
    assert not target.exists()
    assert len(list(tmp_path.iterdir())) == 1
    with atomic_folder(target) as folder:
        (folder / "file").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_others_may_read_what_was_made_but_not_change_it(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        with atomic_folder(tmp_path / "target") as folder:
            (folder / "file").touch()
            (folder / "file").chmod(0o666)
    finally:
        os.umask(previous)
    assert (tmp_path / "target").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "target" / "file").stat().st_mode & 0o777 == 0o644


def test_two_targets_in_one_folder_do_not_sweep_each_other(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "one") as first:
        with atomic_folder(tmp_path / "two"):
            pass
        (first / "file").touch()
    assert (tmp_path / "one" / "file").exists()


def test_a_held_lock_is_waited_for_and_then_said(tmp_path: Path) -> None:
    holder = start(HOLD_LOCK, tmp_path)
    try:
        began = time.monotonic()
        with pytest.raises(LeanSetupError, match="Another stepcheck"), folder_lock(tmp_path, 0.5):
            pass
        assert time.monotonic() - began >= 0.5
    finally:
        kill(holder)


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    kill(start(HOLD_LOCK, tmp_path))
    with folder_lock(tmp_path, 0):
        pass


def test_a_waiting_process_gets_the_lock_when_it_is_free(tmp_path: Path) -> None:
    with folder_lock(tmp_path, 0):
        script = HOLD_LOCK.replace("time.sleep(60)", "")
        waiting = subprocess.Popen((sys.executable, "-c", script, str(tmp_path)))
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1)
    assert waiting.wait(30) == 0


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EACCES, "cannot be written"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "cannot be used"),
    ],
)
def test_storage_errors_have_a_remedy(number: int, words: str, tmp_path: Path) -> None:
    error = explain_storage_error(OSError(number, os.strerror(number)), tmp_path)
    assert words in error.problem
    assert "STEPCHECK_CACHE" in error.remedy


def test_the_cache_is_where_the_variable_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPCHECK_CACHE", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.setenv("STEPCHECK_CACHE", " ")
    assert cache_directory().name == "stepcheck"


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    assert folder_size(tmp_path) == 8
