"""Decoding strategies of one request: independent samples, beam search, distinct samples."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from stepcheck.models.generation.vocabulary import Vocabulary
from stepcheck.models.interface import GenerationMethod

_MINIMUM_CANDIDATES = 32


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An unfinished completion.

    `text` is what was generated so far, `required` what it must still begin with from here on,
    `log_probability` the sum over its `tokens` tokens under the untempered model (nats), `key` the
    quantity a beam search ranks it by, `sample` its number among the samples of the request.
    """

    text: bytes
    required: bytes
    log_probability: float = 0.0
    tokens: int = 0
    key: float = 0.0
    sample: int = 0

    def extend(
        self, token: int, log_probability: float, vocabulary: Vocabulary, *, key: float, sample: int
    ) -> "Hypothesis":
        """Return this hypothesis with one more token."""
        piece = vocabulary.pieces[token] or b""
        return Hypothesis(
            self.text + piece,
            self.required[len(piece) :],
            self.log_probability + log_probability,
            self.tokens + 1,
            key,
            sample,
        )


@dataclass(frozen=True, slots=True)
class NextRows:
    """The rows of the next batch: for each, the row it grows from and the token it adds."""

    parents: list[int]
    tokens: list[int]


Finish = Callable[[Hypothesis], bool]
"""Takes a finished hypothesis; returns whether it counts as a completion (not empty, not known)."""

IsStopped = Callable[[Hypothesis], bool]
"""Tells whether a hypothesis has reached its end without an end token."""


@dataclass(frozen=True, slots=True)
class DecodingTask:
    """What a strategy completes: `count` times the `root`, in the tokens of a vocabulary."""

    root: Hypothesis
    count: int
    vocabulary: Vocabulary
    finish: Finish
    is_stopped: IsStopped


@dataclass(frozen=True, slots=True)
class Randomness:
    """How tokens are drawn: by a generator, tempered, from the nucleus of mass `top_p`."""

    generator: torch.Generator
    temperature: float = 1.0
    top_p: float = 1.0

    @classmethod
    def seeded(cls, seed: int | None, temperature: float = 1.0, top_p: float = 1.0) -> Self:
        """Draw the same for the same seed, and anything without one."""
        generator = torch.Generator()
        if seed is None:
            generator.seed()
        else:
            generator.manual_seed(seed % 2**64)
        return cls(generator, temperature, top_p)


class DecodingStrategy(Protocol):
    """Grows the hypotheses of one request, one token at a time.

    It starts with one row, the prompt's. `advance` gets the log-probabilities of the next token of
    each of its rows (rows × vocabulary, tokens that may not come next at -inf; it may overwrite
    them) and returns its next rows, none when it is done.
    """

    hypotheses: list[Hypothesis]

    def advance(self, log_probabilities: Tensor) -> NextRows:
        """Choose the next tokens."""
        ...


class Sampling:
    """Independent samples, optionally tempered and from the nucleus (top-p, Holtzman et al. 2020).

    Sample i of a seed is the same whatever else is in the batch: each step draws one number for
    every sample, finished or not, from the request's own generator.
    """

    def __init__(self, task: DecodingTask, randomness: Randomness) -> None:
        self.hypotheses = [task.root]
        self._task = task
        self._randomness = randomness

    def advance(self, log_probabilities: Tensor) -> NextRows:
        """Draw one token for every row."""
        weights = torch.softmax(log_probabilities / self._randomness.temperature, dim=-1)
        if self._randomness.top_p < 1.0:
            weights = _nucleus(weights, self._randomness.top_p)
        parents = list(range(len(self.hypotheses)))
        samples = [hypothesis.sample for hypothesis in self.hypotheses]
        if self.hypotheses[0].tokens == 0:
            parents, samples = [0] * self._task.count, list(range(self._task.count))
            weights = weights.expand(self._task.count, -1)
        uniform = torch.rand(self._task.count, generator=self._randomness.generator)[samples]
        cumulative = weights.cumsum(dim=-1, dtype=torch.float64)
        threshold = uniform.to(cumulative).unsqueeze(1) * cumulative[:, -1:]
        drawn = torch.searchsorted(cumulative, threshold, right=True)
        drawn = drawn.clamp_(max=weights.shape[1] - 1)
        rows = torch.tensor(parents, device=drawn.device)
        gained = log_probabilities[rows, drawn[:, 0]].tolist()
        grown: list[Hypothesis] = []
        next_rows = NextRows([], [])
        for parent, sample, token, gain in zip(
            parents, samples, drawn[:, 0].tolist(), gained, strict=True
        ):
            if gain == -math.inf:
                continue
            hypothesis = self.hypotheses[parent].extend(
                token, gain, self._task.vocabulary, key=0.0, sample=sample
            )
            if token in self._task.vocabulary.ends or self._task.is_stopped(hypothesis):
                self._task.finish(hypothesis)
                continue
            grown.append(hypothesis)
            next_rows.parents.append(parent)
            next_rows.tokens.append(token)
        self.hypotheses = grown
        return next_rows


