"""DPO with the real trainer, at toy size."""

import math
import socket
from pathlib import Path

import pytest
import torch

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import GenerationRequest, SuggestionPrompt
from stepcheck.models.learning.base import Base, load_base
from stepcheck.models.learning.data import CheckedRow, LearningRows, Outcome
from stepcheck.models.learning.dpo import preference_task, train_preferences
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.trainer_run import RunOptions, RunResult, Task

RECIPE = Recipe(learning_rate=3e-3, epochs=2, batch=4, likelihood_weight=1.0)
PLAIN = RECIPE.model_copy(update={"likelihood_weight": 0.0})
GOALS = [SuggestionPrompt(f"x : Nat\n⊢ x + {n} = {n} + x") for n in range(8)]
ROWS = LearningRows(
    tuple(
        CheckedRow(goal, step, outcome)
        for goal in GOALS
        for step, outcome in (("rw", Outcome.ACCEPTED), ("simp", Outcome.REFUSED))
    )
)


def train(base: Base, out: Path, recipe: Recipe = RECIPE, seed: int = 0) -> RunResult:
    return train_preferences(base, task_of(base, recipe), RunOptions(out, seed=seed))


def task_of(base: Base, recipe: Recipe) -> Task:
    return preference_task(base, ROWS, recipe, 0)


def test_it_learns_and_the_folder_serves(tiny_model: Path, tmp_path: Path):
    result = train(load_base(tiny_model), tmp_path / "out")

    assert result.steps == 4
    assert result.history[-1].loss < result.history[0].loss
    (suggested,) = load_generator(tmp_path / "out").generate(
        [GenerationRequest(GOALS[0], n=2, max_tokens=4)]
    )
    assert suggested
    assert {file.name for file in (tmp_path / "out").iterdir()} >= {"config.json", "learning.json"}
    assert not (tmp_path / "out" / "run").exists()


def test_equal_seeds_give_equal_models(tiny_model: Path, tmp_path: Path):
    train(load_base(tiny_model), tmp_path / "first", seed=5)
    train(load_base(tiny_model), tmp_path / "second", seed=5)

    assert load_base(tmp_path / "first").hash == load_base(tmp_path / "second").hash


@pytest.mark.parametrize("rank", [0, 4])
def test_each_round_is_measured_against_its_own_start(tiny_model: Path, tmp_path: Path, rank: int):
    recipe = PLAIN.model_copy(update={"adapter_rank": rank})
    train(load_base(tiny_model), tmp_path / "one", recipe)

    second = train(load_base(tmp_path / "one"), tmp_path / "two", recipe)

    assert second.history[0].loss == pytest.approx(math.log(2), abs=1e-4)


def test_weights_in_memory_are_the_reference_not_those_of_their_folder(
    tiny_model: Path, tmp_path: Path
):
    base = load_base(tiny_model)
    torch.manual_seed(0)
    for parameter in base.network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)

    result = train(base, tmp_path / "out", PLAIN)

    assert result.history[0].loss == pytest.approx(math.log(2), abs=1e-4)


def test_nothing_is_told_over_the_network(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[object] = []
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(socket.socket, "connect", lambda _socket, address: asked.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: asked.append(host))

    train(load_base(tiny_model), tmp_path / "out")

    assert asked == []
