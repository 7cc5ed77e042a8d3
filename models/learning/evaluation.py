"""How a model ranks steps whose verdicts are known: no new run of Lean is needed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from transformers import DynamicCache

from stepcheck.models.collected_steps import MODEL
from stepcheck.models.generation.completion_selection import normalize
from stepcheck.models.generation.decoding import check_numbers
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.base import Base
from stepcheck.models.learning.data import CheckedRow, Outcome
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.tokens import StepTokenizer

_ROWS_AT_ONCE = 64

LogProbabilities = Callable[[SuggestionPrompt, Sequence[str]], list[float]]
"""The log-probability (nats) of every step of a prompt, its end included."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Means over goals with accepted and refused steps, of which there are so many `goals`.

    `pair_accuracy` is the share of pairs whose accepted step is the likelier one, ties counting
    half; `accepted_log_probability` the mean over the accepted steps (nats); `best_accepted` the
    share of goals whose likeliest step is accepted.
    """

    goals: int
    pair_accuracy: float
    accepted_log_probability: float
    best_accepted: float


def evaluate(base: Base, rows: Sequence[CheckedRow]) -> Ranking:
    """Rank the model's own steps among rows, as serving does; all of them if none is its own.

    Raises LearningError where no goal has accepted and refused ones.
    """
    rows = [row for row in rows if row.source == MODEL] or rows
    score = step_scorer(base)
    texts: dict[SuggestionPrompt, dict[str, str]] = {}
    for row in rows:
        texts.setdefault(row.prompt, {}).setdefault(normalize(row.step), row.step)
    outcomes = _outcomes(rows)
    scores = {
        prompt: dict(zip(steps, score(prompt, list(steps.values())), strict=True))
        for prompt, steps in texts.items()
        if len(set(outcomes.get(prompt, {}).values())) > 1
    }
    return rank(outcomes, scores)


def rank(
    steps: Mapping[SuggestionPrompt, Mapping[str, bool]],
    scores: Mapping[SuggestionPrompt, Mapping[str, float]],
) -> Ranking:
    """Compare scores with what was accepted (true) and what was refused."""
    accuracies, likelihoods, bests = [], [], []
    for prompt, outcomes in steps.items():
        if len(set(outcomes.values())) < 2:
            continue
        known = scores[prompt]
        accepted = [known[step] for step, is_accepted in outcomes.items() if is_accepted]
        refused = [known[step] for step, is_accepted in outcomes.items() if not is_accepted]
        accuracies.append(
            fmean((right > wrong) + (right == wrong) / 2 for right in accepted for wrong in refused)
        )
        likelihoods.append(fmean(accepted))
        bests.append(float(max(accepted) > max(refused)))
    if not accuracies:
        raise LearningError(
            "no goal that was held back has accepted and refused steps: collect more proposals"
        )
    return Ranking(len(accuracies), fmean(accuracies), fmean(likelihoods), fmean(bests))


@torch.inference_mode()
def log_probabilities(
    network: Any, prompt: Sequence[int], steps: Sequence[Sequence[int]]
) -> list[float]:
    """Return the sum of the log-probabilities of the tokens of each step; the prompt is read once.

    `steps` must not be empty, and neither may a step. Raises `ModelError` for what is no number.
    """
    device = network.device
    cache = DynamicCache(config=network.config)
    read = network.base_model(
        input_ids=torch.tensor([list(prompt)], device=device), past_key_values=cache, use_cache=True
    ).last_hidden_state[:, -1:]
    longest = max(map(len, steps))
    tokens = torch.tensor([[*step, *[0] * (longest - len(step))] for step in steps], device=device)
    hidden = read.expand(len(steps), -1, -1)
    if longest > 1:
        # Padding comes last, where nothing that counts looks at it.
        cache.batch_repeat_interleave(len(steps))
        rest = network.base_model(input_ids=tokens[:, :-1], past_key_values=cache, use_cache=True)
        hidden = torch.cat((hidden, rest.last_hidden_state), dim=1)
    logits = network.get_output_embeddings()(hidden).float()
    each = logits.log_softmax(dim=-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1)
    lengths = torch.tensor([len(step) for step in steps], device=device)
    counted = torch.arange(longest, device=device) < lengths.unsqueeze(1)
    sums = each.masked_fill(~counted, 0.0).sum(dim=1)
    check_numbers(sums)
    found: list[float] = sums.tolist()
    return found


def step_scorer(base: Base) -> LogProbabilities:
    """Return what scores steps with a model, as serving prompts it."""
    tokenizer = StepTokenizer(base.prompts)
    network = base.network.eval()

    def score(prompt: SuggestionPrompt, steps: Sequence[str]) -> list[float]:
        split = [tokenizer.split(prompt, step) for step in steps]
        read = split[0][0]
        # What does not fit would not be served whole either; its beginning tells enough.
        room = max(1, base.prompts.context_tokens - len(read))
        tokens = sorted(enumerate(step[:room] for _, step in split), key=lambda item: len(item[1]))
        sums = [0.0] * len(steps)
        for start in range(0, len(tokens), _ROWS_AT_ONCE):
            some = tokens[start : start + _ROWS_AT_ONCE]
            found = log_probabilities(network, read, [step for _, step in some])
            for (index, _), value in zip(some, found, strict=True):
                sums[index] = value
        return sums

    return score


def _outcomes(rows: Iterable[CheckedRow]) -> dict[SuggestionPrompt, dict[str, bool]]:
    """Return whether each step of a prompt, normalized, is accepted; both or neither: left out."""
    found: dict[SuggestionPrompt, dict[str, set[Outcome]]] = {}
    for row in rows:
        if row.outcome is not Outcome.UNDECIDED:
            steps = found.setdefault(row.prompt, {})
            steps.setdefault(normalize(row.step), set()).add(row.outcome)
    return {
        prompt: {
            step: outcomes == {Outcome.ACCEPTED}
            for step, outcomes in steps.items()
            if len(outcomes) == 1
        }
        for prompt, steps in found.items()
    }
