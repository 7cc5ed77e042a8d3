"""Rows as tokens, with the seam between prompt and step where serving has it.

A tokenizer may join the end of a prompt with the beginning of a step, and a trainer that tokenizes
both for itself then teaches a sequence that serving never asks for. So the prompt's tokens are
those that the server would continue, and a step is what is left of the whole text.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from stepcheck.models.generation.prompt_encoding import PromptEncoder
from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.data import Example, Preference
from stepcheck.models.learning.errors import LearningError

SERVED_TOKENS = 64
"""How many tokens the server leaves for a step when it shortens a prompt."""


@dataclass(frozen=True, slots=True)
class TokenizedExample:
    """A prompt and a step with its end, as tokens."""

    prompt: tuple[int, ...]
    step: tuple[int, ...]

    @property
    def longest(self) -> int:
        """Its length in tokens."""
        return self.tokens

    @property
    def tokens(self) -> int:
        """How many tokens are read to learn from it."""
        return len(self.prompt) + len(self.step)


@dataclass(frozen=True, slots=True)
class TokenizedPair:
    """A prompt and two steps with their ends, as tokens."""

    prompt: tuple[int, ...]
    chosen: tuple[int, ...]
    rejected: tuple[int, ...]

    @property
    def longest(self) -> int:
        """The length of the longer side in tokens, prompt included."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))

    @property
    def tokens(self) -> int:
        """How many tokens are read to learn from it: the prompt twice."""
        return 2 * len(self.prompt) + len(self.chosen) + len(self.rejected)


_POOL = 50
"""Batches that are sorted by length together."""

Row = TypeVar("Row", TokenizedExample, TokenizedPair)


@dataclass(frozen=True, slots=True)
class Tokenized(Generic[Row]):
    """Rows that fit, how many did not, and how many tokens the longest of all has."""

    rows: tuple[Row, ...]
    dropped: int
    longest: int


class StepTokenizer:
    """Tokenizes steps for one model."""

    def __init__(self, prompts: PromptEncoder) -> None:
        self._prompts = prompts
        self._encode = lru_cache(maxsize=4096)(self._encode_prompt)

    def examples(self, rows: Iterable[Example], max_length: int) -> Tokenized[TokenizedExample]:
        """Tokenize examples; leave out what is longer than `max_length` tokens."""
        return _that_fit(
            [TokenizedExample(*self.split(row.prompt, row.step)) for row in rows], max_length
        )

    def pairs(self, rows: Iterable[Preference], max_length: int) -> Tokenized[TokenizedPair]:
        """Tokenize pairs; leave out those with a side longer than `max_length` tokens."""
        tokenized = []
        for row in rows:
            prompt, chosen = self.split(row.prompt, row.chosen)
            tokenized.append(TokenizedPair(prompt, chosen, self.split(row.prompt, row.rejected)[1]))
        return _that_fit(tokenized, max_length)

    def split(self, prompt: SuggestionPrompt, step: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the prompt, as it is continued when serving, and a step with its end."""
        text, served, required = self._encode(prompt)
        whole = self._prompts.tokens_of(text + step)
        if tuple(whole[: len(served)]) == served:
            rest = whole[len(served) :]
        else:
            # A prompt that serving cuts at its beginning, or a tokenizer that joins over the cut.
            rest = self._prompts.tokens_of(required.decode(errors="replace") + step)
        return served, (*rest, self._prompts.tokenizer.eos_token_id)

    def _encode_prompt(self, prompt: SuggestionPrompt) -> tuple[str, tuple[int, ...], bytes]:
        encoded = self._prompts.encode(prompt, SERVED_TOKENS)
        return encoded.text, encoded.cut.tokens, encoded.cut.required


def arranged(rows: Sequence[Row], batch: int, seed: int) -> tuple[Row, ...]:
    """Shuffle rows so that those of a batch have like lengths, which saves padding."""
    draw = random.Random(f"{seed} order")  # noqa: S311
    order = list(rows)
    draw.shuffle(order)
    batches: list[list[Row]] = []
    for start in range(0, len(order), _POOL * batch):
        pool = sorted(order[start : start + _POOL * batch], key=lambda row: row.longest)
        batches += [pool[first : first + batch] for first in range(0, len(pool), batch)]
    draw.shuffle(batches)
    # The one that is not full comes last, or it would shift the others.
    batches.sort(key=lambda rows: len(rows) < batch)
    return tuple(row for rows in batches for row in rows)


def _that_fit(rows: list[Row], max_length: int) -> Tokenized[Row]:
    kept = tuple(row for row in rows if row.longest <= max_length)
    longest = max((row.longest for row in rows), default=0)
    if rows and not kept:
        raise LearningError(
            f"none of {len(rows)} rows fits into {max_length} tokens, the longest has {longest}: "
            "raise max_length in the recipe"
        )
    return Tokenized(kept, len(rows) - len(kept), longest)
