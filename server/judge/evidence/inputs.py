"""Strategies for inputs like those of examples.

What the examples let one infer of the inputs that are allowed, each from all examples of a place:
the type; for numbers the sign, and the order of magnitude; for texts the characters, and the words
between spaces; for lists and dictionaries the items, that they are not empty, and whether their
rows are of equal length; for tuples the length. What all examples show of two arguments (lists of
equal length, one an item of the other) stays so. Where there are no examples, types tell: see
`typed_inputs`.

Constants of the code are tried as well, where they are of that kind, as a fuzzer tries those of a
dictionary: it is on these that code decides what to do.
"""

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stepcheck.server.judge.evidence.text_inputs import texts_like
from stepcheck.server.judge.languages.python.source import parse

MAX_LENGTH = 8
_LARGEST = 10**15
_MAX_CONSTANTS = 40
_MAX_WORD = 20
_MUCH_HIGHER = 10
_MAX_ROWS = 6

Values = tuple[Any, ...]


def find_constants(source: str) -> list[Any]:
    """Return the numbers and texts in Python code, and the integers next to its integers."""
    return constants_within(parse(source))


def constants_within(tree: ast.AST) -> list[Any]:
    """Return the numbers and texts below a node, and the integers next to its integers."""
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    numbers = {value + step for value in found if type(value) is int for step in (-1, 0, 1)}
    others = {value for value in found if type(value) in (float, str)}
    short = [value for value in others if not isinstance(value, str) or len(value) <= _MAX_WORD]
    return [*sorted(numbers)[:_MAX_CONSTANTS], *sorted(short, key=repr)[:_MAX_CONSTANTS]]


def arguments_like(
    examples: Sequence[Values], constants: Sequence[Any] = ()
) -> SearchStrategy[Values]:
    """Return a strategy for tuples of arguments like those of the examples, all of one length.

    Now and then an argument is that of an example, which keeps what relates it to the others.
    """
    places = [values_like(list(shown), constants) for shown in zip(*examples, strict=True)]

    pairs = [(one, other) for one in range(len(places)) for other in range(len(places))]
    equal = [pair for pair in pairs if pair[0] < pair[1] and _all_related(examples, pair, _as_long)]
    within = [pair for pair in pairs if _all_related(examples, pair, _is_item)]

    @st.composite
    def arguments(draw: DrawFn) -> Values:
        base = draw(st.sampled_from(list(examples)))
        drawn: list[Any] = [
            draw(st.one_of(place, place, st.just(kept)))
            for place, kept in zip(places, base, strict=True)
        ]
        for one, other in equal:
            length = min(len(drawn[one]), len(drawn[other]))
            drawn[one], drawn[other] = drawn[one][:length], drawn[other][:length]
        for one, other in within:
            items = list(drawn[other])
            kept = draw(st.booleans())
            if items and not kept:
                drawn[one] = draw(st.sampled_from(items))
        return tuple(drawn)

    return arguments()


def _all_related(
    examples: Sequence[Values], pair: tuple[int, int], relation: Callable[[Any, Any], bool]
) -> bool:
    one, other = pair
    return all(relation(values[one], values[other]) for values in examples)


def _as_long(one: Any, other: Any) -> bool:
    return isinstance(one, list) and isinstance(other, list) and len(one) == len(other) > 0


