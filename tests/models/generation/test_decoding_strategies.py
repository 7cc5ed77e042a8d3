"""Decoding strategies against brute force on a small table of probabilities."""

import math
from collections import Counter
from itertools import product

import pytest
import torch
from torch import Tensor

from stepcheck.models.generation.decoding_strategies import (
    DecodingTask,
    Hypothesis,
    Perturbation,
    Randomness,
    make_strategy,
)
from stepcheck.models.generation.vocabulary import Vocabulary
from stepcheck.models.interface import GenerationMethod

VOCABULARY = Vocabulary([None, b"a", b"b", b"c"], ends=[0])
LENGTH = 4


def table() -> Tensor:
    """Log-probabilities of the next token, by position and last token."""
    generator = torch.Generator().manual_seed(5)
    logits = torch.randn(LENGTH, 4, 4, generator=generator) * 1.5
    logits[-1, :, 1:] = -math.inf
    logits[0, :, 0] = -math.inf
    return torch.log_softmax(logits, dim=-1)


def all_texts(log_probabilities: Tensor) -> dict[bytes, float]:
    found: dict[bytes, float] = {}
    for length in range(1, LENGTH):
        for tokens in product((1, 2, 3), repeat=length):
            total, last = 0.0, 0
            for position, token in enumerate([*tokens, 0]):
                total += log_probabilities[position, last, token].item()
                last = token
            found[VOCABULARY.text_of(tokens)] = total
    return found


def run(
    method: GenerationMethod,
    count: int,
    log_probabilities: Tensor,
    *,
    seed: int | None = None,
    temperature: float = 1.0,
) -> dict[bytes, float]:
    """Run a search to its end; return the log-probabilities of what it finished."""
    finished: dict[bytes, float] = {}

    def finish(hypothesis: Hypothesis) -> bool:
        finished[hypothesis.text] = hypothesis.log_probability
        return True

    task = DecodingTask(Hypothesis(b"", b""), count, VOCABULARY, finish, lambda _: False)
    strategy = make_strategy(method, task, Randomness.seeded(seed, temperature))
    lasts = [0]
    for position in range(LENGTH):
        rows = strategy.advance(log_probabilities[position, lasts].clone())
        lasts = rows.tokens
        if not lasts:
            return finished
    raise AssertionError("the search did not end with the table")


@pytest.mark.parametrize("count", [1, 3, 12, 39])
def test_a_wide_beam_finds_the_most_probable(count: int) -> None:
    exact = all_texts(table())
    best = sorted(exact, key=lambda text: -exact[text])
    found = run("beam", 39, table()) if count == 39 else run("beam", count + 12, table())
    assert set(best[:count]) <= set(found)
    for text, total in found.items():
        assert total == pytest.approx(exact[text], abs=1e-5)


def test_a_beam_of_one_is_greedy() -> None:
    log_probabilities, last, text = table(), 0, b""
    for position in range(LENGTH):
        last = int(log_probabilities[position, last].argmax())
        text += VOCABULARY.pieces[last] or b""
        if last == 0:
            break
    assert set(run("beam", 1, table())) == {text}


@pytest.mark.parametrize("method", ["sample", "distinct"])
def test_single_samples_have_the_probabilities_of_the_model(method: GenerationMethod) -> None:
    exact = all_texts(table())
    drawn = Counter(
        next(iter(run(method, 1, table(), seed=seed, temperature=1.0))) for seed in range(2000)
    )
    for text, total in exact.items():
        expected = math.exp(total)
        deviation = math.sqrt(expected * (1 - expected) / 2000)
        assert abs(drawn[text] / 2000 - expected) < 4.5 * deviation + 1e-3, text


def test_distinct_samples_are_drawn_without_replacement() -> None:
    """Inclusion among two draws: p_i + Σ_j p_j · p_i / (1 - p_j)."""
    exact = {text: math.exp(total) for text, total in all_texts(table()).items()}
    drawn: Counter[bytes] = Counter()
    for seed in range(2000):
        found = run("distinct", 2, table(), seed=seed)
        assert len(found) >= 2
        drawn.update(list(found)[:2] if len(found) == 2 else [])
    pairs = drawn.total() / 2
    assert pairs > 1500
    for text, p in exact.items():
        second = sum(q * p / (1 - q) for other, q in exact.items() if other != text)
        assert abs(drawn[text] / pairs - (p + second)) < 0.06, text


def test_every_sample_of_a_small_space_is_found_once() -> None:
    assert set(run("distinct", 39, table(), seed=1)) == set(all_texts(table()))


def test_perturbed_keys_keep_the_key_of_the_row() -> None:
    perturb = Perturbation(Randomness.seeded(2))
    log_probabilities = torch.log_softmax(torch.randn(5, 7), dim=-1)
    log_probabilities[1, 3:] = -math.inf
    parents = torch.tensor([0.0, -1.0, -2.5, 3.0, -40.0])
    keys, sums = perturb(log_probabilities, torch.tensor([0.0, -3.0, -1.0, -9.0, -2.0]), parents)
    torch.testing.assert_close(keys.max(dim=-1).values, parents)
    assert (keys[1, 3:] == -math.inf).all()
    assert sums.logsumexp(dim=-1).tolist() == pytest.approx([0.0, -3.0, -1.0, -9.0, -2.0], abs=1e-5)


def test_low_temperature_sharpens() -> None:
    warm = Counter(
        next(iter(run("sample", 1, table(), seed=s, temperature=2.0))) for s in range(300)
    )
    cold = Counter(
        next(iter(run("sample", 1, table(), seed=s, temperature=0.2))) for s in range(300)
    )
    assert cold.most_common(1)[0][1] > 2 * warm.most_common(1)[0][1]
