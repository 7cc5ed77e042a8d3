"""The command that compares methods of learning: what it says when it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest


def compare(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    script = f"import sys\n{before}\nfrom stepcheck.models.learning.__main__ import app\napp()"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_the_extra_its_name_is_told(tmp_path: Path):
    ran = compare("--data", tmp_path, "--out", tmp_path, before="sys.modules['trl'] = None")

    assert ran.returncode == 2
    assert "trl is not installed: pip install 'stepcheck[learn]'" in ran.stderr


def test_pairs_alone_cannot_be_ranked(tmp_path: Path):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"goal": "g", "chosen": "a", "rejected": "b"}\n')

    ran = compare("--data", rows, "--out", tmp_path / "out")

    assert ran.returncode == 2
    assert "pairs have no verdicts" in ran.stderr
    assert not (tmp_path / "out").exists()
