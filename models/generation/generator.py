"""What generators on local weights share: a network, its tokenizer, and one decoding batch."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic

import torch

from stepcheck.models.generation.decoding import DecodingJob, check_numbers, decode
from stepcheck.models.generation.loaded_model import LoadedModel, Network
from stepcheck.models.generation.prompt_formats import PromptFormat
from stepcheck.models.interface import Completion, Embedding, GenerationRequest


class LocalGenerator(ABC, Generic[Network]):
    """A network with its tokenizer and prompt format; see `Generator` and `Encoder`."""

    def __init__(self, model: LoadedModel[Network], prompt_format: PromptFormat) -> None:
        self._name = model.name
        self._device = model.device
        self._network = model.network
        self._tokenizer = model.tokenizer
        self._vocabulary = model.vocabulary
        self._format = prompt_format

    @property
    def name(self) -> str:
        """The name under which the model is reported."""
        return self._name

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._device

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        is_cancelled: Callable[[int], bool] = lambda _: False,
        on_completion: Callable[[int, Completion], None] = lambda _index, _completion: None,
    ) -> list[list[Completion]]:
        """Complete every request in one batch."""
        return decode(
            self._network,
            self._vocabulary,
            [self._job(request) for request in requests],
            is_cancelled=is_cancelled,
            on_completion=on_completion,
        )

    @torch.inference_mode()
    def encode(self, texts: Sequence[str]) -> list[Embedding]:
        """Embed every text."""
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> Embedding:
        text = text.encode("utf-8", errors="replace").decode()
        tokenized = self._tokenizer(text, truncation=True, max_length=self._longest_text)
        # Blanks alone are no token at all to some tokenizers.
        tokens = tokenized.input_ids or [min(self._vocabulary.ends, default=0)]
        embedding = self._network.embed(tokens).float()
        check_numbers(embedding)
        return tuple(embedding.tolist())

    @property
    @abstractmethod
    def _longest_text(self) -> int:
        """How many tokens of a text are embedded at most."""

    @abstractmethod
    def _job(self, request: GenerationRequest) -> DecodingJob:
        """Put a request in tokens, its prefix cut where the vocabulary allows."""
