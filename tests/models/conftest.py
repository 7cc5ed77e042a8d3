"""Small models, made here: random ones for what must hold for any weights, and a trained one."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    ByT5Tokenizer,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

GOALS = (
    "n m : ℕ\nh : n ≤ m\n⊢ n < m + 1",
    "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q",
    "α : Type u_1\ns t : Set α\n⊢ s ∩ t = t ∩ s",
    "x y : ℤ\nh : x = y\n⊢ y + 0 = x",
)
STEPS = (
    "simp",
    "simp_all",
    "omega",
    "exact ⟨hp, hq⟩",
    "rw [h, add_zero]",
    "exact Nat.lt_succ_of_le h",
    "intro x hx",
    "sorry",
    "admit",
    "refine ⟨_, ?_⟩\n  · simp",
)
SPECIAL = ("[PAD]", "[END]", "[GOAL]", "[PROOFSTEP]", "[LIBRARY]")


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def byte_level_tokenizer(special: Sequence[str] = SPECIAL, size: int = 420) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*GOALS, *STEPS] * 4, trainer)
    return tokenizer


def sentencepiece_tokenizer() -> Tokenizer:
    """A LLaMA-2-like tokenizer: metaspace, byte fallback, a dummy space before every text."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    special = ["<pad>", "</s>", "<unk>"]
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=[*special, *fallback], show_progress=False
    )
    tokenizer.train_from_iterator([*GOALS, *STEPS] * 4, trainer)
    # The trainer can only add tokens as special ones, but those of the fallback are not.
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = description["added_tokens"][: len(special)]
    return Tokenizer.from_str(json.dumps(description))


def unigram_tokenizer() -> Tokenizer:
    """A T5-like tokenizer: no byte fallback, so that rare characters are unknown to it."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(" {2,}", " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(["simp add mul zero exact rw intro h x y n", *STEPS], trainer)
    return tokenizer


def wrap(tokenizer: Tokenizer, pad: str, end: str, **options: Any) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=pad, eos_token=end, **options
    )


def llama(vocabulary: int, *, key_heads: int = 2, tied: bool = True, **options: Any) -> Any:
    """A network with peaked random predictions."""
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=key_heads,
        max_position_embeddings=256,
        tie_word_embeddings=tied,
        initializer_range=0.4,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
        **options,
    )
    torch.manual_seed(3)
    return LlamaForCausalLM(config).eval()


def save(network: Any, tokenizer: Any, folder: Path) -> Path:
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def random_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = wrap(byte_level_tokenizer(), "[PAD]", "[END]")
    return save(llama(len(tokenizer)), tokenizer, tmp_path_factory.mktemp("random-llama"))


@pytest.fixture(scope="session")
def sentencepiece_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = wrap(sentencepiece_tokenizer(), "<pad>", "</s>", unk_token="<unk>")
    return save(llama(len(tokenizer)), tokenizer, tmp_path_factory.mktemp("sentencepiece-llama"))


@pytest.fixture(scope="session")
def neox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The architecture of llmstep's models."""
    tokenizer = wrap(byte_level_tokenizer(("<pad>", "<end>")), "<pad>", "<end>")
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer) + 8,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        initializer_range=0.4,
        bos_token_id=1,
        eos_token_id=1,
    )
    torch.manual_seed(3)
    network = GPTNeoXForCausalLM(config).eval()
    return save(network, tokenizer, tmp_path_factory.mktemp("llmstep-neox"))


def _t5(vocabulary: int) -> T5ForConditionalGeneration:
    config = T5Config(
        vocab_size=vocabulary,
        d_model=32,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
        pad_token_id=0,
        eos_token_id=1,
        feed_forward_proj="gated-gelu",
        initializer_factor=3.0,
    )
    torch.manual_seed(3)
    return T5ForConditionalGeneration(config).eval()


@pytest.fixture(scope="session")
def byt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(_t5(384), ByT5Tokenizer(), tmp_path_factory.mktemp("byt5"))


@pytest.fixture(scope="session")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = wrap(unigram_tokenizer(), "<pad>", "</s>", unk_token="<unk>")
    return save(_t5(len(tokenizer)), tokenizer, tmp_path_factory.mktemp("t5"))


@pytest.fixture(scope="session")
def trained_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learnt to answer every goal with one of `STEPS`, `sorry` included."""
    tokenizer = wrap(byte_level_tokenizer(), "[PAD]", "[END]")
    network = llama(len(tokenizer))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(0.25 if parameter.dim() > 1 else 1.0)
    texts = [f"[GOAL]{goal}[PROOFSTEP]{step}[END]" for goal in GOALS for step in STEPS]
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    labels = batch.input_ids.clone()
    for row, tokens in enumerate(batch.input_ids.tolist()):
        labels[row, : tokens.index(tokenizer.convert_tokens_to_ids("[PROOFSTEP]")) + 1] = -100
    labels[batch.attention_mask == 0] = -100
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2)
    network.train()
    for _ in range(60):
        loss = network(
            input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels
        ).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return save(network.eval(), tokenizer, tmp_path_factory.mktemp("trained-llama"))


@pytest.fixture
def goals() -> tuple[str, ...]:
    return GOALS


@pytest.fixture
def steps() -> tuple[str, ...]:
    return STEPS


@pytest.fixture
def make_llama() -> Callable[..., Any]:
    return llama
