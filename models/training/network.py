"""The bundled model's tokenizer and network, made from scratch."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

from stepcheck.models.generation.bundled_prompt import END, PADDING, SPECIAL_TOKENS

# A dot or underscore goes with the word after it, so that `Nat.add_comm` is `Nat` `.add` `_comm`.
_WORDS = r"\n *| ?[._]?[\p{L}\p{M}][\p{L}\p{M}'!?✝]*|\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}]+|\s+"


@dataclass(frozen=True)
class Shape:
    """The size of the network and its vocabulary."""

    vocabulary: int
    hidden: int
    layers: int
    feed_forward: int
    heads: int
    positions: int


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train a byte-level BPE (Sennrich et al. 2016) that splits names at dots and underscores."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def new_network(shape: Shape, tokenizer: Tokenizer, seed: int) -> LlamaForCausalLM:
    """Make an untrained LLaMA-style decoder with tied embeddings."""
    torch.manual_seed(seed)
    end = tokenizer.token_to_id(END)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        intermediate_size=shape.feed_forward,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=tokenizer.token_to_id(PADDING),
    )
    return LlamaForCausalLM(config)
