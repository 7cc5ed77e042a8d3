"""The decoding loop: all rows of all requests advance together, one token at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from stepcheck.models.generation.prefix import CutPrompt
from stepcheck.models.generation.search import Hypothesis, Search, constrain, start_search
from stepcheck.models.generation.selection import Selection, clean, gives_up
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


class StepModel(Protocol):
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
    prompt: CutPrompt
    max_tokens: int
    stops: tuple[str, ...] = ()
    source: tuple[int, ...] = ()
    is_refused: Callable[[str], bool] = gives_up

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


class _Course:
    """One request on its way: its search and what it has found."""

    def __init__(
        self,
        job: DecodingJob,
        vocabulary: Vocabulary,
        on_completion: Callable[[Completion], None],
    ) -> None:
        self.selection = Selection(job.request.n, job.is_refused)
        self._job = job
        self._on_completion = on_completion
        self._stops = tuple(stop.encode() for stop in job.stops)
        self._must_write = not job.prefix.strip()
        request = job.request
        self.search: Search = start_search(
            request.method,
            Hypothesis(b"", job.prompt.required),
            request.n,
            vocabulary,
            self._finish,
            self._is_stopped,
            temperature=request.temperature,
            top_p=request.top_p,
            seed=request.seed,
        )

    def may_not_end(self) -> list[bool]:
        """Tell for each row whether ending now would leave an empty completion."""
        return [
            self._must_write and not self._job.prompt.complete(hypothesis.text).strip()
            for hypothesis in self.search.hypotheses
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
        is_new = self.selection.offer(completion)
        if is_new:
            self._on_completion(completion)
        return is_new


@torch.inference_mode()
def decode(
    model: StepModel,
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
    courses = [
        _Course(job, vocabulary, lambda completion, index=index: on_completion(index, completion))  # type: ignore[misc]
        for index, job in enumerate(jobs)
    ]
    rows = order
    while True:
        check_numbers(logits[0, 0])
        log_probabilities = torch.log_softmax(logits.float(), dim=-1)
        _constrain_rows(log_probabilities, courses, vocabulary)
        parents: list[int] = []
        tokens: list[int] = []
        first = 0
        for index, course in enumerate(courses):
            count = len(course.search.hypotheses)
            if count == 0:
                continue
            if is_cancelled(index):
                course.search.hypotheses = []
            else:
                step = course.search.advance(log_probabilities[first : first + count])
                parents += [rows[first + parent] for parent in step.parents]
                tokens += step.tokens
            first += count
        if not parents:
            return [course.selection.best() for course in courses]
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
    log_probabilities: Tensor, courses: Sequence[_Course], vocabulary: Vocabulary
) -> None:
    required = [
        hypothesis.required for course in courses for hypothesis in course.search.hypotheses
    ]
    constrain(log_probabilities, required, vocabulary)
    may_not_end = [flag for course in courses for flag in course.may_not_end()]
    if any(may_not_end) and len(vocabulary.end_tokens):
        rows = torch.tensor([row for row, flag in enumerate(may_not_end) if flag])
        ends = vocabulary.end_tokens
        device = log_probabilities.device
        log_probabilities[rows.to(device).unsqueeze(1), ends.to(device)] = -math.inf
