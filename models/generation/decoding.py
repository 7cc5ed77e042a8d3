"""The decoding loop: all rows of all requests advance together, one token at a time."""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from stepcheck.models.generation.completion_selection import (
    CompletionSelection,
    clean,
    contains_placeholder,
)
from stepcheck.models.generation.decoding_strategies import (
    DecodingTask,
    Hypothesis,
    Randomness,
    constrain,
    make_strategy,
)
from stepcheck.models.generation.token_healing import HealedPrompt
from stepcheck.models.generation.vocabulary import Vocabulary
from stepcheck.models.interface import Completion, GenerationRequest, ModelError


class DecodingState(Protocol):
    """A batch of rows with the keys and values of what each has read."""

    def select(self, parents: Sequence[int]) -> None:
        """Make row i a copy of the former row `parents[i]`: expands, reorders and drops rows."""
        ...

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Let row i read `tokens[i]`; return the logits of what follows (rows × vocabulary)."""
        ...


@dataclass(frozen=True, slots=True)
class TokenPrompt:
    """What a network reads before it writes; `source` goes to the encoder where there is one."""

    tokens: tuple[int, ...]
    source: tuple[int, ...] = ()


class IncrementalDecoder(Protocol):
    """A network that reads prompts once and then steps."""

    def prefill(self, prompts: Sequence[TokenPrompt]) -> tuple[DecodingState, Tensor]:
        """Read the prompts; return a state with one row each and their logits."""
        ...

    def embed(self, tokens: Sequence[int]) -> Tensor:
        """Return the mean of the last hidden states of what reads the prompt (1-d)."""
        ...


@dataclass(frozen=True, slots=True)
class DecodingJob:
    """A request with its prompt in tokens; `stops` are texts that end a completion.

    `is_refused` tells which completions don't count, by default proof steps that give up.
    Raises `ValueError` for senseless numbers.
    """

    request: GenerationRequest
    prefix: str
    prompt: HealedPrompt
    max_tokens: int
    stops: tuple[str, ...] = ()
    source: tuple[int, ...] = ()
    is_refused: Callable[[str], bool] = contains_placeholder

    def __post_init__(self) -> None:
        request = self.request
        if request.n < 1 or self.max_tokens < 1:
            raise ValueError("n and max_tokens must be at least 1")
        if not 0.0 <= request.temperature < math.inf or not 0.0 < request.top_p <= 1.0:
            raise ValueError("temperature must be 0 or more, top_p above 0 and at most 1")

    @property
    def read(self) -> TokenPrompt:
        """What the network reads."""
        return TokenPrompt(self.prompt.tokens, self.source)


class _ActiveRequest:
    """One request while it is decoded: its strategy, and the completions found so far."""

    def __init__(
        self,
        job: DecodingJob,
        vocabulary: Vocabulary,
        on_completion: Callable[[Completion], None],
    ) -> None:
        self.selection = CompletionSelection(job.request.n, job.is_refused)
        self._job = job
        self._on_completion = on_completion
        self._stops = tuple(stop.encode() for stop in job.stops)
        self._must_write = not job.prefix.strip()
        request = job.request
        root = Hypothesis(b"", job.prompt.required)
        task = DecodingTask(root, request.n, vocabulary, self._finish, self._is_stopped)
        randomness = Randomness.seeded(request.seed, request.temperature, request.top_p)
        self.strategy = make_strategy(request.method, task, randomness)

    def forbids_ending(self) -> list[bool]:
        """Tell for each row whether ending now would leave an empty completion."""
        return [
            self._must_write and not self._job.prompt.complete(hypothesis.text).strip()
            for hypothesis in self.strategy.hypotheses
        ]

    def _is_stopped(self, hypothesis: Hypothesis) -> bool:
        if hypothesis.required:
            return False
        if hypothesis.tokens >= self._job.max_tokens:
            return True
        if not self._stops:
            return False
        written = self._job.prompt.complete(hypothesis.text)[len(self._job.prompt.lead) :]
        return any(stop in written.lstrip() for stop in self._stops)

    def _finish(self, hypothesis: Hypothesis) -> bool:
        if hypothesis.required:
            return False
        # A text cut within a character at the token limit loses that character only.
        text = self._job.prompt.complete(hypothesis.text).decode(errors="ignore")
        completion = Completion(
            clean(text, self._job.prefix, self._job.stops),
            hypothesis.log_probability / hypothesis.tokens,
            hypothesis.tokens,
        )
        is_new = self.selection.add(completion)
        if is_new:
            self._on_completion(completion)
        return is_new


@torch.inference_mode()
def decode(
    model: IncrementalDecoder,
    vocabulary: Vocabulary,
    jobs: Sequence[DecodingJob],
    *,
    is_cancelled: Callable[[int], bool],
    on_completion: Callable[[int, Completion], None],
) -> list[list[Completion]]:
    """Complete all jobs in one batch; see `Generator.generate` for the callbacks.

    Every distinct prompt is read once, whatever the number of its completions. Rows that finish or
    whose request is cancelled leave the batch with the next step.
    """
    if not jobs:
        return []
    prompts = list(dict.fromkeys(job.read for job in jobs))
    state, logits = model.prefill(prompts)
    order = [prompts.index(job.read) for job in jobs]
    logits = logits[torch.tensor(order, device=logits.device)]
    active_requests = [
        _ActiveRequest(job, vocabulary, functools.partial(on_completion, index))
        for index, job in enumerate(jobs)
    ]
    rows = order
    while True:
        check_numbers(logits[0, 0])
        log_probabilities = torch.log_softmax(logits.float(), dim=-1)
        _constrain_rows(log_probabilities, active_requests, vocabulary)
        parents: list[int] = []
        tokens: list[int] = []
        first = 0
        for index, active in enumerate(active_requests):
            count = len(active.strategy.hypotheses)
            if count == 0:
                continue
            if is_cancelled(index):
                active.strategy.hypotheses = []
            else:
                following = active.strategy.advance(log_probabilities[first : first + count])
                parents += [rows[first + parent] for parent in following.parents]
                tokens += following.tokens
            first += count
        if not parents:
            return [active.selection.best() for active in active_requests]
        state.select(parents)
        logits = state.step(tokens)
        rows = list(range(len(parents)))


def check_numbers(values: Tensor) -> None:
    """Raise `ModelError` unless all values are finite."""
    if not torch.isfinite(values).all():
        raise ModelError(
            "the model computes values that are not numbers; its weights are damaged or need "
            "another dtype: load it with dtype float32, or replace the files"
        )


def _constrain_rows(
    log_probabilities: Tensor, active_requests: Sequence[_ActiveRequest], vocabulary: Vocabulary
) -> None:
    required = [
        hypothesis.required
        for active in active_requests
        for hypothesis in active.strategy.hypotheses
    ]
    constrain(log_probabilities, required, vocabulary)
    forbids_ending = [flag for active in active_requests for flag in active.forbids_ending()]
    if any(forbids_ending) and len(vocabulary.end_tokens):
        rows = torch.tensor([row for row, flag in enumerate(forbids_ending) if flag])
        ends = vocabulary.end_tokens
        device = log_probabilities.device
        log_probabilities[rows.to(device).unsqueeze(1), ends.to(device)] = -math.inf
