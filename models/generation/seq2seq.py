"""Encoder-decoder language models (T5, ByT5): the encoder reads the goal, the decoder the prefix.

ReProver (Yang et al. 2023, "LeanDojo") is such a model.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from stepcheck.models.generation.causal import pad_left
from stepcheck.models.generation.decoding import DecodingJob, TokenPrompt
from stepcheck.models.generation.generator import LocalGenerator
from stepcheck.models.generation.prompt_fitting import fit_prompt, sanitize
from stepcheck.models.generation.token_healing import heal_prompt
from stepcheck.models.interface import GenerationRequest, SuggestionPrompt

_SOURCE_TOKENS = 2048
_PREFIX_TOKENS = 1024


class Seq2SeqGenerator(LocalGenerator["Seq2SeqNetwork"]):
    """An encoder-decoder."""

    @property
    def _longest_text(self) -> int:
        return _SOURCE_TOKENS

    def _job(self, request: GenerationRequest) -> DecodingJob:
        prompt = sanitize(request.prompt)
        prefix = prompt.prefix
        _, source = fit_prompt(replace(prompt, prefix=""), _SOURCE_TOKENS, self._encode)
        tokens = self._tokenizer(prefix, add_special_tokens=False).input_ids[-_PREFIX_TOKENS:]
        text = prefix.encode()
        cut = heal_prompt(tokens, text, text, self._vocabulary)
        cut = replace(cut, tokens=(self._network.start, *cut.tokens))
        return DecodingJob(
            request, prefix, cut, request.max_tokens, self._format.stops, tuple(source)
        )

    def _encode(self, prompt: SuggestionPrompt) -> list[int]:
        # An encoder that reads nothing has nothing to attend to.
        return list(self._tokenizer(self._format.write(prompt)).input_ids) or [self._network.start]


class Seq2SeqNetwork:
    """A transformers encoder-decoder as a `IncrementalDecoder`."""

    def __init__(self, network: Any, padding: int) -> None:
        self._network = network
        self._padding = padding
        start = network.config.decoder_start_token_id
        self.start: int = padding if start is None else start

    def embed(self, tokens: Sequence[int]) -> Tensor:
        """Return the mean of the encoder's last hidden states; see `IncrementalDecoder`."""
        row = torch.tensor([tokens], device=self._network.device)
        encoded = self._network.get_encoder()(input_ids=row)
        embedding: Tensor = encoded.last_hidden_state[0].float().mean(dim=0)
        return embedding

    def prefill(self, prompts: Sequence[TokenPrompt]) -> tuple["Seq2SeqRows", Tensor]:
        """Encode the sources and read the prefixes, each in one batch padded on the left."""
        device = self._network.device
        source, source_mask = pad_left([p.source for p in prompts], self._padding, device)
        encoded = self._network.get_encoder()(input_ids=source, attention_mask=source_mask)
        tokens, mask = pad_left([prompt.tokens for prompt in prompts], self._padding, device)
        rows = Seq2SeqRows(self._network, encoded.last_hidden_state, source_mask, mask)
        return rows, rows.read(tokens)


class Seq2SeqRows:
    """Rows over a transformers encoder-decoder cache; see `DecodingState`."""

    def __init__(self, network: Any, encoded: Tensor, source_mask: Tensor, mask: Tensor) -> None:
        self._network = network
        self._encoded = encoded
        self._source_mask = source_mask
        self._mask = mask
        self._cache: Any = None

    def read(self, tokens: Tensor) -> Tensor:
        """Read tokens (rows × length) already counted in the mask; return the last logits."""
        output = self._network(
            encoder_outputs=(self._encoded,),
            attention_mask=self._source_mask,
            decoder_input_ids=tokens,
            decoder_attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = output.past_key_values
        logits: Tensor = output.logits[:, -1]
        return logits

    def select(self, parents: Sequence[int]) -> None:
        """Make row i a copy of the former row `parents[i]`."""
        if list(parents) != list(range(self._mask.shape[0])):
            rows = torch.tensor(parents, device=self._mask.device)
            self._cache.reorder_cache(rows)
            self._encoded = self._encoded[rows]
            self._source_mask = self._source_mask[rows]
            self._mask = self._mask[rows]

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Let row i read `tokens[i]`; return the logits of what follows."""
        self._mask = torch.cat((self._mask, self._mask.new_ones(len(tokens), 1)), dim=-1)
        return self.read(torch.tensor(tokens, device=self._mask.device).unsqueeze(1))
