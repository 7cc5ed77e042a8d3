"""Arguments that plain data does not say: arrays, frames and dates, made from plain values.

Which columns a frame has is read off the solution and its documentation.
"""

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.planning.file_contents import said_columns
from stepcheck.server.judge.evidence.planning.function_inputs import function_for
from stepcheck.server.judge.evidence.planning.made import Made, type_name
from stepcheck.server.judge.evidence.planning.tables import DATES, MAX_ROWS, NUMBERS, tables
from stepcheck.server.judge.evidence.typed_inputs import values_of_type


def make_argument(
    parameter: Parameter, constants: Sequence[Any], sources: Sequence[str]
) -> Made | None:
    """Return how to make arguments for a parameter; None where nothing tells what it takes.

    The `sources` are texts that may tell: of the solution, and of the task.
    """
    if (made := function_for(parameter, sources) or _from_library(parameter, sources)) is not None:
        return made
    strategy = values_of_type(parameter.annotation, constants)
    if strategy is None:
        return None
    if parameter.is_count and type_name(parameter.annotation)[0] == "int":
        strategy = st.one_of(st.integers(1, MAX_ROWS), strategy)
    return Made("{0}", (strategy,))


def _from_library(parameter: Parameter, sources: Sequence[str]) -> Made | None:
    name, inner = type_name(parameter.annotation)
    make = _LIBRARY_TYPES.get(name)
    return make(parameter, inner, sources) if make else None


def _array(parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    numbers = st.lists(NUMBERS, min_size=1, max_size=MAX_ROWS)
    if re.search(r"\b2-?d\b|matri|two-dimensional|\(\w+,\s*\w+\)|rows", parameter.said, re.I):
        numbers = _matrices()
    return Made("np.array({0})", (numbers,), ("import numpy as np",))


def _matrices() -> SearchStrategy[Any]:
    @st.composite
    def matrices(draw: DrawFn) -> list[list[float]]:
        columns = draw(st.integers(1, 4))
        row = st.lists(NUMBERS, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=1, max_size=4))

    return matrices()


def _series(_parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    numbers = st.lists(NUMBERS, min_size=1, max_size=MAX_ROWS)
    return Made("pd.Series({0})", (numbers,), ("import pandas as pd",))


def _frame(parameter: Parameter, _inner: list[ast.expr], sources: Sequence[str]) -> Made:
    columns = _column_names(parameter, sources) or ["A", "B", "C"]
    return Made("pd.DataFrame({0})", (tables(columns),), ("import pandas as pd",))


def _column_names(parameter: Parameter, sources: Sequence[str]) -> list[str]:
    """Return the columns that the solution or the documentation names."""
    code, *texts = sources
    name = re.escape(parameter.name)
    found = re.findall(rf"\b{name}\[\[?\s*['\"](\w[\w ]*)['\"]", code)
    found += re.findall(r"(?:groupby|sort_values|drop|set_index)\(\[?['\"](\w[\w ]*)['\"]", code)
    found += re.findall(r"\b(?:index|values|by|on|subset)=\[?['\"](\w[\w ]*)['\"]", code)
    documented = re.findall(r"['\"`](\w[\w ]*)['\"`]", parameter.said)
    constants = re.findall(r"^[A-Z_]*COLUMNS\s*=\s*(\[.*\])", code, re.M)
    for text in constants:
        try:
            documented += [one for one in ast.literal_eval(text) if isinstance(one, str)]
        except (ValueError, SyntaxError):
            continue
    if not documented:
        documented = said_columns(texts)
    return list(dict.fromkeys([*documented, *found]))[:8]


def _moment(parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    kind = "date" if type_name(parameter.annotation)[0] == "date" else "datetime"
    return Made(
        f"_datetime.{kind}.fromisoformat({{0}})", (DATES,), ("import datetime as _datetime",)
    )


def _choice(_parameter: Parameter, inner: list[ast.expr], _sources: Sequence[str]) -> Made | None:
    values = [one.value for one in inner if isinstance(one, ast.Constant)]
    return Made("{0}", (st.sampled_from(values),)) if values else None


_LIBRARY_TYPES: dict[str, Callable[[Parameter, list[ast.expr], Sequence[str]], Made | None]] = {
    "ndarray": _array,
    "array": _array,
    "NDArray": _array,
    "ArrayLike": _array,
    "DataFrame": _frame,
    "Series": _series,
    "datetime": _moment,
    "date": _moment,
    "Literal": _choice,
}
