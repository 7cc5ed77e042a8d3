"""Whether an input is one that the task asks about: inside its domain, outside, or on its border.

Inside is what examples show or words, types and the reference's own handling allow; outside what
they rule out; on the border what nobody speaks of.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import combinations
from typing import Any

from stepcheck.server.judge.evidence.domain.features import (
    CHARACTERS,
    Feature,
    features,
    outer_features,
)
from stepcheck.server.judge.evidence.domain.forms import breaks_form, texts_in
from stepcheck.server.judge.evidence.domain.parameters import Parameter

_LARGE = 10**6
_LARGE_COUNT = 1_000
_UNUSUAL = frozenset(
    {
        *(Feature.EMPTY, Feature.RAGGED, Feature.FOREIGN, Feature.NO_NUMBER, Feature.NOTHING),
        Feature.SPACING,
    }
)
"""What is on the border, even where no example narrows the domain, unless somebody allows it."""


class Standing(IntEnum):
    """Where an input is, ordered from inside to outside."""

    INSIDE = 0
    BORDER = 1
    OUTSIDE = 2


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Where an input is, and why it is not inside: what completes "…, where NAME is empty"."""

    standing: Standing
    reason: str = ""


_INSIDE = Standpoint(Standing.INSIDE)


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a call for a value: the values shown there, and its parameter, where known.

    `usual_within` are features of its items that need nobody to allow them.
    """

    shown: tuple[Any, ...]
    parameter: Parameter | None = None
    usual_within: frozenset[Feature] = frozenset()

    @property
    def name(self) -> str:
        """What to call it."""
        return self.parameter.name if self.parameter else "an argument"

    def locate(self, value: Any) -> Standpoint:
        """Tell where a value is."""
        found = [
            *(*self._by_features(value), *self._by_size(value)),
            *(*self._by_type(value), *self._by_form(value), *self._by_keys(value)),
        ]
        return max(found, key=lambda each: each.standing, default=_INSIDE)

    def _by_features(self, value: Any) -> Iterator[Standpoint]:
        own, shown = outer_features(value), frozenset(map(outer_features, self.shown))
        seen = frozenset().union(*shown) if shown else frozenset()
        seen_within = frozenset().union(*map(features, self.shown)) - seen | self.usual_within
        stated = self.parameter.stated if self.parameter else None
        allowed = self._allowed(value)
        for feature in features(value):
            if feature in (seen if feature in own else seen | seen_within):
                continue
            reason = f"{self.name} {feature}"
            if stated and feature in stated.excluded:
                yield Standpoint(Standing.OUTSIDE, reason)
            elif feature not in allowed:
                yield Standpoint(Standing.BORDER, reason)

    def _allowed(self, value: Any) -> frozenset[Feature]:
        parameter = self.parameter
        usual = frozenset({Feature.SINGLE}) if self.shown else frozenset(Feature) - _UNUSUAL
        if parameter is None:
            return usual
        if not self.shown and parameter.is_count:
            usual -= {Feature.NEGATIVE, Feature.ZERO}
        if not self.shown and parameter.is_formed and isinstance(value, str):
            usual -= CHARACTERS
        low = parameter.stated.low
        if low is not None and low <= 0:
            usual |= {Feature.ZERO, Feature.NEGATIVE}
        return usual | parameter.stated.permitted | parameter.handled

    def _by_size(self, value: Any) -> Iterator[Standpoint]:
        parameter = self.parameter
        stated = parameter.stated if parameter else None
        most = _LARGE_COUNT if parameter and parameter.is_count else _LARGE
        shown = [abs(number) for one in self.shown for number in _numbers(one)]
        limit = max([float(most), *shown])
        for number in _numbers(value):
            if stated and stated.low is not None and number < stated.low:
                yield Standpoint(Standing.OUTSIDE, f"{self.name} is below {stated.low:g}")
            elif stated and stated.high is not None and number > stated.high:
                yield Standpoint(Standing.OUTSIDE, f"{self.name} is above {stated.high:g}")
            elif abs(number) > limit and not (stated and stated.high):
                yield Standpoint(Standing.BORDER, f"{self.name} is very large")

    def _by_type(self, value: Any) -> Iterator[Standpoint]:
        shown = {pair for one in self.shown for pair in _types(one, ())}
        if shown and any(pair not in shown for pair in _types(value, ())):
            yield Standpoint(Standing.BORDER, f"{self.name} holds another type than shown")

    def _by_keys(self, value: Any) -> Iterator[Standpoint]:
        known = [one.keys() for one in self.shown if isinstance(one, dict)]
        if isinstance(value, dict) and known and not any(value.keys() <= keys for keys in known):
            yield Standpoint(Standing.BORDER, f"{self.name} has keys that no example has together")

    def _by_form(self, value: Any) -> Iterator[Standpoint]:
        shown = list(texts_in(self.shown))
        if any(breaks_form(text, shown) for text in texts_in(value)):
            yield Standpoint(Standing.OUTSIDE, f"{self.name} has another form than all examples")


@dataclass(frozen=True, slots=True)
class Domain:
    """The domain of a call with some places, and how they go together in its examples."""

    places: tuple[Place, ...]
    text: str = ""

    def locate(self, values: Sequence[Any]) -> Standpoint:
        """Tell where an input is: as far outside as the farthest of its arguments."""
        found = [
            *(place.locate(value) for place, value in zip(self.places, values, strict=True)),
            *self._by_relations(values),
        ]
        return max(found, key=lambda each: each.standing, default=_INSIDE)

    def _by_relations(self, values: Sequence[Any]) -> Iterator[Standpoint]:
        for first, second in combinations(range(len(values)), 2):
            for one, other in ((first, second), (second, first)):
                yield from self._related(one, other, values)

    def _related(self, one: int, other: int, values: Sequence[Any]) -> Iterator[Standpoint]:
        pairs = list(zip(self.places[one].shown, self.places[other].shown, strict=False))
        names = f"{self.places[one].name} and {self.places[other].name}"
        for relation, described in _RELATIONS:
            here = relation(values[one], values[other])
            if here is not False:
                continue
            shown = [relation(*pair) for pair in pairs]
            if pairs:
                is_broken = all(holds is True for holds in shown)
            else:
                is_broken = self._is_expected(one, relation)
            if is_broken:
                yield Standpoint(Standing.BORDER, f"{names} {described}")

    def _is_expected(self, one: int, relation: Any) -> bool:
        """Tell whether a relation is to be expected where there is no example."""
        parameter = self.places[one].parameter
        if relation is _within_length:
            return parameter is not None and (parameter.is_count or len(parameter.name) == 1)
        return relation is _equally_long


def _equally_long(one: Any, other: Any) -> bool | None:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other)
    if isinstance(one, str) and isinstance(other, str):
        return True if len(one) == len(other) else None
    return None


def _texts_equally_long(one: Any, other: Any) -> bool | None:
    if isinstance(one, str) and isinstance(other, str):
        return len(one) == len(other)
    return None


def _within_length(one: Any, other: Any) -> bool | None:
    if type(one) is int and isinstance(other, list | tuple | str):
        return 0 <= one <= len(other)
    return None


def _below_length(one: Any, other: Any) -> bool | None:
    if type(one) is int and isinstance(other, list | tuple | str):
        return 0 <= one < len(other)
    return None


def _at_most(one: Any, other: Any) -> bool | None:
    if type(one) in (int, float) and type(other) in (int, float):
        return bool(one <= other)
    return None


def _is_in(one: Any, other: Any) -> bool | None:
    if isinstance(other, list | tuple | dict | str) and isinstance(one, str | int | float):
        if isinstance(other, str):
            return one in other if isinstance(one, str) and other else None
        return one in other
    return None


_RELATIONS = (
    (_equally_long, "differ in length"),
    (_texts_equally_long, "differ in length"),
    (_within_length, "do not go together: it exceeds the length"),
    (_below_length, "do not go together: it is no index"),
    (_at_most, "are in another order than shown"),
    (_is_in, "do not go together: it is not in it"),
)
"""Relations that hold, do not (False), or do not apply (None); all examples must show them."""


def _numbers(value: Any) -> Iterator[float]:
    match value:
        case bool():
            return
        case int() | float():
            if math.isfinite(value):
                yield value
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from _numbers(item)
        case dict():
            for item in value.values():
                yield from _numbers(item)


def _types(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], type]]:
    """Yield the types in a value, by the keys that lead there; None has any."""
    if value is not None:
        yield path, type(value)
    match value:
        case tuple() | list() if _is_record(value, path):
            for place, item in enumerate(value):
                yield from _types(item, (*path, f"({place})"))
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from _types(item, (*path, "[]"))
        case dict():
            for key, item in value.items():
                yield from _types(item, (*path, key if isinstance(key, str) else "{}"))


def _is_record(value: list[Any] | tuple[Any, ...], path: tuple[str, ...]) -> bool:
    """Tell whether each place means something of its own: a tuple, or a row, of several types."""
    is_row = isinstance(value, tuple) or bool(path)
    return is_row and len({type(item) for item in value} - {type(None)}) > 1
