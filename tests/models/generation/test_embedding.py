"""Embeddings are what transformers computes: mean-pooled last hidden states."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from stepcheck.models.generation.registry import load_generator
from stepcheck.models.interface import Encoder, ModelError

FAMILIES = ("random_llama", "sentencepiece_llama", "neox", "byt5", "t5")
TEXT = "n m : ℕ\nh : n ≤ m\n⊢ n < m + 1"


def load(folder: Path) -> Encoder:
    encoder = load_generator(folder, device="cpu", dtype="float32", threads=1)
    assert isinstance(encoder, Encoder)
    return encoder


@torch.inference_mode()
def expected(folder: Path, text: str) -> torch.Tensor:
    network = AutoModel.from_pretrained(folder).eval()
    network = network.get_encoder() if network.config.is_encoder_decoder else network
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt").input_ids
    hidden: torch.Tensor = network(input_ids=tokens).last_hidden_state
    return hidden[0].mean(dim=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_the_mean_of_the_last_hidden_states(
    family: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(family)

    first, second = load(folder).encode([TEXT, "⊢ True"])

    for embedding, text in ((first, TEXT), (second, "⊢ True")):
        torch.testing.assert_close(
            torch.tensor(embedding), expected(folder, text), rtol=1e-3, atol=1e-3
        )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("text", [" ", "\n", "😀 " * 3000, "\ud800", "[GOAL]<pad>"])
def test_every_text_has_one(family: str, text: str, request: pytest.FixtureRequest) -> None:
    [embedding] = load(request.getfixturevalue(family)).encode([text])

    assert len(embedding) == 32
    assert torch.tensor(embedding).isfinite().all()


def test_damaged_weights_are_named(random_llama: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(random_llama, tmp_path / "damaged")
    weights = load_file(folder / "model.safetensors")
    weights["model.norm.weight"] = torch.full_like(weights["model.norm.weight"], torch.nan)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ModelError, match="not numbers"):
        load(folder).encode([TEXT])
