"""Inputs at the edges: empty, zero, one, negative, large, repeated, sorted, of other letters.

Each varies one argument of a known input, or all those of one kind at once.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Any

MAX_BOUNDARIES = 90
_MANY = 60
_MAX_OF_ITEM = 6
_NUMBERS = (0, 1, -1, 2, 3, 10, 100, 999, 1000, 1001, 12345, 10**6)
_FRACTIONS = (0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 0.1, 1234.5678)

Values = tuple[Any, ...]


def boundary_inputs(known: Sequence[Values], bounds: Sequence[Sequence[Any]]) -> list[Values]:
    """Return inputs at the edges, made of some known ones, none twice.

    `bounds` are values named by the text, for each argument.
    """
    found: dict[str, Values] = {}
    varied = [_vary_each(values, bounds) for values in known[:3]]
    together = [_vary_together(values) for values in known[:2]]
    rounds = zip_longest(*together, *varied)
    for values in chain.from_iterable(rounds):
        if values is not None:
            found.setdefault(repr(values), values)
        if len(found) >= MAX_BOUNDARIES:
            break
    return list(found.values())


def _vary_each(values: Values, bounds: Sequence[Sequence[Any]]) -> Iterator[Values]:
    edges = [
        [*_of_kind(value, bounds[place]), *edge_values(value)]
        if place < len(bounds)
        else list(edge_values(value))
        for place, value in enumerate(values)
    ]
    for row in zip_longest(*edges, fillvalue=_NONE):
        for place, edge in enumerate(row):
            if edge is not _NONE:
                yield (*values[:place], edge, *values[place + 1 :])


def _of_kind(value: Any, bounds: Sequence[Any]) -> list[Any]:
    """Return the bounds that such a value may be: the bounds of a list are those of its items."""
    return [one for one in bounds if one is None or isinstance(value, int | float)]


def _vary_together(values: Values) -> Iterator[Values]:
    """Yield inputs with all sequences changed alike, or all numbers equal."""
    if sum(isinstance(value, list | str | tuple) for value in values) > 1:
        for kept in (slice(0, 0), slice(0, 1), slice(0, 2), slice(None, None, -1)):
            yield tuple(
                value[kept] if isinstance(value, list | str | tuple) else value for value in values
            )
        doubled = (
            value * 2 if isinstance(value, list | str | tuple) else value for value in values
        )
        yield tuple(doubled)
    if sum(type(value) in (int, float) for value in values) > 1:
        for number in (0, 1, 2, 7, -1):
            yield tuple(number if type(value) in (int, float) else value for value in values)
        yield values[::-1] if all(type(value) in (int, float) for value in values) else values


_NONE = object()


def edge_values(value: Any) -> Iterator[Any]:
    """Yield values of the same type at the edges of what they may be."""
    match value:
        case bool():
            yield from (True, False)
        case int():
            yield from (*_NUMBERS, -value, value + 1, value - 1)
        case float():
            yield from (*_FRACTIONS, -value, float(round(value)))
        case str():
            yield from _edge_texts(value)
        case list():
            yield from _edge_lists(value)
        case tuple() if _has_several_types(value):
            yield from map(tuple, _edge_records(list(value)))
        case tuple():
            yield from (tuple(edge) for edge in _edge_lists(list(value)) if len(edge) == len(value))
        case set() | frozenset():
            kind = type(value)
            yield from (kind(), kind(sorted(value, key=repr)[:1]))
        case dict():
            yield from _edge_dictionaries(value)


def _edge_texts(text: str) -> Iterator[str]:
    yield from ("", text[:1], text[:1] * 3, text.upper(), text.lower(), text.swapcase(), text[::-1])
    yield from (text + text, text + text[::-1], f" {text} ", text.replace(" ", "  "), "a", "A", "0")
    yield from (text.title(), text * 8, text[:-1], text + "!", text + "é", "ab1 Z-")


def _edge_lists(items: list[Any]) -> Iterator[list[Any]]:
    yield []
    if not items:
        return
    yield from (items[:1], items[-1:], items[:2], items[::-1], items + items[:1], items + items)
    yield from ([items[0]] * 3, [*items[-1:], *items, *items[-1:]], (items * _MANY)[:_MANY])
    for descending in (False, True):
        try:
            yield sorted(items, reverse=descending)
        except TypeError:
            break
    if all(type(item) in (int, float) for item in items):
        yield from (
            [-item for item in items],
            [0],
            [0, *items, 0],
            [item - max(items) for item in items],
            [item * 1000 for item in items],
            [*items, -items[0]],
            list(range(len(items))),
            [-1],
            [1, 1],
        )
    if all(type(item) is str for item in items):
        yield from ([*items, ""], [item.upper() for item in items], [*items, items[0].swapcase()])
    if all(isinstance(item, list) for item in items):
        yield from (
            [*items, []],
            [[]],
            [item[:1] for item in items[:1]],
            [list(r) for r in _turned(items)],
        )
    for place in range(min(len(items), 2)):
        item = items[place]
        is_row = isinstance(item, list) and _has_several_types(item)
        edges = _edge_records(item) if is_row else edge_values(item)
        for edge in islice(edges, _MAX_OF_ITEM):
            yield [*items[:place], edge, *items[place + 1 :]]


def _has_several_types(items: Sequence[Any]) -> bool:
    return len({type(item) for item in items}) > 1


def _edge_records(items: list[Any]) -> Iterator[list[Any]]:
    """Yield records with an edge in one place: each place means something of its own."""
    varied = [list(islice(edge_values(item), _MAX_OF_ITEM)) for item in items]
    for row in zip_longest(*varied, fillvalue=_NONE):
        for place, edge in enumerate(row):
            if edge is not _NONE:
                yield [*items[:place], edge, *items[place + 1 :]]


def _turned(rows: list[list[Any]]) -> Iterator[tuple[Any, ...]]:
    return zip(*rows, strict=False)


def _edge_dictionaries(pairs: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    if pairs and all(isinstance(column, list) and column for column in pairs.values()):
        yield from _edge_tables(pairs)
        return
    yield {}
    if not pairs:
        return
    first, *_ = pairs
    yield {first: pairs[first]}
    yield dict(reversed(pairs.items()))
    for edge in list(edge_values(pairs[first]))[:8]:
        yield {**pairs, first: edge}
    if len(set(map(type, pairs.values()))) == 1:
        yield dict.fromkeys(pairs, pairs[first])


def _edge_tables(columns: dict[Any, list[Any]]) -> Iterator[dict[Any, list[Any]]]:
    """Yield columns of equal length, with other rows, and with other cells in one column."""
    for rows in (slice(0, 1), slice(0, 2), slice(None, None, -1), slice(0, 0)):
        yield {name: column[rows] for name, column in columns.items()}
    yield {name: column * 2 for name, column in columns.items()}
    yield {name: column[:1] * 3 for name, column in columns.items()}
    for name, column in columns.items():
        for edge in list(edge_values(column[0]))[:5]:
            yield {**columns, name: [edge, *column[1:]]}
