"""Descriptions of what libraries make: dates, arrays, frames, figures, images, databases.

The kinds are told by the library and the name of a class, so that nothing is imported. Each entry
takes the value and the `description.Describer` that describes its parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

_MAX_ROWS = 1_000


class PartDescriber(Protocol):
    """What describes the parts of a value; see `description.Describer`."""

    def describe(self, value: Any) -> Any:
        """Return the description of a value."""

    def all(self, values: Any) -> list[Any]:
        """Return the descriptions of some values."""

    def pairs(self, values: Any) -> list[list[Any]]:
        """Return the descriptions of some pairs."""


def _array(value: Any, describer: PartDescriber) -> Any:
    if value.dtype.names:
        return ["list", describer.all(value.tolist())]
    if value.ndim == 0:
        return describer.describe(value.item())
    return ["array", list(value.shape), describer.all(value.ravel().tolist())]


def _masked(value: Any, describer: PartDescriber) -> Any:
    return ["array", list(value.shape), describer.all(value.filled(float("nan")).ravel().tolist())]


def _sparse(value: Any, describer: PartDescriber) -> Any:
    return _array(value.toarray(), describer)


def _tensor(value: Any, describer: PartDescriber) -> Any:
    flat = value.detach().cpu().reshape(-1).tolist()
    return ["array", list(value.shape), describer.all(flat)] if value.dim() else flat[0]


def _frame(value: Any, describer: PartDescriber) -> Any:
    columns = [value.iloc[:, place].tolist() for place in range(value.shape[1])]
    names, index = describer.all(value.columns.tolist()), describer.all(value.index.tolist())
    return ["frame", names, index, [describer.all(column) for column in columns]]


def _series(value: Any, describer: PartDescriber) -> Any:
    name = describer.describe(value.name)
    return ["series", name, describer.all(value.index.tolist()), describer.all(value.tolist())]


def _index(value: Any, describer: PartDescriber) -> Any:
    return ["index", describer.all(value.tolist())]


def _groups(value: Any, describer: PartDescriber) -> Any:
    return ["dict", describer.pairs((key, group) for key, group in value)]


def _axes(value: Any, describer: PartDescriber) -> Any:
    legend = value.get_legend()
    shown = describer.describe
    aspects = {
        "title": value.get_title(),
        "x label": value.get_xlabel(),
        "y label": value.get_ylabel(),
        "scales": [value.get_xscale(), value.get_yscale()],
        "lines": [[list(line.get_xdata()), list(line.get_ydata())] for line in value.lines],
        "bars": [list(_bar_values(container)) for container in value.containers],
        "wedges": [
            [patch.theta1, patch.theta2] for patch in value.patches if hasattr(patch, "theta1")
        ],
        "points": [collection.get_offsets() for collection in value.collections],
        "images": [image.get_array() for image in value.images],
        "texts": [text.get_text() for text in value.texts],
        "x ticks": [label.get_text() for label in value.get_xticklabels()],
        "y ticks": [label.get_text() for label in value.get_yticklabels()],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
    }
    return ["axes", [[name, shown(aspect)] for name, aspect in aspects.items()]]


def _bar_values(container: Any) -> Any:
    """Return how long the bars are: how wide they are drawn, and where, is a matter of taste."""
    values = getattr(container, "datavalues", None)
    return values if values is not None else []


def _figure(value: Any, describer: PartDescriber) -> Any:
    title = getattr(value, "_suptitle", None)
    shown = describer.describe(title.get_text() if title else "")
    return ["figure", shown, [_axes(axes, describer) for axes in value.axes]]


def _grid(value: Any, describer: PartDescriber) -> Any:
    return _figure(value.figure, describer)


def _artist(value: Any, describer: PartDescriber) -> Any:
    axes = getattr(value, "axes", None)
    return _axes(axes, describer) if axes is not None else ["opaque", type(value).__name__]


def _image(value: Any, _: PartDescriber) -> Any:
    import hashlib

    digest = hashlib.sha256(value.tobytes()).hexdigest()
    return ["image", value.mode, list(value.size), digest]


def describe_database(connection: Any, describer: PartDescriber) -> Any:
    """Return the description of an SQLite database: its tables, with their rows."""
    select = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = []
    for (name,) in sorted(connection.execute(select).fetchall()):
        quoted = name.replace('"', '""')
        cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a table's name
        columns = [column[0] for column in cursor.description]
        tables.append([name, columns, describer.all(cursor.fetchmany(_MAX_ROWS))])
    return ["database", tables]


def _element(value: Any, describer: PartDescriber) -> Any:
    children = describer.all(list(value))
    text = (value.text or "").strip()
    return ["element", value.tag, describer.describe(dict(value.attrib)), text, children]


def _element_tree(value: Any, describer: PartDescriber) -> Any:
    return _element(value.getroot(), describer)


def _rows(value: Any, describer: PartDescriber) -> Any:
    return ["list", describer.all(value.fetchmany(_MAX_ROWS))]


def _row(value: Any, describer: PartDescriber) -> Any:
    return ["tuple", describer.all(tuple(value))]


def _names_of_members(value: Any, describer: PartDescriber) -> Any:
    names = value.namelist() if hasattr(value, "namelist") else value.getnames()
    return ["members", describer.all(sorted(names))]


def _period(value: Any, _: PartDescriber) -> Any:
    return ["date", "timedelta", value.total_seconds()]


def _moment(value: Any, _: PartDescriber) -> Any:
    return ["date", "moment", value.isoformat()]


def _decimal(value: Any, _: PartDescriber) -> Any:
    return ["decimal", str(value.normalize())]


def _fraction(value: Any, _: PartDescriber) -> Any:
    return ["fraction", value.numerator, value.denominator]


def _items(value: Any, describer: PartDescriber) -> Any:
    return ["list", describer.all(value)]


def _enumerated(value: Any, describer: PartDescriber) -> Any:
    return ["enum", type(value).__name__, value.name, describer.describe(value.value)]


def _regular_match(value: Any, describer: PartDescriber) -> Any:
    return ["match", value.start(), describer.all(value.groups()), value[0]]


def _pattern(value: Any, _: PartDescriber) -> Any:
    return ["pattern", value.pattern]


def _identifier(value: Any, _: PartDescriber) -> Any:
    return ["text", "UUID", str(value)]


def _item(value: Any, describer: PartDescriber) -> Any:
    return describer.describe(value.item())


def _missing(_value: Any, _: PartDescriber) -> Any:
    return ["missing"]


def _digest(value: Any, _: PartDescriber) -> Any:
    return ["digest", value.hexdigest()]


LIBRARY_KINDS: dict[tuple[str, str], Callable[[Any, PartDescriber], Any]] = {
    ("array", "array"): _items,
    ("collections", "deque"): _items,
    ("datetime", "timedelta"): _period,
    ("datetime", "date"): _moment,
    ("datetime", "time"): _moment,
    ("decimal", "Decimal"): _decimal,
    ("enum", "Enum"): _enumerated,
    ("re", "Match"): _regular_match,
    ("re", "Pattern"): _pattern,
    ("fractions", "Fraction"): _fraction,
    ("uuid", "UUID"): _identifier,
    ("numpy", "ndarray"): _array,
    ("numpy", "MaskedArray"): _masked,
    ("numpy", "generic"): _item,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _index,
    ("pandas", "ExtensionArray"): _index,
    ("pandas", "BaseGroupBy"): _groups,
    ("pandas", "NAType"): _missing,
    ("pandas", "NaTType"): _missing,
    ("scipy", "spmatrix"): _sparse,
    ("scipy", "sparray"): _sparse,
    ("scipy", "_spbase"): _sparse,
    ("torch", "Tensor"): _tensor,
    ("matplotlib", "_AxesBase"): _axes,
    ("matplotlib", "FigureBase"): _figure,
    ("matplotlib", "Artist"): _artist,
    ("seaborn", "Grid"): _grid,
    ("PIL", "Image"): _image,
    ("sqlite3", "Connection"): describe_database,
    ("sqlite3", "Cursor"): _rows,
    ("sqlite3", "Row"): _row,
    ("zipfile", "ZipFile"): _names_of_members,
    ("tarfile", "TarFile"): _names_of_members,
    ("xml", "Element"): _element,
    ("xml", "ElementTree"): _element_tree,
    ("_hashlib", "HASH"): _digest,
}
"""How to describe an instance of a class, by its library and its name; subclasses are included."""
