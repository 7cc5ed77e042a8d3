"""The interface of every chat model, wherever it runs; importing it loads no model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from stepcheck.models.interface import ModelError

IsCancelled = Callable[[], bool]
"""Polled while a model works: true once the answer is no longer wanted."""

OPTION_TOKENS = 16
"""How many tokens of an answer are searched for an option."""

_AROUND_OPTION = " \t\r\n\u2581\u0120\"'`*_()[]{}<>.,:;"


class ChatError(ModelError):
    """The model gave no answer; the message says why and names the remedy."""


class ChatUnreachableError(ChatError):
    """Nothing answers at the model's address, or the connection broke."""


class ChatBusyError(ChatError):
    """The server was overloaded or failing, however often it was asked."""


class ChatRefusedError(ChatError):
    """The server refused the request: a wrong token, an unknown model, a limit."""


class ChatTimeoutError(ChatError):
    """The answer did not come in time."""


class ChatAnswerError(ChatError):
    """There was an answer, but not one that can be read: not of the protocol, or no option."""


class ChatCancelledError(ChatError):
    """The caller no longer wants the answer."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn: `temperature` 0 is the likeliest, `top_p` the nucleus drawn from."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionProbabilities:
    """How likely each option is as the answer.

    `probabilities` need not sum to 1: the model may have wanted to say something else. `estimated`
    if they are frequencies among `calls` sampled answers, as the server gives no probabilities.
    """

    probabilities: Mapping[str, float]
    calls: int = 1
    estimated: bool = False


class ChatModel(Protocol):
    """Converses; one may be used by many threads."""

    @property
    def name(self) -> str:
        """The name under which the model is reported."""
        ...

    @property
    def identity(self) -> str:
        """What tells it from other models of that name, for whoever keeps its answers."""
        ...

    def complete(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        is_cancelled: IsCancelled = lambda: False,
    ) -> str:
        """Return what the model says next, which may be empty. Raises `ChatError`."""
        ...

    def choose(
        self,
        messages: Sequence[ChatMessage],
        options: Sequence[str],
        is_cancelled: IsCancelled = lambda: False,
    ) -> OptionProbabilities:
        """Return how likely each option, a short word or letter, is as the answer.

        Read at the first generated position that emits an option (of the likeliest answer), as the
        largest probability among the tokens that write it (PairS, arXiv 2403.16950, section 3).
        Raises `ChatError`; `ChatAnswerError` if no position emits an option.
        """
        ...


def option_of(token: str, options: Sequence[str]) -> str | None:
    """Return the option that a token writes: itself, with blanks or punctuation around it."""
    bare = token.strip(_AROUND_OPTION)
    return bare if bare in options else None


def read_options(
    positions: Sequence[tuple[str, Mapping[str, float]]], options: Sequence[str]
) -> Mapping[str, float]:
    """Return the options' probabilities at the first position that emits one.

    `positions` hold, for each generated token, its text and the probabilities of the tokens that
    might have stood there. Raises `ChatAnswerError`.
    """
    for emitted, candidates in positions[:OPTION_TOKENS]:
        if option_of(emitted, options) is None:
            continue
        found = dict.fromkeys(options, 0.0)
        for token, probability in candidates.items():
            option = option_of(token, options)
            if option is not None:
                found[option] = max(found[option], probability)
        return found
    said = "".join(token for token, _ in positions)
    raise no_option(said, options)


def no_option(said: str, options: Sequence[str]) -> ChatAnswerError:
    """Return the error for an answer that is none of the options."""
    return ChatAnswerError(
        f"the model answered {said[:80]!r}, which is none of {', '.join(options)}; "
        "use a model that follows instructions and answers without reasoning aloud"
    )
