"""Decoder-only language models: the goal and the prefix are one prompt."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from stepcheck.models.generation.decoding import DecodingJob, IncrementalDecoder, TokenPrompt
from stepcheck.models.generation.generator import LocalGenerator
from stepcheck.models.generation.loaded_model import LoadedModel
from stepcheck.models.generation.prompt_encoding import PromptEncoder
from stepcheck.models.generation.prompt_formats import PromptFormat
from stepcheck.models.interface import GenerationRequest


class CausalGenerator(LocalGenerator[IncrementalDecoder]):
    """A decoder.

    `context_tokens` is the longest sequence the network reads, prompt and completion together.
    """

    def __init__(
        self,
        model: LoadedModel[IncrementalDecoder],
        prompt_format: PromptFormat,
        *,
        context_tokens: int,
    ) -> None:
        super().__init__(model, prompt_format)
        self._context_tokens = context_tokens
        self._prompts = PromptEncoder(
            model.tokenizer, model.vocabulary, prompt_format, context_tokens
        )

    @property
    def _longest_text(self) -> int:
        return self._context_tokens

    def _job(self, request: GenerationRequest) -> DecodingJob:
        max_tokens = min(request.max_tokens, max(1, self._context_tokens // 2))
        encoded = self._prompts.encode(request.prompt, max_tokens)
        return DecodingJob(
            request, encoded.prompt.prefix, encoded.cut, max_tokens, self._format.stops
        )


class CausalNetwork:
    """A transformers decoder, for the families without a fast forward pass of their own."""

    def __init__(self, network: Any, padding: int) -> None:
        self._network = network
        self._padding = padding
        self._parameters = frozenset(inspect.signature(network.forward).parameters)

    def prefill(self, prompts: Sequence[TokenPrompt]) -> tuple["CausalRows", Tensor]:
        """Read the prompts in one batch, padded on the left."""
        tokens, mask = pad_left(
            [prompt.tokens for prompt in prompts], self._padding, self._network.device
        )
        rows = CausalRows(self, mask)
        return rows, rows.read(tokens)

    def embed(self, tokens: Sequence[int]) -> Tensor:
        """Return the mean of the decoder's last hidden states; see `IncrementalDecoder`."""
        row = torch.tensor([tokens], device=self._network.device)
        output = self._network.base_model(input_ids=row, use_cache=False)
        embedding: Tensor = output.last_hidden_state[0].float().mean(dim=0)
        return embedding

    def read(self, tokens: Tensor, mask: Tensor, cache: Any) -> tuple[Tensor, Any]:
        """Read the tokens (rows × length); return the last logits and the cache."""
        options: dict[str, Any] = {}
        if "position_ids" in self._parameters:
            positions = (mask.cumsum(dim=-1) - 1).clamp_(min=0)
            options["position_ids"] = positions[:, -tokens.shape[1] :]
        if "logits_to_keep" in self._parameters:
            options["logits_to_keep"] = 1
        output = self._network(
            input_ids=tokens, attention_mask=mask, past_key_values=cache, use_cache=True, **options
        )
        return output.logits[:, -1], output.past_key_values


class CausalRows:
    """Rows over a transformers cache; see `DecodingState`."""

    def __init__(self, network: CausalNetwork, mask: Tensor) -> None:
        self._network = network
        self._mask = mask
        self._cache: Any = None

    def read(self, tokens: Tensor) -> Tensor:
        """Read tokens (rows × length) already counted in the mask; return the last logits."""
        logits, self._cache = self._network.read(tokens, self._mask, self._cache)
        return logits

    def select(self, parents: Sequence[int]) -> None:
        """Make row i a copy of the former row `parents[i]`."""
        if list(parents) != list(range(self._mask.shape[0])):
            rows = torch.tensor(parents, device=self._mask.device)
            self._cache.reorder_cache(rows)
            self._mask = self._mask[rows]

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Let row i read `tokens[i]`; return the logits of what follows."""
        self._mask = torch.cat((self._mask, self._mask.new_ones(len(tokens), 1)), dim=-1)
        return self.read(torch.tensor(tokens, device=self._mask.device).unsqueeze(1))


def pad_left(
    sequences: Sequence[Sequence[int]], padding: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the sequences as one tensor, padded on the left, and its mask (1 where a token is)."""
    longest = max(map(len, sequences))
    tokens = [[padding] * (longest - len(row)) + list(row) for row in sequences]
    mask = [[0] * (longest - len(row)) + [1] * len(row) for row in sequences]
    return torch.tensor(tokens, device=device), torch.tensor(mask, device=device)
