"""Strategies for inputs of annotated types, where no example shows what they are like."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stepcheck.server.judge.evidence.inputs import MAX_LENGTH, floats
from stepcheck.server.sandbox.parsing import parse_expression

_MAX_ROWS = 5
_TYPES: Mapping[str, SearchStrategy[Any]] = {
    "int": st.integers(-20, 100),
    "float": floats(-20, 100),
    "complex": st.integers(-5, 5).map(complex),
    "bool": st.booleans(),
    "str": st.text("abcxyzAB 01,.-", max_size=MAX_LENGTH),
    "bytes": st.binary(max_size=MAX_LENGTH),
    "None": st.none(),
    "Any": st.integers(-20, 100),
    "object": st.integers(-20, 100),
    "Number": st.integers(-20, 100),
}
_SEQUENCES = {"list", "Sequence", "Iterable", "Collection", "MutableSequence", "Iterator"}
_SETS = {"set", "Set", "AbstractSet", "MutableSet"}
_DICTIONARIES = {"dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict"}


def values_of_type(
    annotation: ast.expr | None, constants: Sequence[Any] = ()
) -> SearchStrategy[Any] | None:
    """Return a strategy for the values of an annotated type, or None if it is not plain data."""
    match annotation:
        case ast.Name(id="int" | "str" | "float" as name) if alike := [
            one for one in constants if type(one).__name__ == name
        ]:
            return st.one_of(_TYPES[name], st.sampled_from(alike))
        case ast.Constant(value=None):
            return st.none()
        case ast.Constant(value=str(text)):
            try:
                return values_of_type(parse_expression(text), constants)
            except SyntaxError:
                return None
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name in _TYPES:
                return _TYPES[name]
            return _generic(name, [ast.Name("int")] * 2, constants)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, parts, constants)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([left, right], constants)
    return None


def _generic(
    name: str, inner: Sequence[ast.expr], constants: Sequence[Any]
) -> SearchStrategy[Any] | None:
    lowered = name.lower() if name in ("List", "Dict", "Tuple", "FrozenSet") else name
    if name in ("Optional", "Union"):
        alternatives = [*inner, ast.Constant(None)] if name == "Optional" else inner
        return _union(alternatives, constants)
    parts = [values_of_type(one, constants) for one in inner if not _is_ellipsis(one)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    if lowered in _SEQUENCES:
        rows = _rows(inner[0], constants)
        return st.lists(known[0], max_size=MAX_LENGTH) if rows is None else rows
    if lowered in _SETS or lowered == "frozenset":
        made = st.lists(known[0], max_size=MAX_LENGTH)
        return made.map(frozenset if lowered == "frozenset" else set)
    if lowered in _DICTIONARIES and len(known) == 2:
        return st.dictionaries(known[0], known[1], max_size=MAX_LENGTH)
    if lowered == "tuple":
        if any(map(_is_ellipsis, inner)):
            return st.lists(known[0], max_size=MAX_LENGTH).map(tuple)
        return st.tuples(*known)
    return None


def _rows(item: ast.expr, constants: Sequence[Any]) -> SearchStrategy[Any] | None:
    """Return a strategy for rows of one length, if the items are lists."""
    match item:
        case ast.Subscript(value=ast.Name(id="list" | "List"), slice=inner):
            cell = values_of_type(inner, constants)
        case _:
            return None
    if cell is None:
        return None

    @st.composite
    def tables(draw: DrawFn) -> list[Any]:
        columns = draw(st.integers(1, _MAX_ROWS))
        row = st.lists(cell, min_size=columns, max_size=columns)
        return draw(st.lists(row, min_size=1, max_size=_MAX_ROWS))

    return tables()


def _union(
    alternatives: Sequence[ast.expr], constants: Sequence[Any]
) -> SearchStrategy[Any] | None:
    parts = [values_of_type(one, constants) for one in alternatives]
    known = [part for part in parts if part is not None]
    return st.one_of(known) if known and len(known) == len(parts) else None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
