"""Inputs like the samples, where their format was not read: values changed, counts kept."""

import random
import re
from collections import Counter
from collections.abc import Sequence

from stepcheck.server.judge.evidence.programs.samples import Sample

_INTEGER = re.compile(r"-?\d{1,18}")
_WORD = re.compile(r"[A-Za-z]{1,50}")
_SEED = 7
_CHANGED = 0.5
_LARGER = 0.4
_MANY = 100


def mutate(samples: Sequence[Sample], count: int) -> list[str]:
    """Return different inputs, at most `count`, each made from a sample.

    Numbers stay in the range of those of the sample, or go up to a hundred; words keep their length
    and the letters that the sample has. A number that may say how many values follow is kept.
    """
    generator = random.Random(_SEED)  # noqa: S311 - no secret
    inputs = [sample.input for sample in samples if sample.input.split()]
    found: dict[str, None] = {}
    for number in range(3 * count if inputs else 0):
        given = inputs[number % len(inputs)]
        made = _mutate(given, generator)
        if made not in inputs:
            found.setdefault(made)
        if len(found) == count:
            break
    return list(found)


def _mutate(given: str, generator: random.Random) -> str:
    lines = [line.split(" ") for line in given.splitlines()]
    counts = _possible_counts(lines)
    integers = [int(token) for line in lines for token in line if _INTEGER.fullmatch(token)]
    words = Counter(token for line in lines for token in line if _WORD.fullmatch(token))
    # A word that recurs, or is alone among numbers, may be a command.
    commands = {word for word, times in words.items() if times > 1}
    letters = "".join(sorted({letter for word in words for letter in word}))
    low, high = min([0, *integers]), max([1, *integers])

    def change(token: str) -> str:
        if generator.random() > _CHANGED:
            return token
        if _INTEGER.fullmatch(token) and int(token) not in counts:
            least = 1 if int(token) > 0 <= low else low
            most = high if generator.random() > _LARGER else max(high, min(_MANY, 12 * high))
            if token.startswith("0") and len(token) > 1:
                # Part of a form, such as a date, whose width counts.
                most = 10 ** len(token) - 1
                return str(generator.randint(0, most)).zfill(len(token))
            return str(generator.randint(min(least, most), most))
        if _WORD.fullmatch(token) and token not in commands:
            return "".join(generator.choice(letters) for _ in token)
        return token

    return "\n".join(" ".join(map(change, line)) for line in lines) + "\n"


def _possible_counts(lines: Sequence[Sequence[str]]) -> set[int]:
    """Return the numbers that may be counts: of lines below, of values or letters in a line."""
    sizes = {len(line) for line in lines if len(line) > 1}
    after = {len(lines) - at for at in range(1, len(lines) + 1)}
    lengths = {len(token) for line in lines for token in line if _WORD.fullmatch(token)}
    return (sizes | after | lengths) if len(lines) > 1 else set()
