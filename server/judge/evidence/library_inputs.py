"""Arguments that plain data does not say: arrays, frames, dates and files, made from plain values.

Which columns a frame has is read off the solution and its documentation; files are made in the
folder of the call, whose name a parameter then gets.
"""

import ast
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.typed_inputs import values_of_type
from stepcheck.server.sandbox.child.observation import PLACE
from stepcheck.server.sandbox.parsing import parse_expression

_MAX_ROWS = 7
_NUMBERS = st.one_of(st.integers(-9, 20), st.integers(-40, 80).map(lambda number: number / 4))
_LABELS = st.sampled_from(["a", "b", "c", "x y", "Z"])
_DATES = st.sampled_from(["2021-01-01", "2021-02-28", "2022-07-15", "2023-12-31", "2024-02-29"])
_LINES = st.lists(st.sampled_from(["alpha beta", "beta", "Gamma 12", "", "a-b c"]), max_size=5)
_LABELLED = re.compile(
    r"categor|name|type|group|label|city|country|word|text|status|gender|class", re.I
)
_DATED = re.compile(r"date|time|day|month|year", re.I)
_FILE = re.compile(
    r"(?:^|_)(?:file|path|filename|filepath|csv|json|txt|log)(?:_|$)|(?:file|path)(?:name)?$", re.I
)
_FOLDER = re.compile(
    r"(?:^|_)(?:dir|directory|folder)(?:_|$)|(?:dir|directory|folder)(?:_?path)?$", re.I
)
_OUTPUT = re.compile(r"\bout(?:put)?\b|dest|target|save|\bto\s+(?:write|save)", re.I)
_DATABASE = re.compile(r"\.db\b|sqlite|database", re.I)


@dataclass(frozen=True, slots=True)
class Made:
    """How to make an argument: imports and statements, an expression, and strategies for places.

    In the texts, `{0}`, `{1}`, … stand for the names of the places.
    """

    expression: str
    strategies: tuple[SearchStrategy[Any], ...]
    setup: tuple[str, ...] = ()


def make_argument(
    parameter: Parameter, constants: Sequence[Any], sources: Sequence[str]
) -> Made | None:
    """Return how to make arguments for a parameter; None where nothing tells what it takes.

    The `sources` are texts that may tell: of the solution, and of the task.
    """
    for make in (_file, _from_library):
        if (made := make(parameter, sources)) is not None:
            return made
    strategy = values_of_type(parameter.annotation, constants)
    if strategy is None:
        return None
    if parameter.is_count and _type_name(parameter.annotation)[0] == "int":
        strategy = st.one_of(st.integers(1, _MAX_ROWS), strategy)
    return Made("{0}", (strategy,))


def numbered(made: Made, first: int) -> Made:
    """Return it with the names of places from `first` on in its texts."""
    names = [PLACE.format(first + number) for number in range(len(made.strategies))]

    def put(text: str) -> str:
        for number, name in enumerate(names):
            text = text.replace(f"{{{number}}}", name)
        return text

    return Made(put(made.expression), made.strategies, tuple(map(put, made.setup)))


def _from_library(parameter: Parameter, sources: Sequence[str]) -> Made | None:
    name, inner = _type_name(parameter.annotation)
    make = _LIBRARY_TYPES.get(name)
    return make(parameter, inner, sources) if make else None


