"""`stepcheck learn` as it is run: what it writes, says, and exits with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stepcheck.exit_codes import ExitCode
from stepcheck.models.collected_steps import CollectedStep

RECIPE = "learning_rate = 3e-3\nepochs = 2\nbatch = 4\nlikelihood_weight = 1.0\n"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    lines = []
    for n in range(8):
        for number, (step, verdict) in enumerate((("rw", "proved"), ("simp", "rejected")), 1):
            lines.append(
                CollectedStep(
                    key=str(n),
                    place=f"goal {n}",
                    goal=f"x : Nat\n⊢ x + {n} = {n} + x",
                    context="",
                    step=step,
                    source="model",
                    verdict=verdict,
                    milliseconds=1.0,
                    number=number,
                    of=2,
                ).to_line()
            )
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def learn(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stepcheck", "learn", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | {"NO_COLOR": "1"},
    )


@pytest.mark.parametrize("method", ["sft", "dpo", "facttune", "rejection-sampling"])
def test_every_method_learns_from_collected_rows(
    method: str, tiny_model: Path, rows: Path, recipe: Path, tmp_path: Path
):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    out = tmp_path / "out"

    ran = learn(method, "--data", rows, "--out", out, "--model", tiny_model, "--recipe", recipe)

    assert ran.returncode == ExitCode.OK, ran.stderr
    assert f"serve --model {out}" in ran.stdout
    first, last = json.loads((out / "learning.json").read_text())["first_and_last_loss"]
    assert last < first


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(
    tiny_model: Path, rows: Path, recipe: Path, tmp_path: Path
):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    out = tmp_path / "out"

    ran = learn(
        "dpo", "--data", rows, "--out", out, "--model", tiny_model, "--recipe", recipe, "--dry-run"
    )

    assert ran.returncode == ExitCode.OK, ran.stderr
    assert "8 rows to learn from" in ran.stdout
    assert "4 steps" in ran.stdout
    assert "GiB" in ran.stdout
    assert not out.exists()


def test_where_agreement_misleads_is_told(rows: Path, recipe: Path, tmp_path: Path):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    recipe.write_text(RECIPE + 'score = "consistency"\n')
    arguments = ("facttune", "--data", rows, "--out", tmp_path / "out", "--recipe", recipe)

    # The bundled model repeats `simp`, which these rows say is refused.
    dry = learn(*arguments, "--dry-run")
    ran = learn(*arguments)

    assert "of 8 pairs of an accepted and a refused step, agreement prefers the re" in dry.stdout
    assert "simp: refused but preferred in" in dry.stdout
    assert ran.stdout.endswith("of 8 pairs\n")


def test_a_missing_file_is_a_wrong_usage(tiny_model: Path, tmp_path: Path):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

    ran = learn("dpo", "--data", tmp_path / "none", "--out", tmp_path / "out")

    assert ran.returncode == ExitCode.USAGE
    assert "no file" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_folder_with_other_files_is_left_alone(tiny_model: Path, rows: Path, tmp_path: Path):
    pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")

    ran = learn("dpo", "--data", rows, "--out", out, "--model", tiny_model)

    assert ran.returncode == ExitCode.FOLDER_UNUSABLE
    assert "holds other files" in ran.stderr
    assert [file.name for file in out.iterdir()] == ["notes.txt"]
