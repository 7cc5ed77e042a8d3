"""What an argument is like, in the words in which tasks allow or rule out inputs."""

import math
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Any

_MAX_DEPTH = 6


class Feature(StrEnum):
    """What a task may rule out; its text completes "some argument …"."""

    NOTHING = "is None"
    NEGATIVE = "is negative"
    ZERO = "is zero"
    FRACTION = "is not whole"
    NO_NUMBER = "is infinite or no number"
    EMPTY = "is empty"
    SINGLE = "has one item"
    REPEATED = "has items that are equal"
    UNSORTED = "is not sorted"
    RAGGED = "has rows of different lengths"
    UPPER = "has capital letters"
    LOWER = "has small letters"
    DIGITS = "has digits"
    SPACES = "has white space"
    SPACING = "has white space at its ends, or several in a row"
    PUNCTUATION = "has punctuation"
    FOREIGN = "has characters beyond ASCII"


CHARACTERS = frozenset(
    {
        *(Feature.UPPER, Feature.LOWER, Feature.DIGITS),
        *(Feature.SPACES, Feature.PUNCTUATION, Feature.FOREIGN),
    }
)
"""The features that tell the characters of a text."""


def features(value: Any) -> frozenset[Feature]:
    """Return the features of a plain value, those of its items among them."""
    return frozenset(_features(value, 0))


def outer_features(value: Any) -> frozenset[Feature]:
    """Return the features of a plain value itself, without those of its items."""
    return frozenset(_features(value, _MAX_DEPTH))


def _features(value: Any, depth: int) -> Iterator[Feature]:
    match value:
        case None:
            yield Feature.NOTHING
        case bool():
            pass
        case int() | float():
            yield from _of_number(value)
        case str():
            yield from _of_text(value)
        case Mapping():
            if not value:
                yield Feature.EMPTY
            if depth < _MAX_DEPTH:
                yield from _of_items((*value.keys(), *value.values()), depth)
        case list() | tuple() | set() | frozenset():
            yield from _of_collection(value)
            if depth < _MAX_DEPTH:
                yield from _of_items(value, depth)


def _of_number(value: float) -> Iterator[Feature]:
    if not math.isfinite(value):
        yield Feature.NO_NUMBER
        return
    if value < 0:
        yield Feature.NEGATIVE
    if value == 0:
        yield Feature.ZERO
    if value != int(value):
        yield Feature.FRACTION


def _of_text(text: str) -> Iterator[Feature]:
    if not text:
        yield Feature.EMPTY
    if not text.isascii():
        yield Feature.FOREIGN
    if text != " ".join(text.split()):
        yield Feature.SPACING
    for letter in set(text):
        if letter.isupper():
            yield Feature.UPPER
        elif letter.islower():
            yield Feature.LOWER
        elif letter.isdigit():
            yield Feature.DIGITS
        elif letter.isspace():
            yield Feature.SPACES
        elif not letter.isalpha():
            yield Feature.PUNCTUATION


def _of_collection(value: Any) -> Iterator[Feature]:
    if not value:
        yield Feature.EMPTY
    elif len(value) == 1:
        yield Feature.SINGLE
    if isinstance(value, set | frozenset):
        return
    items = list(value)
    if len(items) > len({repr(item) for item in items}):
        yield Feature.REPEATED
    if not _is_sorted(items):
        yield Feature.UNSORTED
    if len({len(item) for item in items if isinstance(item, list | tuple)}) > 1:
        yield Feature.RAGGED


def _of_items(items: Iterable[Any], depth: int) -> Iterator[Feature]:
    for item in items:
        yield from _features(item, depth + 1)


def _is_sorted(items: list[Any]) -> bool:
    try:
        return all(first <= second for first, second in pairwise(items))
    except TypeError:
        return False
