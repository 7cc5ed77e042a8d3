"""The lean forward pass computes what transformers computes."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from stepcheck.models.generation.decoding import TokenPrompt
from stepcheck.models.generation.llama import LlamaModel

PROMPTS = [(5, 9, 3, 77, 12), (8, 8, 30), (5, 9, 3, 4, 61, 2, 90, 14)]


def expected_logits(network: Any, tokens: list[int]) -> Tensor:
    with torch.inference_mode():
        return network(input_ids=torch.tensor([tokens])).logits[0, -1]


def lean(network: Any) -> LlamaModel:
    model = LlamaModel.of(network, torch.float32)
    assert model is not None
    return model


@pytest.mark.parametrize(
    "options",
    [
        {"key_heads": 4},
        {"key_heads": 2},
        {"key_heads": 1, "tied": False},
        {"head_dim": 16},
        {"rope_parameters": {"rope_type": "linear", "rope_theta": 500.0, "factor": 2.0}},
    ],
    ids=str,
)
@torch.inference_mode()
def test_logits_equal_those_of_transformers_through_expanding_reordering_and_dropping(
    make_llama: Callable[..., Any], options: dict[str, Any]
) -> None:
    network = make_llama(100, **options)
    state, logits = lean(network).prefill([TokenPrompt(prompt) for prompt in PROMPTS])
    texts = [list(prompt) for prompt in PROMPTS]
    generator = torch.Generator().manual_seed(1)
    for parents in (
        [0, 0, 0, 1, 1, 1, 2, 2, 2],
        list(range(9)),
        [2, 0, 5, 3, 6],
        [4, 4, 1, 0, 0, 0],
        [0, 1, 2, 3, 4, 5],
        [5, 4],
        *([[1, 0]] * 20),
    ):
        for row, text in enumerate(texts):
            torch.testing.assert_close(
                logits[row], expected_logits(network, text), rtol=1e-3, atol=1e-3
            )
        texts = [list(texts[parent]) for parent in parents]
        state.select(parents)
        tokens = torch.randint(100, (len(parents),), generator=generator).tolist()
        for text, token in zip(texts, tokens, strict=True):
            text.append(token)
        logits = state.step(tokens)


@torch.inference_mode()
def test_a_remembered_beginning_changes_nothing(make_llama: Callable[..., Any]) -> None:
    network = make_llama(100)
    model = lean(network)
    for tokens in [(1, 2, 3, 4, 5), (1, 2, 3, 9), (1, 2, 3), (1, 2, 3, 4, 5), (7,), (1, 2, 3, 4)]:
        _, logits = model.prefill([TokenPrompt(tokens)])
        torch.testing.assert_close(
            logits[0], expected_logits(network, list(tokens)), rtol=1e-3, atol=1e-3
        )


@torch.inference_mode()
def test_bfloat16_stays_close(make_llama: Callable[..., Any]) -> None:
    network = make_llama(100)
    model = LlamaModel.of(network, torch.bfloat16)
    assert model is not None
    _, logits = model.prefill([TokenPrompt(PROMPTS[0])])
    ours = torch.softmax(logits[0], dim=-1)
    theirs = torch.softmax(expected_logits(network, list(PROMPTS[0])), dim=-1)
    assert (ours - theirs).abs().max() < 0.05


@pytest.mark.parametrize(
    "options",
    [
        {"attention_bias": True},
        {"mlp_bias": True},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 500.0, "factor": 2.0}},
    ],
    ids=str,
)
def test_what_the_lean_pass_does_not_know_is_left_to_transformers(
    make_llama: Callable[..., Any], options: dict[str, Any]
) -> None:
    assert LlamaModel.of(make_llama(100, **options), torch.float32) is None
