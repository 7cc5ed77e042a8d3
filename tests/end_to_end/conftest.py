"""The `stepcheck` command as a person runs it, on the real Lean and the bundled model."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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


@pytest.fixture
def lean_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a Lean file."""

    def write(text: str) -> Path:
        file = tmp_path / "Proof.lean"
        file.write_text(text, encoding="utf-8")
        return file

    return write
