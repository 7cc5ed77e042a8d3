"""The interface of every language model, whatever its family: generate completions, embed texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

GenerationMethod = Literal["sample", "distinct", "beam"]
"""How completions are found: independent draws, draws without replacement, or the n best."""


Embedding = tuple[float, ...]
"""A text as a point; its length is the model's hidden size."""


class ModelError(Exception):
    """A model cannot be loaded or used; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class SuggestionPrompt:
    """What a proof step is asked for.

    `goal` is the pretty-printed proof state, `prefix` the text every suggestion must begin with,
    `context` the text of the file before the tactic block (may be empty).
    """

    goal: str
    prefix: str = ""
    context: str = ""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One prompt and how to complete it.

    `n` completions of at most `max_tokens` new tokens each. "sample" draws independently,
    "distinct" draws without replacement, "beam" returns the n best of a beam search. `temperature`
    and `top_p` (the nucleus that tokens are drawn from) apply to the two that draw.
    """

    prompt: SuggestionPrompt
    n: int = 10
    temperature: float = 1.0
    max_tokens: int = 64
    method: GenerationMethod = "beam"
    top_p: float = 1.0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A generated step, prefix included; `score` is its mean token log-probability (nats)."""

    text: str
    score: float
    tokens: int

    @property
    def log_probability(self) -> float:
        """The log-probability of the whole text (nats)."""
        return self.score * self.tokens


class Generator(Protocol):
    """Completes prompts."""

    @property
    def name(self) -> str:
        """The name under which the model is reported."""
        ...

    @property
    def device(self) -> str:
        """The torch device it runs on, such as "cpu" or "cuda"."""
        ...

    def generate(
        self,
        requests: Sequence[GenerationRequest],
        *,
        is_cancelled: Callable[[int], bool] = lambda _: False,
        on_completion: Callable[[int, Completion], None] = lambda _index, _completion: None,
    ) -> list[list[Completion]]:
        """Complete every request in one batch.

        For each request: distinct completions that begin with its prefix, without `sorry` or
        `admit`, at most `n` (fewer when the model repeats itself), the most probable first. That is
        by `log_probability`: a mean over tokens prefers long texts to likely ones.
        `is_cancelled(index)` is polled while generating; a cancelled request yields what it has.
        `on_completion(index, completion)` is called as soon as a completion is finished.
        """
        ...


@runtime_checkable
class Encoder(Protocol):
    """Embeds texts; what generates need not be one."""

    def encode(self, texts: Sequence[str]) -> list[Embedding]:
        """Return the mean of the last hidden states over each text's tokens, as float32.

        Those of the encoder where there is one (as ReProver's retriever is read, Yang et al. 2023,
        "LeanDojo"), else of the decoder. A text longer than the network reads counts up to there.
        Raises `ModelError` if the weights compute what is no number.
        """
        ...