class BeamSearch:
    """The most probable completions, or distinct samples, in a beam of `count` rows.

    Rows are ranked by `key`: the sum of log-probabilities, and with `perturb` the same perturbed by
    Gumbel noise, which makes the result a sample without replacement (stochastic beam search, Kool,
    van Hoof and Welling 2019). Finished hypotheses keep their place in the beam, so that the beam
    narrows as completions are found, and it ends when no row can still reach the best `count`.
    """

    def __init__(self, task: DecodingTask, perturb: "Perturbation | None" = None) -> None:
        self.hypotheses = [task.root]
        self._task = task
        self._perturb = perturb
        self._tempered = [0.0]
        self._finished_keys: list[float] = []

    def advance(self, log_probabilities: Tensor) -> NextRows:
        """Keep the best extensions of all rows."""
        rows, size = log_probabilities.shape
        ends = len(self._task.vocabulary.ends)
        considered = min(size, max(self._task.count + ends, _MINIMUM_CANDIDATES))
        gained, tokens = log_probabilities.topk(considered, dim=-1)
        gained, tokens = gained.float().cpu(), tokens.cpu()
        if self._perturb is None:
            sums = torch.tensor([hypothesis.log_probability for hypothesis in self.hypotheses])
            keys = tempered = gained + sums.unsqueeze(1)
        else:
            parent_keys = torch.tensor([hypothesis.key for hypothesis in self.hypotheses])
            keys, tempered = self._perturb(gained, torch.tensor(self._tempered), parent_keys)
        best, positions = keys.flatten().topk(min(keys.numel(), self._task.count + rows * ends))
        candidates = zip(
            best.tolist(),
            positions.tolist(),
            tokens.flatten()[positions].tolist(),
            gained.flatten()[positions].tolist(),
            tempered.flatten()[positions].tolist(),
            strict=True,
        )
        return self._keep(candidates, considered)

    def _keep(
        self, candidates: "zip[tuple[float, int, int, float, float]]", considered: int
    ) -> NextRows:
        grown: list[Hypothesis] = []
        self._tempered = []
        next_rows = NextRows([], [])
        for key, position, token, gain, tempered in candidates:
            ahead = len(grown) + sum(known >= key for known in self._finished_keys)
            if ahead >= self._task.count or key == -math.inf:
                break
            parent = position // considered
            hypothesis = self.hypotheses[parent].extend(
                token, gain, self._task.vocabulary, key=key, sample=0
            )
            if token in self._task.vocabulary.ends or self._task.is_stopped(hypothesis):
                if self._task.finish(hypothesis):
                    self._finished_keys.append(key)
                continue
            grown.append(hypothesis)
            self._tempered.append(tempered)
            next_rows.parents.append(parent)
            next_rows.tokens.append(token)
        self.hypotheses = grown
        return next_rows


class Perturbation:
    """Gumbel noise for the extensions of a beam, consistent with the noise of the rows they extend.

    Kool, van Hoof and Welling 2019, "Stochastic Beams and Where to Find Them", sections 4.1 and
    appendix B.3 (numerically stable conditioning on the maximum).
    """

    def __init__(self, randomness: Randomness) -> None:
        self._randomness = randomness

    def __call__(
        self, log_probabilities: Tensor, tempered_sums: Tensor, parent_keys: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return perturbed keys and tempered sums of log-probabilities, both rows × candidates.

        `log_probabilities` are those of the candidates (rows × candidates, descending); the other
        two belong to the rows they extend.
        """
        tempered = torch.log_softmax(log_probabilities / self._randomness.temperature, dim=-1)
        if self._randomness.top_p < 1.0:
            tempered = torch.log_softmax(
                _nucleus(tempered.exp(), self._randomness.top_p).log(), dim=-1
            )
        sums = tempered + tempered_sums.unsqueeze(1)
        # Zero is drawn once in 2^24 times and has no logarithm.
        uniform = torch.rand(sums.shape, generator=self._randomness.generator).clamp_(
            1e-9, 1 - 1e-7
        )
        noisy = sums - uniform.log().neg_().log_()
        highest = noisy.max(dim=-1, keepdim=True).values
        target = parent_keys.unsqueeze(1)
        gap = target - noisy + torch.log1p(-torch.exp(noisy - highest))
        keys = target - gap.clamp(min=0) - torch.log1p(torch.exp(-gap.abs()))
        return keys.masked_fill(sums == -math.inf, -math.inf), sums


def make_strategy(
    method: GenerationMethod, task: DecodingTask, randomness: Randomness
) -> DecodingStrategy:
    """Make the strategy of a generation method.

    At temperature 0 the samples of a model are its most probable completions: a beam.
    """
    if method == "beam" or randomness.temperature == 0:
        return BeamSearch(task)
    if method == "distinct":
        return BeamSearch(task, Perturbation(randomness))
    return Sampling(task, randomness)


def constrain(log_probabilities: Tensor, required: Sequence[bytes], vocabulary: Vocabulary) -> None:
    """Set to -inf, in place, what cannot come next.

    `log_probabilities` is rows × vocabulary; row i must go on with the bytes `required[i]`.
    """
    if len(vocabulary.never_generated):
        silent = vocabulary.never_generated.to(log_probabilities.device)
        log_probabilities.index_fill_(1, silent, -math.inf)
    for row, text in enumerate(required):
        if text:
            allowed = vocabulary.tokens_towards(text).to(log_probabilities.device)
            values = log_probabilities[row, allowed]
            log_probabilities[row] = -math.inf
            log_probabilities[row, allowed] = values


def _nucleus(weights: Tensor, top_p: float) -> Tensor:
    """Zero all but the smallest set of weights (rows sum to 1) that reaches `top_p`."""
    ordered, order = weights.sort(dim=-1, descending=True)
    outside = ordered.cumsum(dim=-1) - ordered >= top_p
    return weights.masked_fill(outside.gather(-1, order.argsort(dim=-1)), 0.0)