def _type_name(annotation: ast.expr | None) -> tuple[str, list[ast.expr]]:
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name, []
        case ast.Subscript(value=value, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if _type_name(value)[0] == "Optional":
                return _type_name(parts[0])
            return _type_name(value)[0], list(parts)
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _type_name(left)
        case ast.Constant(value=str(text)):
            try:
                return _type_name(parse_expression(text))
            except SyntaxError:
                return "", []
    return "", []


def _array(parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    numbers = st.lists(_NUMBERS, min_size=1, max_size=_MAX_ROWS)
    if re.search(r"\b2-?d\b|matri|two-dimensional|\(\w+,\s*\w+\)|rows", parameter.said, re.I):
        numbers = _matrices()
    return Made("np.array({0})", (numbers,), ("import numpy as np",))


def _matrices() -> SearchStrategy[Any]:
    @st.composite
    def matrices(draw: DrawFn) -> list[list[float]]:
        columns = draw(st.integers(1, 4))
        row = st.lists(_NUMBERS, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=1, max_size=4))

    return matrices()


def _series(_parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    numbers = st.lists(_NUMBERS, min_size=1, max_size=_MAX_ROWS)
    return Made("pd.Series({0})", (numbers,), ("import pandas as pd",))


def _frame(parameter: Parameter, _inner: list[ast.expr], sources: Sequence[str]) -> Made:
    columns = _column_names(parameter, sources) or ["A", "B", "C"]
    return Made("pd.DataFrame({0})", (tables(columns),), ("import pandas as pd",))


def tables(columns: Sequence[str]) -> SearchStrategy[dict[str, list[Any]]]:
    """Return a strategy for columns of equal length, of what their names tell."""

    @st.composite
    def drawn(draw: DrawFn) -> dict[str, list[Any]]:
        rows = draw(st.integers(1, _MAX_ROWS))
        return {
            name: draw(st.lists(_column(name), min_size=rows, max_size=rows)) for name in columns
        }

    return drawn()


def _column(name: str) -> SearchStrategy[Any]:
    if _DATED.search(name):
        return _DATES
    return _LABELS if _LABELLED.search(name) else _NUMBERS


def _column_names(parameter: Parameter, sources: Sequence[str]) -> list[str]:
    """Return the columns that the solution or the documentation names."""
    code, *texts = sources
    name = re.escape(parameter.name)
    found = re.findall(rf"\b{name}\[\[?\s*['\"](\w[\w ]*)['\"]", code)
    found += re.findall(r"(?:groupby|sort_values|drop|set_index)\(\[?['\"](\w[\w ]*)['\"]", code)
    documented = re.findall(r"['\"`](\w[\w ]*)['\"`]", parameter.said)
    constants = re.findall(r"^[A-Z_]*COLUMNS\s*=\s*(\[.*\])", code, re.M)
    for text in constants:
        try:
            documented += [one for one in ast.literal_eval(text) if isinstance(one, str)]
        except (ValueError, SyntaxError):
            continue
    if not found and not documented:
        for text in texts:
            documented += re.findall(r"columns?\s+['\"`](\w[\w ]*)['\"`]", text)
    return list(dict.fromkeys([*documented, *found]))[:8]


def _moment(parameter: Parameter, _inner: list[ast.expr], _sources: Sequence[str]) -> Made:
    kind = "date" if _type_name(parameter.annotation)[0] == "date" else "datetime"
    return Made(
        f"_datetime.{kind}.fromisoformat({{0}})", (_DATES,), ("import datetime as _datetime",)
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


def _file(parameter: Parameter, sources: Sequence[str]) -> Made | None:
    """Return how to make a file, or a folder with some, for the parameter that names it."""
    kind, _ = _type_name(parameter.annotation)
    if kind not in ("str", "Path", "PathLike", ""):
        return None
    names = parameter.name
    if _OUTPUT.search(f"{names} {parameter.said}".replace("_", " ")):
        if _FOLDER.search(names):
            return _wrapped(Made("'made'", (), _MAKE_FOLDER), kind)
        return _wrapped(Made("'written.txt'", ()), kind) if _FILE.search(names) else None
    if _FOLDER.search(names):
        write = "(_pathlib.Path('made') / 'b.txt').write_text({0})"
        other = "(_pathlib.Path('made') / 'a.csv').write_text('x,y\\n1,2\\n')"
        text = _LINES.map("\n".join)
        return _wrapped(Made("'made'", (text,), (*_MAKE_FOLDER, write, other)), kind)
    if not _FILE.search(names):
        return None
    told = f"{parameter.said} {' '.join(sources)}".lower()
    if ".csv" in told or "csv" in names or "read_csv" in told:
        columns = _column_names(parameter, sources) or ["A", "B"]
        return _wrapped(_csv(columns), kind)
    if "json" in told:
        values = values_of_type(parse_expression("dict[str, int]"))
        dump = ("import json as _json", "_pathlib.Path('data.json').write_text(_json.dumps({0}))")
        strategies = (values,) if values is not None else ()
        return _wrapped(Made("'data.json'", strategies, (_IMPORT, *dump)), kind)
    if _DATABASE.search(told):
        return None
    write = "_pathlib.Path('data.txt').write_text({0})"
    return _wrapped(Made("'data.txt'", (_LINES.map("\n".join),), (_IMPORT, write)), kind)


def _csv(columns: Sequence[str]) -> Made:
    rows = tables(columns).map(
        lambda table: [
            list(table),
            *(list(map(str, row)) for row in zip(*table.values(), strict=True)),
        ]
    )
    write = "_pathlib.Path('data.csv').write_text('\\n'.join(map(','.join, {0})) + '\\n')"
    return Made("'data.csv'", (rows,), (_IMPORT, write))


_IMPORT = "import pathlib as _pathlib"
_MAKE_FOLDER = (_IMPORT, "_pathlib.Path('made').mkdir()")


def _wrapped(made: Made, kind: str) -> Made:
    if kind not in ("Path", "PathLike"):
        return made
    return Made(f"_pathlib.Path({made.expression})", made.strategies, (_IMPORT, *made.setup))
