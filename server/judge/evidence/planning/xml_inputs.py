"""XML that a solution reads: elements, attributes and children of the names it asks for."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.planning.tables import tables
from stepcheck.server.judge.languages.python.source import SourceError, parse

_MANY = frozenset({"findall", "iter", "iterfind", "getElementsByTagName", "xpath"})
_ONE = frozenset({"find", "findtext"})
_ATTRIBUTES = frozenset({"get", "getAttribute"})
_USUAL = ("name", "value")
_MAX_NAMES = 6


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that code asks for; of elements there are many, of children one in each."""

    elements: dict[str, None] = field(default_factory=dict)
    children: dict[str, None] = field(default_factory=dict)
    attributes: dict[str, None] = field(default_factory=dict)


def xml_content(
    code: str, said: Sequence[str]
) -> tuple[SearchStrategy[dict[str, list[object]]], str]:
    """Return a strategy for the rows of an XML file, and the expression of its text.

    Each row is an element; names that are only `said` are of its children.
    """
    names = _read(code)
    *above, element = next(iter(names.elements), "item").strip("./").split("/")
    children = list(names.children) or [one for one in said if one not in names.attributes]
    columns = [*names.attributes, *(children or ([] if names.attributes else _USUAL))]
    columns = columns[:_MAX_NAMES]
    attributes = "".join(
        f" {name}=\"' + str(row[{place}]) + '\""
        for place, name in enumerate(columns)
        if name in names.attributes
    )
    inner = "".join(
        f"<{name}>' + str(row[{place}]) + '</{name}>"
        for place, name in enumerate(columns)
        if name not in names.attributes
    )
    opening = "".join(f"<{name}>" for name in ("root", *above))
    closing = "".join(f"</{name}>" for name in (*above[::-1], "root"))
    row = f"'<{element}{attributes}>{inner}</{element}>'"
    text = f"'{opening}' + ''.join({row} for row in zip(*{{0}}.values())) + '{closing}'"
    return tables(columns), text


def _read(code: str) -> _Names:
    found = _Names()
    try:
        tree = parse(code)
    except SourceError:
        return found
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=method), args=[ast.Constant(value=str(name)), *_]
            ):
                if not name.replace("/", "").strip(".").isidentifier():
                    continue
                if method in _MANY:
                    found.elements.setdefault(name)
                elif method in _ONE:
                    found.children.setdefault(name.strip("./"))
                elif method in _ATTRIBUTES:
                    found.attributes.setdefault(name)
            case ast.Subscript(
                value=ast.Attribute(attr="attrib"), slice=ast.Constant(value=str(name))
            ):
                found.attributes.setdefault(name)
    # What is looked for once in an element of that name is no child of itself.
    for name in found.elements:
        found.children.pop(name, None)
    return found
