"""From steps and proofs to token sequences in which each token has a loss weight.

A sequence reads `[LIBRARY]Std[GOAL]goal[PROOFSTEP]tactic[END][PROOFSTEP]tactic[END]…`: the bundled
prompt of `stepcheck.models.generation.bundled_prompt`, then one tactic (a step) or all tactics of a
proof, so that each later tactic is learnt given the statement and the proof so far.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy
import numpy.typing
import torch
from tokenizers import Tokenizer

from stepcheck.models.generation.bundled_prompt import END, PROOF_STEP, bundled_prompt
from stepcheck.models.training.corpus import Proof, Step
from stepcheck.models.training.proofs import goal_of, parse_signature, split_steps

LIBRARY_SHOWN = 0.5
"""Share of examples whose prompt says the library; the rest teach the model to do without."""

GOAL_FROM_SIGNATURE = 0.8
"""Share of proofs whose statement is written as a goal; the rest keep it as it stands."""

LONGEST_TACTIC = 1500
"""Characters; longer steps (whole sub-proofs) are cut there and given no end token."""

_POOL = 2000
"""Sequences that are sorted by length together."""

_LENGTH_UNIT = 32


@dataclass(frozen=True)
class Example:
    """A prompt (everything before the first `[PROOFSTEP]`) and the tactics that follow it."""

    prompt: str
    tactics: tuple[str, ...]


@dataclass(frozen=True)
class TokenSequence:
    """Token ids and for each the weight of predicting it, both of shape (length,)."""

    tokens: numpy.typing.NDArray[numpy.int32]
    weights: numpy.typing.NDArray[numpy.float32]


def examples_of_steps(steps: Iterable[Step], draw: random.Random) -> Iterator[Example]:
    """Yield one example per step."""
    for step in steps:
        library = step.library if draw.random() < LIBRARY_SHOWN else ""
        yield Example(bundled_prompt(step.goal, library), (step.tactic,))


def examples_of_proofs(proofs: Iterable[Proof], draw: random.Random) -> Iterator[Example]:
    """Yield one example per proof that has a step; its statement mostly in the form of a goal."""
    for proof in proofs:
        tactics = split_steps(proof.text)
        if not tactics:
            continue
        signature = parse_signature(proof.statement)
        goal = None
        if signature is not None and draw.random() < GOAL_FROM_SIGNATURE:
            goal = goal_of(signature.text)
        library = proof.library if draw.random() < LIBRARY_SHOWN else ""
        yield Example(bundled_prompt(goal or proof.statement, library), tuple(tactics))


def encode(
    examples: Sequence[Example],
    tokenizer: Tokenizer,
    *,
    longest: int,
    prompt_share: float,
    draw: random.Random,
) -> list[TokenSequence]:
    """Turn examples into token sequences of at most `longest` tokens.

    Tactics and their ends weigh 1; of the prompt's tokens a random `prompt_share` weighs 1 and the
    rest 0, which teaches to read goals at a fraction of the cost of predicting all of them. A proof
    that is too long is cut; what does not fit is dropped.
    """
    generator = numpy.random.default_rng(draw.getrandbits(32))
    prompts = tokenizer.encode_batch([e.prompt for e in examples], add_special_tokens=False)
    answers = tokenizer.encode_batch(
        [
            "".join(
                PROOF_STEP
                + tactic[:LONGEST_TACTIC]
                + (END if len(tactic) <= LONGEST_TACTIC else "")
                for tactic in e.tactics
            )
            for e in examples
        ],
        add_special_tokens=False,
    )
    step_start = tokenizer.token_to_id(PROOF_STEP)
    sequences = []
    for prompt, answer in zip(prompts, answers, strict=True):
        tokens = numpy.array([*prompt.ids, *answer.ids][:longest], dtype=numpy.int32)
        weights = numpy.ones(len(tokens), dtype=numpy.float32)
        weights[: len(prompt.ids)] = (
            generator.random(len(weights[: len(prompt.ids)])) < prompt_share
        )
        weights[tokens == step_start] = 0.0
        weights[0] = 0.0
        if weights[len(prompt.ids) :].any():
            sequences.append(TokenSequence(tokens, weights))
    return sequences


@dataclass(frozen=True)
class Batch:
    """Sequences padded on the right: tokens (batch, length) and weights of the same shape."""

    tokens: torch.Tensor
    weights: torch.Tensor

    @property
    def size(self) -> int:
        """Number of tokens, padding included."""
        return self.tokens.numel()


def batches(
    sequences: Sequence[TokenSequence], *, tokens_per_batch: int, padding: int, draw: random.Random
) -> Iterator[Batch]:
    """Yield all sequences once, in random batches of like lengths, `tokens_per_batch` at most.

    Right padding needs no attention mask in a causal model: no real token looks at it.
    """
    order = list(range(len(sequences)))
    draw.shuffle(order)
    groups: list[list[int]] = []
    for start in range(0, len(order), _POOL):
        pool = sorted(order[start : start + _POOL], key=lambda i: len(sequences[i].tokens))
        while pool:
            rows = max(1, tokens_per_batch // _padded_length(len(sequences[pool[-1]].tokens)))
            groups.append(pool[-rows:])
            del pool[-rows:]
    draw.shuffle(groups)
    for group in groups:
        yield _pad([sequences[index] for index in group], padding)


def _padded_length(length: int) -> int:
    """Round up: matrix kernels are prepared once per shape, so few shapes are faster than many."""
    return -(-length // _LENGTH_UNIT) * _LENGTH_UNIT


def _pad(sequences: Sequence[TokenSequence], padding: int) -> Batch:
    length = _padded_length(max(len(sequence.tokens) for sequence in sequences))
    tokens = torch.full((len(sequences), length), padding, dtype=torch.long)
    weights = torch.zeros((len(sequences), length))
    for row, sequence in enumerate(sequences):
        tokens[row, : len(sequence.tokens)] = torch.from_numpy(sequence.tokens)
        weights[row, : len(sequence.tokens)] = torch.from_numpy(sequence.weights)
    return Batch(tokens, weights)
