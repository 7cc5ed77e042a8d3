"""Runs that go wrong: each ends with a clear error, and what can go on does."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.base import load_base
from stepcheck.models.learning.data import CheckedRow, LearningRows, Outcome
from stepcheck.models.learning.dpo import preference_task, train_preferences
from stepcheck.models.learning.errors import FolderError, LearningError, LearningStoppedError
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.trainer_run import RunOptions, RunResult, no_report
from stepcheck.models.learning.watch import Progress, Report

# A checkpoint after every step.
RECIPE = Recipe(learning_rate=3e-3, epochs=2, batch=2, likelihood_weight=1.0, save_seconds=1e-9)
ROWS = LearningRows(
    tuple(
        CheckedRow(SuggestionPrompt(f"x : Nat\n⊢ x + {n} = {n} + x"), step, outcome)
        for n in range(6)
        for step, outcome in (("rw", Outcome.ACCEPTED), ("simp", Outcome.REFUSED))
    )
)


def train(
    model: Path,
    out: Path,
    recipe: Recipe = RECIPE,
    resume: bool = False,
    report: Report = no_report,
) -> RunResult:
    base = load_base(model)
    options = RunOptions(out, seed=1, resume=resume, report=report)
    return train_preferences(base, preference_task(base, ROWS, recipe, 1), options)


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_been(tiny_model: Path, tmp_path: Path):
    script = f"""
import os, signal, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_trainer_run import train
def die(progress):
    if progress.step == 4:
        os.kill(os.getpid(), signal.SIGKILL)
train(Path({str(tiny_model)!r}), Path({str(tmp_path / "killed")!r}), report=die)
"""
    ran = subprocess.run([sys.executable, "-c", script], timeout=240, check=False)
    assert ran.returncode == -signal.SIGKILL

    resumed = train(tiny_model, tmp_path / "killed", resume=True)
    train(tiny_model, tmp_path / "whole")

    assert [progress.step for progress in resumed.history] == [4, 5, 6]
    assert load_base(tmp_path / "killed").hash == load_base(tmp_path / "whole").hash


def test_a_full_disk_is_told_and_the_last_checkpoint_stays(tiny_model: Path, tmp_path: Path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(progress: Progress) -> None:
        if progress.step == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))

    try:
        with pytest.raises(FolderError, match=r"is full: make room and go on with --resume"):
            train(tiny_model, tmp_path / "out", report=fill_the_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    resumed = train(tiny_model, tmp_path / "out", resume=True)

    assert [progress.step for progress in resumed.history] == [3, 4, 5, 6]


def test_a_loss_that_is_no_number_stops_the_run(tiny_model: Path, tmp_path: Path):
    wild = RECIPE.model_copy(update={"learning_rate": 1e30})

    with pytest.raises(LearningStoppedError, match=r"no number at step \d: lower learning_rate"):
        train(tiny_model, tmp_path / "out", wild)

    assert not (tmp_path / "out" / "config.json").exists()


def test_a_run_with_another_recipe_is_not_resumed(tiny_model: Path, tmp_path: Path):
    with pytest.raises(LearningStoppedError):
        train(tiny_model, tmp_path / "out", RECIPE.model_copy(update={"learning_rate": 1e30}))

    with pytest.raises(FolderError, match="begun with other data, recipe, seed or model"):
        train(tiny_model, tmp_path / "out", resume=True)


def test_an_adapter_belongs_to_the_model_it_was_trained_on(tiny_model: Path, tmp_path: Path):
    out = tmp_path / "out"
    train(tiny_model, out, RECIPE.model_copy(update={"adapter_rank": 2}))

    assert load_base(tiny_model, out / "adapter").hash == load_base(out).hash
    with pytest.raises(LearningError, match="was trained on another model"):
        load_base(out, out / "adapter")
    with pytest.raises(LearningError, match="is no adapter"):
        load_base(tiny_model, tmp_path)
