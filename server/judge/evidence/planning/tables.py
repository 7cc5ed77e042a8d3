"""Strategies for tables and records, of what the names of their columns and keys tell."""

import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

MAX_ROWS = 7
WHOLE_NUMBERS = st.integers(-9, 20)
NUMBERS = st.one_of(WHOLE_NUMBERS, st.integers(-40, 80).map(lambda number: number / 4))
LABELS = st.sampled_from(["a", "b", "c", "x y", "Z"])
_KEYS = st.integers(1, 4)
DATES = st.sampled_from(["2021-01-01", "2021-02-28", "2022-07-15", "2023-12-31", "2024-02-29"])
_LABELLED = re.compile(
    r"categor|name|type|group|label|city|country|word|text|status|gender|class|title|team", re.I
)
_KEYED = re.compile(r"(?:^|_)id$", re.I)
_DATED = re.compile(r"date|time|day|month|year", re.I)


def tables(columns: Sequence[str]) -> SearchStrategy[dict[str, list[Any]]]:
    """Return a strategy for columns of equal length, of what their names tell."""

    @st.composite
    def drawn(draw: DrawFn) -> dict[str, list[Any]]:
        rows = draw(st.integers(1, MAX_ROWS))
        cells = {name: draw(st.sampled_from(_alternatives(name))) for name in columns}
        return {
            name: list(range(1, rows + 1))
            if name.lower() == "id"
            else draw(st.lists(cell, min_size=rows, max_size=rows))
            for name, cell in cells.items()
        }

    return drawn()


def cells(name: str) -> SearchStrategy[Any]:
    """Return a strategy for single values, of what the name of their column or key tells."""
    return st.one_of(_alternatives(name))


def _alternatives(name: str) -> list[SearchStrategy[Any]]:
    """Return strategies of which a column follows one throughout: it may have to be whole."""
    if _KEYED.search(name):
        return [_KEYS]
    if _DATED.search(name):
        return [DATES]
    return [LABELS] if _LABELLED.search(name) else [WHOLE_NUMBERS, NUMBERS]
