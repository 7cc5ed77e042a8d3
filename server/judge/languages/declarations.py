"""The functions that code declares, read off its syntax tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from stepcheck.server.judge.languages.types import UNKNOWN, Type
from stepcheck.server.judge.verdict import Range


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter by position."""

    name: str
    type: Type = UNKNOWN


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a method of the class `owner`.

    `is_variadic` if it takes more arguments than it has parameters, or has defaults.
    """

    name: str
    owner: str
    parameters: tuple[Parameter, ...]
    result: Type
    range: Range
    is_stub: bool = False
    is_variadic: bool = False

    @property
    def qualified(self) -> str:
        """Return the dotted name."""
        return f"{self.owner}.{self.name}" if self.owner else self.name


def parse(grammar: tree_sitter.Language, source: str) -> tree_sitter.Node:
    """Return the root of the syntax tree; what does not parse becomes error nodes."""
    return tree_sitter.Parser(grammar).parse(source.encode()).root_node


def text_of(node: tree_sitter.Node | None) -> str:
    """Return the source of a node."""
    return node.text.decode(errors="replace") if node is not None and node.text else ""


def range_of(node: tree_sitter.Node) -> Range:
    """Return the lines of a node."""
    return Range(node.start_point.row + 1, node.end_point.row + 1)


def iterate_children(node: tree_sitter.Node, into: Sequence[str]) -> Iterator[tree_sitter.Node]:
    """Yield the children of a node; for those of a type in `into`, their children instead."""
    for child in node.named_children:
        if child.type in into:
            yield from iterate_children(child, into)
        else:
            yield child


def has_no_statements(body: tree_sitter.Node | None) -> bool:
    """Whether a body has no statement."""
    return body is not None and all("comment" in child.type for child in body.named_children)


def comments(root: tree_sitter.Node, lines: Range) -> str:
    """Return the text of the comments that begin in these lines, without what marks them."""
    found: list[str] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if "comment" in node.type and (
            lines.first_line <= range_of(node).first_line <= lines.last_line
        ):
            found.append(_COMMENT_MARK.sub("", text_of(node)))
        waiting.extend(reversed(node.children))
    return "\n".join(found)


_COMMENT_MARK = re.compile(r"^[ \t]*(?:/\*+|\*+/|\*(?!/)|//+)[ \t]?|\*/\s*$", re.M)


def normalize_name(name: str) -> str:
    """Return a name without owner, underscores and capitals, which languages use differently."""
    return name.rpartition(".")[2].replace("_", "").lower()
