"""A fast forward pass for LLaMA networks, in which rows share their prompts.

Written for small models on a CPU, where a step of transformers' modules costs more in dispatch than
in arithmetic, and where copying a prompt's keys and values to every row costs more than reading
them. The keys and values of a prompt are kept once, and all rows that grow from it attend to them
in one product (bifurcated attention, Athiwaratkun et al. 2024); only what a row wrote itself is its
own, so that expanding, reordering and dropping rows copies next to nothing.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Self

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from stepcheck.models.generation.decoding import TokenPrompt

_ROTARY_KINDS = {"default", "linear", "llama3", "yarn"}
_CACHED_PROMPTS = 32
_SUFFIX_ROOM = 16


@dataclass(frozen=True, slots=True)
class _Layer:
    attention_norm: Tensor
    query_key_value: Tensor
    output: Tensor
    feed_forward_norm: Tensor
    gate_up: Tensor
    down: Tensor


@dataclass(frozen=True, slots=True)
class _CachedPrompt:
    """A prompt's keys and values (layers × 2 × heads × length × size) and last logits."""

    keys_values: Tensor
    logits: Tensor


class LlamaModel:
    """The weights of a LLaMA network, arranged for stepping.

    Products with weights and prompts run in `dtype`, all else in float32.
    """

    def __init__(self, network: Any, dtype: torch.dtype) -> None:
        config = network.config
        self.heads: int = config.num_attention_heads
        self.key_heads: int = config.num_key_value_heads
        self.head_size: int = config.head_dim
        self.epsilon: float = config.rms_norm_eps
        self.dtype = dtype
        self.embedding: Tensor = network.model.embed_tokens.weight.float()
        self.head: Tensor = network.lm_head.weight.to(dtype)
        self.final_norm: Tensor = network.model.norm.weight.float()
        self.layers = [self._arrange(layer) for layer in network.model.layers]
        self.cosines, self.sines = _rotary_table(network, config.max_position_embeddings)
        self._prompt_cache: OrderedDict[tuple[int, ...], _CachedPrompt] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def of(cls, network: Any, dtype: torch.dtype) -> Self | None:
        """Return a transformers network in this form, None if it is not a plain LLaMA."""
        config = network.config
        plain = (
            config.model_type == "llama"
            and config.hidden_act == "silu"
            and not config.attention_bias
            and not config.mlp_bias
            and network.model.rotary_emb.rope_type in _ROTARY_KINDS
        )
        return cls(network, dtype) if plain else None

    def _arrange(self, layer: Any) -> _Layer:
        attention, feed_forward = layer.self_attn, layer.mlp
        # The scale of attention scores goes into the query weights: one product less a step.
        query = attention.q_proj.weight.float() * self.head_size**-0.5
        key, value = attention.k_proj.weight.float(), attention.v_proj.weight.float()
        gate, up = feed_forward.gate_proj.weight, feed_forward.up_proj.weight
        return _Layer(
            layer.input_layernorm.weight.float(),
            torch.cat((query, key, value)).to(self.dtype),
            attention.o_proj.weight.to(self.dtype),
            layer.post_attention_layernorm.weight.float(),
            torch.cat((gate, up)).to(self.dtype),
            feed_forward.down_proj.weight.to(self.dtype),
        )

    def prefill(self, prompts: Sequence[TokenPrompt]) -> tuple["LlamaState", Tensor]:
        """Read the prompts; see `IncrementalDecoder`. Prompts read lately are cached."""
        read = [self._read_cached(prompt.tokens) for prompt in prompts]
        return LlamaState(self, read), torch.stack([prompt.logits for prompt in read])

    def _read_cached(self, prompt: tuple[int, ...]) -> _CachedPrompt:
        with self._lock:
            cached = self._prompt_cache.get(prompt)
            if cached is not None:
                self._prompt_cache.move_to_end(prompt)
                return cached
            shared, known = 0, None
            for other, other_cached in self._prompt_cache.items():
                length = _common_length(prompt, other)
                if length > shared:
                    shared, known = length, other_cached
        # At least one token is read anew, since only the last token's logits are cached.
        shared = min(shared, len(prompt) - 1)
        past = None if known is None or shared == 0 else known.keys_values[..., :shared, :]
        keys_values, hidden = self._read(prompt, past)
        cached = _CachedPrompt(keys_values, self.logits(hidden[-1:])[0])
        with self._lock:
            self._prompt_cache[prompt] = cached
            while len(self._prompt_cache) > _CACHED_PROMPTS:
                self._prompt_cache.popitem(last=False)
        return cached

    def embed(self, tokens: Sequence[int]) -> Tensor:
        """Return the mean of the last hidden states; see `IncrementalDecoder`."""
        _, hidden = self._read(tokens, None)
        return self._normalize(hidden).mean(dim=0)

    def _read(self, prompt: Sequence[int], past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Run the prompt through the network, after `past` keys and values of its beginning.

        Returns the keys and values of the whole prompt, and the hidden states of what was run.
        """
        start = 0 if past is None else past.shape[-2]
        length = len(prompt) - start
        hidden = self.embedding[torch.tensor(prompt[start:])]
        positions = torch.arange(start, len(prompt))
        mask = None
        if past is not None and length > 1:
            mask = torch.ones(length, len(prompt), dtype=torch.bool).tril(start)
        kept = torch.empty(
            len(self.layers), 2, self.key_heads, len(prompt), self.head_size, dtype=self.dtype
        )
        if past is not None:
            kept[..., :start, :] = past
        for number, layer in enumerate(self.layers):
            query, key, value = self.project(layer, hidden, positions)
            keys, values = kept[number]
            keys[:, start:] = key.transpose(0, 1)
            values[:, start:] = value.transpose(0, 1)
            attended = F.scaled_dot_product_attention(
                query.to(self.dtype).transpose(0, 1).unsqueeze(0),
                keys.unsqueeze(0),
                values.unsqueeze(0),
                attn_mask=mask,
                is_causal=mask is None and length > 1,
                scale=1.0,
                enable_gqa=self.key_heads != self.heads,
            )
            hidden = self.finish_layer(layer, hidden, attended[0].transpose(0, 1).flatten(1))
        return kept, hidden

    def project(
        self, layer: _Layer, hidden: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return rotated queries and keys, and values, each tokens × heads × size."""
        normed = F.rms_norm(hidden, hidden.shape[-1:], layer.attention_norm, self.epsilon)
        projected = self.multiply(normed, layer.query_key_value)
        projected = projected.view(hidden.shape[0], -1, self.head_size)
        rotated_heads = self.heads + self.key_heads
        plain = projected[:, :rotated_heads]
        half = self.head_size // 2
        rotated = torch.addcmul(
            plain * self.cosines[positions], plain.roll(half, -1), self.sines[positions]
        )
        return rotated[:, : self.heads], rotated[:, self.heads :], projected[:, rotated_heads:]

    def finish_layer(self, layer: _Layer, hidden: Tensor, attended: Tensor) -> Tensor:
        """Add attention and feed-forward to the residual stream."""
        hidden = hidden + self.multiply(attended, layer.output)
        normed = F.rms_norm(hidden, hidden.shape[-1:], layer.feed_forward_norm, self.epsilon)
        gate, up = self.multiply(normed, layer.gate_up).chunk(2, dim=-1)
        return hidden + self.multiply(F.silu(gate) * up, layer.down)

    def logits(self, hidden: Tensor) -> Tensor:
        """Return the logits of the next token for every row."""
        return self.multiply(self._normalize(hidden), self.head)

    def _normalize(self, hidden: Tensor) -> Tensor:
        return F.rms_norm(hidden, hidden.shape[-1:], self.final_norm, self.epsilon)

    def multiply(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """Multiply in the model's dtype, return float32."""
        return F.linear(hidden.to(self.dtype), weight).float()


class LlamaState:
    """Rows that grow from shared prompts; see `DecodingState`."""

    def __init__(self, model: LlamaModel, prompts: Sequence[_CachedPrompt]) -> None:
        self._model = model
        self._length = 0
        self._prompts = list(range(len(prompts)))
        self._lengths = torch.tensor([prompt.keys_values.shape[-2] for prompt in prompts])
        longest = int(self._lengths.max())
        # prompts × heads × length × size, for each layer
        self._prompt_keys_values = torch.stack(
            [F.pad(p.keys_values, (0, 0, 0, longest - p.keys_values.shape[-2])) for p in prompts],
            dim=2,
        )
        self._suffix = torch.empty(
            len(model.layers), 2, len(prompts), model.key_heads, 0, model.head_size
        )
        self._arrange()

    def select(self, parents: Sequence[int]) -> None:
        """Make row i a copy of the former row `parents[i]`."""
        if list(parents) == list(range(len(self._prompts))):
            return
        self._suffix = self._suffix.index_select(2, torch.tensor(parents))
        prompts = [self._prompts[parent] for parent in parents]
        alive = sorted(set(prompts))
        if len(alive) < len(self._lengths):
            self._lengths = self._lengths[alive]
            longest = int(self._lengths.max())
            self._prompt_keys_values = self._prompt_keys_values[:, :, alive, :, :longest]
            prompts = [alive.index(prompt) for prompt in prompts]
        self._prompts = prompts
        self._arrange()

    def _arrange(self) -> None:
        """Lay the rows out as prompts × slots: each prompt is read by all its rows at once."""
        count = len(self._lengths)
        members: list[list[int]] = [[] for _ in range(count)]
        for row, prompt in enumerate(self._prompts):
            members[prompt].append(row)
        self._width = max(map(len, members))
        slots = [(rows + [0] * self._width)[: self._width] for rows in members]
        flat = [row for rows in slots for row in rows]
        self._slots = None if flat == list(range(len(self._prompts))) else torch.tensor(flat)
        places = {
            row: prompt * self._width + slot
            for prompt, rows in enumerate(members)
            for slot, row in enumerate(rows)
        }
        self._places = torch.tensor([places[row] for row in range(len(self._prompts))])
        longest = int(self._lengths.max())
        self._mask = None
        if int(self._lengths.min()) < longest:
            outside = torch.arange(longest) >= self._lengths.unsqueeze(1)
            mask = torch.zeros(count, longest).masked_fill(outside, -torch.inf)
            self._mask = mask.repeat_interleave(self._model.key_heads, dim=0).unsqueeze(1)

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Let row i read `tokens[i]`; return the logits of what follows."""
        model = self._model
        rows = len(tokens)
        if self._length == self._suffix.shape[-2]:
            self._suffix = F.pad(self._suffix, (0, 0, 0, _SUFFIX_ROOM))
        positions = self._lengths[self._prompts] + self._length
        self._length += 1
        hidden = model.embedding[torch.tensor(tokens)]
        for number, layer in enumerate(model.layers):
            query, key, value = model.project(layer, hidden, positions)
            keys, values = self._suffix[number, 0], self._suffix[number, 1]
            keys[:, :, self._length - 1] = key
            values[:, :, self._length - 1] = value
            attended = self._attend(
                query.reshape(rows, model.key_heads, -1, model.head_size),
                self._prompt_keys_values[number],
                keys[:, :, : self._length],
                values[:, :, : self._length],
            )
            hidden = model.finish_layer(layer, hidden, attended)
        return model.logits(hidden)

    def _attend(self, query: Tensor, prompt: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Attend to the prompts and the rows' own suffixes under one softmax.

        `query` is rows × key heads × group × size, `prompt` 2 × prompts × key heads × length ×
        size, `keys` and `values` rows × key heads × suffix × size. Returns rows × (heads · size).
        """
        rows = query.shape[0]
        prompt_keys, prompt_values = prompt.flatten(1, 2)
        length, dtype = prompt_keys.shape[1], self._model.dtype
        by_prompt = self._by_prompt(query).to(dtype)
        to_prompt = torch.bmm(by_prompt, prompt_keys.transpose(1, 2)).float()
        if self._mask is not None:
            to_prompt = to_prompt + self._mask
        to_suffix = self._by_prompt(query @ keys.transpose(-1, -2))
        weights = torch.softmax(torch.cat((to_prompt, to_suffix), dim=-1), dim=-1)
        from_prompt = torch.bmm(weights[..., :length].to(dtype), prompt_values).float()
        from_suffix = self._by_row(weights[..., length:], query) @ values
        return (self._by_row(from_prompt, query) + from_suffix).reshape(rows, -1)

    def _by_prompt(self, values: Tensor) -> Tensor:
        """Rearrange rows × heads × group × x into (prompts · heads) × (slots · group) × x."""
        if self._slots is not None:
            values = values[self._slots]
        _, heads, group, last = values.shape
        values = values.view(-1, self._width, heads, group, last).transpose(1, 2)
        return values.reshape(-1, self._width * group, last)

    def _by_row(self, values: Tensor, like: Tensor) -> Tensor:
        """Undo `_by_prompt`."""
        _, heads, group, _ = like.shape
        values = values.view(-1, heads, self._width, group, values.shape[-1]).transpose(1, 2)
        values = values.reshape(-1, heads, group, values.shape[-1])
        return values if self._slots is None else values[self._places]


def _rotary_table(network: Any, positions: int) -> tuple[Tensor, Tensor]:
    """Return cosines and signed sines (positions × 1 × size) for rotating by `roll`."""
    rotary = network.model.rotary_emb
    angles = torch.outer(torch.arange(positions).float(), rotary.inv_freq.float())
    scale = rotary.attention_scaling
    cosines = torch.cat((angles.cos(), angles.cos()), dim=-1) * scale
    sines = torch.cat((-angles.sin(), angles.sin()), dim=-1) * scale
    return cosines.unsqueeze(1), sines.unsqueeze(1)


def _common_length(first: Sequence[int], second: Sequence[int]) -> int:
    length = min(len(first), len(second))
    return next((i for i in range(length) if first[i] != second[i]), length)
