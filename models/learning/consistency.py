"""How much a model agrees with itself about a step, and where that misleads.

The score of FactTune that needs no reference (Tian et al. 2023, arXiv 2311.08401, section 3.2): the
model is asked again and again, and a step counts as much as the share of answers that equal it.
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch

from stepcheck.models.generation.causal import CausalGenerator, CausalNetwork
from stepcheck.models.generation.decoding import IncrementalDecoder
from stepcheck.models.generation.llama import LlamaModel
from stepcheck.models.generation.loaded_model import LoadedModel
from stepcheck.models.interface import GenerationRequest, Generator, SuggestionPrompt
from stepcheck.models.learning.base import Base
from stepcheck.models.learning.data import CheckedRow, Outcome
from stepcheck.models.learning.step_classes import canonical, tactic_of
from stepcheck.models.learning.tokens import SERVED_TOKENS

_PROMPTS_AT_ONCE = 4
_SHOWN_TACTICS = 8

Scores = dict[SuggestionPrompt, dict[str, float]]
"""Of every prompt the steps, each with its score."""


@dataclass(frozen=True, slots=True)
class AmplifiedErrors:
    """What agreement says of the pairs of an accepted and a refused step for the same goal.

    In so many pairs it `prefers_accepted`, or `prefers_refused`, or finds a `tie`. `by_tactic` has,
    for the tactic that a refused step begins with, how often it was preferred and in how many
    pairs it was.
    """

    prefers_accepted: int
    prefers_refused: int
    tie: int
    by_tactic: Mapping[str, tuple[int, int]]

    def lines(self) -> tuple[str, ...]:
        """Return the table to be shown, the most frequent errors first."""
        pairs = self.prefers_accepted + self.prefers_refused + self.tie
        if not pairs:
            return ("no goal has an accepted and a refused step to compare agreement with Lean by",)
        told = [
            f"of {pairs} pairs of an accepted and a refused step, agreement prefers the refused "
            f"one in {self.prefers_refused} ({self.prefers_refused / pairs:.0%}), the accepted one "
            f"in {self.prefers_accepted}, neither in {self.tie}"
        ]
        worst = sorted(self.by_tactic.items(), key=lambda item: (-item[1][0], item[0]))
        told += [
            f"  {tactic}: refused but preferred in {preferred} of {of} pairs"
            for tactic, (preferred, of) in worst[:_SHOWN_TACTICS]
            if preferred
        ]
        return tuple(told)


def agreement(base: Base, rows: Sequence[CheckedRow], resamples: int, seed: int) -> Scores:
    """Return for the step of every row the share of resamples at temperature 1 that equal it."""
    generator = _generator_of(base)
    steps: dict[SuggestionPrompt, list[str]] = {}
    for row in rows:
        steps.setdefault(row.prompt, []).append(row.step)
    scores: Scores = {}
    prompts = list(steps)
    for start in range(0, len(prompts), _PROMPTS_AT_ONCE):
        some = prompts[start : start + _PROMPTS_AT_ONCE]
        for prompt, answers in zip(some, _ask(generator, some, resamples, seed), strict=True):
            scores[prompt] = {step: answers[canonical(step)] / resamples for step in steps[prompt]}
    return scores


def amplified_errors(rows: Iterable[CheckedRow], scores: Scores) -> AmplifiedErrors:
    """Compare agreement with Lean's verdicts on the same steps."""
    accepted: dict[SuggestionPrompt, list[float]] = {}
    refused: dict[SuggestionPrompt, list[str]] = {}
    for row in rows:
        if row.outcome is Outcome.ACCEPTED:
            accepted.setdefault(row.prompt, []).append(scores[row.prompt][row.step])
        elif row.outcome is Outcome.REFUSED:
            refused.setdefault(row.prompt, []).append(row.step)
    signs: Counter[int] = Counter()
    preferred: Counter[str] = Counter()
    compared: Counter[str] = Counter()
    for prompt, steps in refused.items():
        for step in steps:
            score = scores[prompt][step]
            for right in accepted.get(prompt, ()):
                signs[(right > score) - (right < score)] += 1
                compared[tactic_of(step)] += 1
                preferred[tactic_of(step)] += right < score
    by_tactic = {tactic: (preferred[tactic], count) for tactic, count in compared.items()}
    return AmplifiedErrors(signs[1], signs[-1], signs[0], by_tactic)


def _ask(
    generator: Generator, prompts: Sequence[SuggestionPrompt], resamples: int, seed: int
) -> list[Counter[str]]:
    """Ask for each prompt so many times independently; count the answers that are the same."""
    requests = []
    for prompt in prompts:
        # The same answers whatever other goals are asked about.
        draw = random.Random(f"{seed} {prompt.goal} {prompt.context}")  # noqa: S311
        requests += [
            GenerationRequest(
                prompt, n=1, max_tokens=SERVED_TOKENS, method="sample", seed=draw.getrandbits(63)
            )
            for _ in range(resamples)
        ]
    answers: list[Counter[str]] = [Counter() for _ in prompts]
    for number, completions in enumerate(generator.generate(requests)):
        answers[number // resamples].update(canonical(each.text) for each in completions)
    return answers


def _generator_of(base: Base) -> Generator:
    """Return what serves the network in memory, whose folder may hold other weights."""
    network = base.network.eval()
    fast: IncrementalDecoder | None = None
    if network.device.type == "cpu":
        fast = LlamaModel.of(network, torch.float32)
    return CausalGenerator(
        LoadedModel(
            base.folder.path.name,
            str(network.device),
            fast or CausalNetwork(network, base.tokenizer.pad_token_id),
            base.tokenizer,
            base.prompts.vocabulary,
        ),
        base.prompts.form,
        context_tokens=base.prompts.context_tokens,
    )