def _is_item(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return len(one) == 1 and one in other
    if not isinstance(other, list | dict) or type(one) not in (str, int, float):
        return False
    return any(type(item) is type(one) and item == one for item in other)


def values_like(shown: Sequence[Any], constants: Sequence[Any] = ()) -> SearchStrategy[Any]:
    """Return a strategy for values like those shown, of the same types."""
    groups: dict[type, list[Any]] = {}
    for value in shown:
        groups.setdefault(type(value), []).append(value)
    numbers = [value for value in shown if type(value) in (int, float)]
    return st.one_of(
        [_of_type(kind, values, numbers, constants) for kind, values in groups.items()]
    )


def _of_type(
    kind: type, shown: list[Any], numbers: list[float], constants: Sequence[Any]
) -> SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is int:
        low, high = _bounds(numbers)
        near = sorted({*shown, *_within(constants, low, high)}, key=abs)
        return st.one_of(st.integers(math.floor(low), math.floor(high)), st.sampled_from(near))
    if kind is float:
        return floats(*_bounds(numbers))
    if kind is str:
        return texts_like(shown, [one for one in constants if isinstance(one, str)])
    if kind is list:
        return _lists(shown, constants)
    if kind is tuple:
        return _tuples(shown, constants)
    if kind in (set, frozenset):
        return _lists([sorted(value, key=repr) for value in shown], constants).map(kind)
    if kind is dict:
        return _dictionaries(shown, constants)
    return st.sampled_from(shown)


def _within(constants: Sequence[Any], low: float, high: float) -> list[int]:
    """Return the integers among them that are no lower, and not much higher than the bounds."""
    most = _MUCH_HIGHER * max(high, 1)
    return [one for one in constants if type(one) is int and low <= one <= most]


def _bounds(numbers: Sequence[float]) -> tuple[float, float]:
    """Return how low and high numbers like these may be: not positive only if some are not."""
    # What is no number at all differs from itself.
    usual = [min(max(one, -_LARGEST), _LARGEST) for one in numbers if one == one] or [0]
    low, high = min(usual), max(usual)
    spread = max(high - low, abs(high), abs(low))
    return (min(low, 1) if low >= 0 else low - spread), high + spread


def floats(low: float, high: float) -> SearchStrategy[float]:
    """Return a strategy for numbers of at most two decimals."""

    def scaled(scale: int) -> SearchStrategy[float]:
        least = math.ceil(low * scale)
        most = max(math.floor(high * scale), least)
        return st.integers(least, most).map(lambda number: number / scale)

    return st.one_of([scaled(scale) for scale in (1, 10, 100)])


def _lists(shown: list[list[Any]], constants: Sequence[Any]) -> SearchStrategy[list[Any]]:
    items = [item for value in shown for item in value]
    if not items:
        return st.builds(list)
    if _are_tables(shown):
        return _tables(shown, constants)
    lengths = [len(value) for value in shown]
    most = min(max(lengths) + 2, MAX_LENGTH)
    return st.lists(values_like(items, constants), min_size=min(*lengths, 1), max_size=most)


def _are_tables(shown: list[list[Any]]) -> bool:
    """Tell whether all are rows of equal length, at least two somewhere."""
    return any(len(value) > 1 for value in shown) and all(
        value and all(isinstance(row, list) and row and len(row) == len(value[0]) for row in value)
        for value in shown
    )


def _tables(shown: list[list[list[Any]]], constants: Sequence[Any]) -> SearchStrategy[list[Any]]:
    item = values_like([item for value in shown for row in value for item in row], constants)
    is_square = all(len(value) == len(value[0]) for value in shown)
    widths = {len(value[0]) for value in shown}

    @st.composite
    def tables(draw: DrawFn) -> list[Any]:
        rows = draw(st.integers(1, _MAX_ROWS))
        columns = rows if is_square else draw(st.sampled_from([*sorted(widths), rows]))
        if len(widths) == 1 and not is_square:
            columns = min(widths)
        row = st.lists(item, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=rows, max_size=rows))

    return tables()


def _tuples(shown: list[Values], constants: Sequence[Any]) -> SearchStrategy[Values]:
    by_length: dict[int, list[Values]] = {}
    for value in shown:
        by_length.setdefault(len(value), []).append(value)
    return st.one_of(
        [
            st.tuples(*(values_like(list(place), constants) for place in zip(*alike, strict=True)))
            for alike in by_length.values()
        ]
    )


def _dictionaries(
    shown: list[dict[Any, Any]], constants: Sequence[Any]
) -> SearchStrategy[dict[Any, Any]]:
    pairs = [pair for value in shown for pair in value.items()]
    if not pairs:
        return st.builds(dict)
    if all(_is_table_of_columns(value) for value in shown):
        return st.one_of([_columns(value, constants) for value in shown])
    other = values_like([value for _, value in pairs], constants)

    @st.composite
    def dictionaries(draw: DrawFn) -> dict[Any, Any]:
        places = st.integers(0, len(pairs) - 1)
        chosen = draw(st.lists(places, unique=True, min_size=1, max_size=MAX_LENGTH))
        return {
            pairs[place][0]: draw(st.one_of(st.just(pairs[place][1]), other)) for place in chosen
        }

    return dictionaries()


def _is_table_of_columns(value: dict[Any, Any]) -> bool:
    """Tell whether it is columns by name, of equal length."""
    lengths = {len(column) if isinstance(column, list) else 0 for column in value.values()}
    return len(lengths) == 1 and lengths != {0}


def _columns(model: dict[Any, list[Any]], constants: Sequence[Any]) -> SearchStrategy[Any]:
    columns = {name: values_like(column, constants) for name, column in model.items()}

    @st.composite
    def tables(draw: DrawFn) -> dict[Any, list[Any]]:
        rows = draw(st.integers(1, len(next(iter(model.values()))) + 2))
        return {
            name: draw(st.lists(column, min_size=rows, max_size=rows))
            for name, column in columns.items()
        }

    return tables()
