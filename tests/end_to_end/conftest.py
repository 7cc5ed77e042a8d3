"""The `stepcheck` command as a person runs it, on the real Lean and the bundled model."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.lean.embedded.installation import installed_lean

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_stepcheck(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `stepcheck` with arguments in an empty folder; environment variables as keywords."""
    assert installed_lean() is not None, "install the embedded Lean first: make lean"
    folder = tmp_path_factory.mktemp("run")

    def run(*arguments: str, seconds: float = 240, **environment: str):
        return subprocess.run(
            [sys.executable, "-m", "stepcheck", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            cwd=folder,
            env=os.environ | {"STEPCHECK_LEAN_TOOLCHAIN": "embedded"} | environment,
        )

    return run


def end_after_first_row(arguments: Sequence[str], out: Path, sent: signal.Signals) -> bytes:
    """Run a command, send it a signal as soon as `out` holds something; return what it left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "stepcheck", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"STEPCHECK_LEAN_TOOLCHAIN": "embedded"},
    )
    deadline = time.monotonic() + 120
    while not out.exists() or out.stat().st_size == 0:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    if sent is signal.SIGINT:
        assert process.returncode == ExitCode.INTERRUPTED
        assert b"Traceback" not in errors
    return out.read_bytes()


@pytest.fixture
def lean_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a Lean file."""

    def write(text: str) -> Path:
        file = tmp_path / "Proof.lean"
        file.write_text(text, encoding="utf-8")
        return file

    return write
