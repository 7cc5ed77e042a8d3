"""What a solution takes out of the data that it loads: columns, keys, and records in lists.

Read off its text, in one scope: `for row in csv.DictReader(file): row['x']` takes `x` out of each
item, and so does `pd.read_csv(path)['x']`.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.planning.tables import MAX_ROWS, cells
from stepcheck.server.judge.languages.python.source import SourceError, parse

_ITEM = "[]"
_VALUE = "{}"
"""A step to each item of a list, and to each value of a dictionary; other steps are keys."""

_RECORDS = frozenset({"read_csv", "read_json", "read_excel", "read_table"})
_LOADERS = frozenset({"load", "loads", "safe_load", "DictReader", "reader", *_RECORDS})
_FRAMES = frozenset({"DataFrame", "json_normalize", "from_records"})
_SAME = frozenset({"list", "sorted", "iter", "reversed", "tuple"})
_OF_NUMBERS = frozenset({"sum", "max", "min", "mean", "median"})
_OF_COLUMNS = frozenset(
    {"groupby", "sort_values", "set_index", "drop", "drop_duplicates", "dropna", "pivot_table"}
)
_ROUNDS = 3
_MAX_COLUMNS = 8

Path = tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """What is taken out of a value: by keys, from each item or value, or nothing (a leaf)."""

    keys: dict[str, "Shape"] = field(default_factory=dict)
    items: "Shape | None" = None
    values: "Shape | None" = None


def find_columns(source: str) -> list[str]:
    """Return the names of the columns that Python code takes out of tables it loads."""
    found = (
        next((step for step in path if step not in (_ITEM, _VALUE)), None)
        for path in _find_paths(source)
    )
    return list(dict.fromkeys(name for name in found if name is not None))[:_MAX_COLUMNS]


def find_shape(source: str) -> Shape:
    """Return the shape of the data that Python code loads; a leaf where it does not tell."""
    return _to_shape(_find_paths(source))


def values_of_shape(shape: Shape, name: str = "") -> SearchStrategy[object]:
    """Return a strategy for plain data of a shape; leaves are what their key's `name` tells."""
    if shape.keys:
        return st.fixed_dictionaries(
            {key: values_of_shape(inner, key) for key, inner in shape.keys.items()}
        )
    if shape.items is not None:
        return st.lists(values_of_shape(shape.items, name), min_size=1, max_size=MAX_ROWS)
    if shape.values is not None:
        keys = st.sampled_from(["a", "b", "c d", "E"])
        return st.dictionaries(keys, values_of_shape(shape.values, name), min_size=1)
    return cells(name)


def _to_shape(paths: Iterable[Path]) -> Shape:
    heads: dict[str, list[Path]] = {}
    for path in paths:
        if path:
            heads.setdefault(path[0], []).append(path[1:])
    inner = {step: _to_shape(rest) for step, rest in heads.items()}
    items, values = inner.pop(_ITEM, None), inner.pop(_VALUE, None)
    return Shape(inner, items, values)


def _find_paths(source: str) -> list[Path]:
    try:
        tree = parse(source)
    except SourceError:
        return []
    reader = _Reader()
    # What is taken out of a name is known once it is known what the name is.
    for _ in range(_ROUNDS):
        for node in ast.walk(tree):
            reader.read(node)
    return list(reader.paths)


class _Reader:
    """Follows loaded data through assignments and loops; `paths` lead to what is taken out."""

    def __init__(self) -> None:
        self.paths: dict[Path, None] = {}
        self._known: dict[str, Path] = {}

    def read(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._name(name, self._path(value))
            case (
                ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source)
            ):
                self._go_through(target, source)
            case ast.Subscript() | ast.Call():
                for path in (self._path(node), *self._columns(node)):
                    if path:
                        self.paths.setdefault(path)

    def _name(self, name: str, path: Path | None) -> None:
        if path is not None:
            self._known.setdefault(name, path)

    def _go_through(self, target: ast.expr, source: ast.expr) -> None:
        path = self._path_of_items(source)
        if path is None:
            return
        self.paths.setdefault(path)
        match target:
            case ast.Name(id=name) | ast.Tuple(elts=[_, ast.Name(id=name)]):
                self._name(name, path)

    def _path_of_items(self, source: ast.expr) -> Path | None:
        """Return the path to what a loop over an expression gives."""
        match source:
            case ast.Call(func=ast.Attribute(value=value, attr="items" | "values")):
                return self._step(value, _VALUE)
            case ast.Call(func=ast.Attribute(value=value, attr="iterrows" | "itertuples")):
                # A frame's rows have its columns.
                return self._path(value)
            case ast.Call(func=ast.Name(id="enumerate"), args=[value, *_]):
                return self._step(value, _ITEM)
        return self._step(source, _ITEM)

    def _path(self, node: ast.expr) -> Path | None:
        """Return the path to what an expression is, if it comes of loaded data."""
        match node:
            case ast.Name(id=name):
                return self._known.get(name)
            case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
                return self._step(value, key)
            case ast.Subscript(value=value, slice=ast.Constant(value=int())):
                return self._step(value, _ITEM)
            case ast.Subscript(value=value):
                return self._path(value)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=arguments):
                return self._path_of_call(node, name, arguments)
        return None

    def _path_of_call(self, node: ast.Call, name: str, arguments: list[ast.expr]) -> Path | None:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name in _LOADERS:
            return (_ITEM,) if name in _RECORDS else ()
        if arguments and name in _FRAMES:
            return self._step(arguments[0], _ITEM)
        if arguments and owner is None:
            if name in _SAME:
                return self._path(arguments[0])
            return self._step(arguments[0], _ITEM) if name in _OF_NUMBERS else None
        match arguments:
            case [ast.Constant(value=str(key)), *_] if owner is not None and name == "get":
                return self._step(owner, key)
        return self._path(owner) if owner is not None else None

    def _step(self, node: ast.expr, step: str) -> Path | None:
        path = self._path(node)
        return None if path is None else (*path, step)

    def _columns(self, node: ast.expr) -> Iterator[Path]:
        """Yield the paths to columns named together, or in a call of a method."""
        named: list[ast.expr] = []
        match node:
            case ast.Subscript(value=value, slice=ast.List() as several):
                named = [several]
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _OF_COLUMNS:
                named = [*node.args, *_keyword_values(node)]
            case _:
                return
        path = self._path(value)
        if path is None:
            return
        for one in named:
            for inner in ast.walk(one):
                match inner:
                    case ast.Constant(value=str(key)):
                        yield (*path, key)


def _keyword_values(node: ast.Call) -> list[ast.expr]:
    return [one.value for one in node.keywords if one.arg in ("by", "columns", "subset", "index")]
