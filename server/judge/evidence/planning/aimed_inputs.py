"""Inputs aimed at a place of the code: others that came near it, with one value changed.

What a value becomes is taken from what the place compares or adds: its constants and their
neighbours, the other values of the call and theirs, and lengths as large as these; thus inputs are
made for which `a < b` and `a <= b` differ, or `n == 42` holds.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from stepcheck.server.judge.evidence.comparison import Input
from stepcheck.server.judge.evidence.inputs import constants_within

_MAX_NEAR = 3
_MAX_LENGTH = 64
_MAX_DEPTH = 3
_NONE = object()


def aim(place: ast.AST, near: Sequence[Input], constants: Sequence[Any]) -> Iterator[Input]:
    """Yield inputs made for a place, of those that come near it; `constants` come last."""
    own = constants_within(place)
    yield from _take_turns(
        _inputs_like(one, _Supply.gather(own, one.values, constants)) for one in _spread(near)
    )


def _spread(near: Sequence[Input]) -> Sequence[Input]:
    """Return a few inputs from the first to the last."""
    step = max(1, (len(near) - 1) // (_MAX_NEAR - 1))
    return near[::step][:_MAX_NEAR]


def _inputs_like(one: Input, supply: "_Supply") -> Iterator[Input]:
    for values in _varied(one.values, supply, 0):
        yield Input(one.template, values)


@dataclass(frozen=True, slots=True)
class _Supply:
    """What a value may become: numbers, texts, and lengths, the likeliest first."""

    numbers: tuple[float, ...]
    texts: tuple[str, ...]
    lengths: tuple[int, ...]

    @classmethod
    def gather(cls, own: Sequence[Any], values: Any, others: Sequence[Any]) -> "_Supply":
        held = list(_scalars(values, 0))
        numbers = [one for one in held if type(one) in (int, float)]
        texts = [one for one in held if isinstance(one, str)]
        near = [number + step for number in numbers for step in (0, 1, -1)]
        found = dict.fromkeys(
            one for one in (*own, *near, *others) if type(one) in (int, float) and one == one
        )
        words = dict.fromkeys(
            one for one in (*own, *texts, *others) if isinstance(one, str) and one
        )
        lengths = [one for one in found if type(one) is int and 0 <= one <= _MAX_LENGTH]
        return cls(tuple(found), tuple(words), tuple(lengths))


def _scalars(value: Any, depth: int) -> Iterator[Any]:
    """Yield the numbers and texts within a value, and the lengths of what holds others."""
    match value:
        case int() | float():
            yield value
        case str():
            yield value
            yield len(value)
        case list() | tuple() | set() | frozenset() | dict() if depth < _MAX_DEPTH:
            if depth:
                yield len(value)
            items = (*value.keys(), *value.values()) if isinstance(value, dict) else value
            for item in items:
                yield from _scalars(item, depth + 1)


def _varied(value: Any, supply: _Supply, depth: int) -> Iterator[Any]:
    """Yield values like a value, with one change."""
    match value:
        case bool():
            yield not value
        case int():
            yield from (one for one in supply.numbers if type(one) is int and one != value)
        case float():
            yield from (float(one) for one in supply.numbers if one != value)
        case str():
            yield from _varied_texts(value, supply)
        case list():
            yield from _varied_lists(value, supply, depth)
        case tuple():
            yield from map(tuple, _items_varied(list(value), supply, depth))
        case set() | frozenset():
            items = sorted(value, key=repr)
            yield from map(type(value), _varied_lists(items, supply, depth))
        case dict() if depth < _MAX_DEPTH:
            yield from _take_turns(_value_varied(value, key, supply, depth) for key in value)


def _value_varied(
    pairs: dict[Any, Any], key: Any, supply: _Supply, depth: int
) -> Iterator[dict[Any, Any]]:
    for other in _varied(pairs[key], supply, depth + 1):
        yield {**pairs, key: other}


def _varied_texts(text: str, supply: _Supply) -> Iterator[str]:
    yield from _take_turns(
        (
            supply.texts,
            (text + other for other in supply.texts),
            (other + text for other in supply.texts),
            (_of_length(text, length) for length in supply.lengths if text),
        )
    )


def _varied_lists(items: list[Any], supply: _Supply, depth: int) -> Iterator[list[Any]]:
    if not items or depth >= _MAX_DEPTH:
        return
    yield from _take_turns(
        (
            _items_varied(items, supply, depth),
            ([*items, other] for other in _varied(items[-1], supply, depth + 1)),
            (_of_length(items, length) for length in supply.lengths),
            (
                [*items[:place], items[other], *items[place + 1 :]]
                for place in range(len(items))
                for other in range(len(items))
                if place != other
            ),
        )
    )


def _items_varied(items: list[Any], supply: _Supply, depth: int) -> Iterator[list[Any]]:
    if depth >= _MAX_DEPTH:
        return
    yield from _take_turns(_item_varied(items, place, supply, depth) for place in range(len(items)))


def _item_varied(items: list[Any], place: int, supply: _Supply, depth: int) -> Iterator[list[Any]]:
    for other in _varied(items[place], supply, depth + 1):
        yield [*items[:place], other, *items[place + 1 :]]


def _of_length(value: Any, length: int) -> Any:
    """Return a text or list repeated, or cut, to a length."""
    return (value * (length // len(value) + 1))[:length]


def _take_turns(several: Iterable[Iterable[Any]]) -> Iterator[Any]:
    """Yield the first of each, then the second of each, and so on."""
    rounds = zip_longest(*several, fillvalue=_NONE)
    yield from (one for one in chain.from_iterable(rounds) if one is not _NONE)
