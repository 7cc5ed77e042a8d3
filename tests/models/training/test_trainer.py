"""Training lowers the loss, survives interruption, and writes what transformers can load."""

import json
import lzma
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stepcheck.models.training.__main__ import main
from stepcheck.models.training.recipe import Recipe, RecipeError
from stepcheck.models.training.trainer import Schedule

RECIPE = """
seed = 3
tokens_per_sequence = 64

[shape]
vocabulary = 300
hidden = 64
layers = 1
feed_forward = 128
heads = 2
positions = 128

[[stage]]
name = "pretrain"
tokens = 4000
rate = 5e-3
warmup = 0.1
decay = 0.0
tokens_per_batch = 256
batches_per_update = 2
prompt_share = 0.5
mixture = { steps = 1.0, core = 1.0, mathlib = 0.5 }

[[stage]]
name = "tune"
tokens = 40_000
rate = 5e-3
warmup = 0.0
decay = 0.5
tokens_per_batch = 256
batches_per_update = 1
prompt_share = 0.0
mixture = { steps = 2.0, checked = 1.0 }
"""


def write(path: Path, rows: list[dict[str, object]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "goals-dev.jsonl.xz", [{"signature": ": False"}])
    write(folder / "steps-dev.jsonl.xz", [{"theorem": "held"}])
    write(
        folder / "steps-train.jsonl.xz",
        [{"state": f"⊢ {n} = {n}", "tactic": "rfl", "theorem": ""} for n in range(20)],
    )
    for name in ("proofs-core", "proofs-mathlib"):
        write(
            folder / f"{name}.jsonl.xz",
            [
                {
                    "file": "F.lean",
                    "name": f"t{n}",
                    "statement": f"theorem t{n} (a : Nat) : a * {n} = {n} * a",
                    "proof": "intro\nomega",
                    "source": "s",
                }
                for n in range(20)
            ],
        )
    write(
        folder / "checked.jsonl.xz",
        [
            {
                "goal": f"⊢ {n} < {n + 1}",
                "statement": f":{n}<{n + 1}",
                "theorem": "",
                "source": "s",
                "human": "",
                "proved": ["omega"],
                "progress": [],
            }
            for n in range(20)
        ],
    )
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return folder


def train(data: Path, out: Path, *more: str) -> int:
    return main(
        [
            *("--data", str(data), "--out", str(out), "--recipe", str(data / "recipe.toml")),
            *("--checked", str(data / "checked.jsonl.xz"), "--device", "cpu", "--threads", "1"),
            *more,
        ]
    )


def greedy(folder: Path, prompt: str) -> str:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokens = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
    written = model.generate(**tokens, max_new_tokens=12, do_sample=False)
    new = written[0, tokens["input_ids"].shape[1] :]
    return str(tokenizer.decode(new, skip_special_tokens=True))


def test_a_trained_model_answers_and_loads_with_transformers(data: Path, tmp_path: Path) -> None:
    assert train(data, tmp_path / "out") == 0
    assert greedy(tmp_path / "out" / "model", "[GOAL]⊢ 7 = 7[PROOFSTEP]") == "rfl"
    assert greedy(tmp_path / "out" / "model", "[GOAL]⊢ 7 < 8[PROOFSTEP]") == "omega"


def test_an_interrupted_run_continues_to_the_same_weights(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "whole")
    train(data, tmp_path / "parts", "--stop-after-updates", "5")
    assert not (tmp_path / "parts" / "model").exists()
    train(data, tmp_path / "parts")
    whole, parts = (
        AutoModelForCausalLM.from_pretrained(tmp_path / name / "model", dtype=torch.float32)
        for name in ("whole", "parts")
    )
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(
        tokens=1000, rate=1.0, warmup=0.1, decay=0.5, tokens_per_batch=1, batches_per_update=1
    )
    assert schedule.rate_at(0) < 0.02
    assert schedule.rate_at(300) == 1.0
    assert schedule.rate_at(750) == pytest.approx(0.5)
    assert schedule.rate_at(1000) == 0.0


def test_the_shipped_recipe_can_be_read() -> None:
    import stepcheck.models.training as package

    recipe = Recipe.load(Path(package.__file__).with_name("recipe.toml"))
    once = ["pretrain", "tune", "anneal"]
    again = [f"{name} again" for name in once]
    assert [stage.name for stage in recipe.stages] == [*once, *again]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("seed = ", "not valid TOML"), ("seed = 1", "missing or unknown entry")],
)
def test_a_bad_recipe_says_where(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        Recipe.load(path)


def test_an_unknown_part_of_the_corpus_ends_the_command(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = data / "recipe.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("core =", "cores ="), "utf-8")
    with pytest.raises(SystemExit) as stopped:
        train(data, tmp_path / "out")
    assert stopped.value.code == 2
    assert "no part 'cores'" in capsys.readouterr().err
