"""A small model that was taught to answer every goal with one of a few steps."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

STEPS = (
    "omega",
    "simp",
    "intro h",
    "exact absurd rfl x",
    "refine ⟨h, ?_⟩\nomega",
    "constructor",
    "sorry",
)


def write_taught_model(folder: Path) -> None:
    """Write a folder with a network that answers every goal with one of `STEPS`."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=["[PAD]", "[END]", "[GOAL]", "[PROOFSTEP]", "[LIBRARY]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*STEPS] * 4, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", eos_token="[END]"
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(wrapped),
                hidden_size=32,
                intermediate_size=64,
                num_hidden_layers=2,
                num_attention_heads=4,
                max_position_embeddings=512,
                bos_token_id=None,
                eos_token_id=1,
                pad_token_id=0,
            )
        )
        _teach(network, wrapped)
    network.save_pretrained(folder)
    wrapped.save_pretrained(folder)


def _teach(network: Any, tokenizer: Any) -> None:
    goals = ("a b : Nat\n⊢ a + b = b + a", "p q : Prop\n⊢ p ∧ q")
    texts = [f"[LIBRARY]Std[GOAL]{goal}[PROOFSTEP]{step}[END]" for goal in goals for step in STEPS]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    labels = batch.input_ids.clone()
    answer = tokenizer.convert_tokens_to_ids("[PROOFSTEP]")
    for row, tokens in enumerate(batch.input_ids.tolist()):
        labels[row, : tokens.index(answer) + 1] = -100
    labels[batch.attention_mask == 0] = -100
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    network.train()
    for _ in range(60):
        output = network(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels
        )
        optimizer.zero_grad()
        output.loss.backward()
        optimizer.step()
    network.eval()
