"""The functions that code declares, read off its syntax tree."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from stepcheck.server.judge.languages.types import UNKNOWN, Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter by position."""

    name: str
    type: Type = UNKNOWN


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a method of the class `owner`; lines count from 1.

    `takes_more` than the parameters if it ends in `…` or its like, or has defaults.
    """

    name: str
    owner: str
    parameters: tuple[Parameter, ...]
    result: Type
    first_line: int
    last_line: int
    is_stub: bool = False
    takes_more: bool = False

    @property
    def qualified(self) -> str:
        """Return the dotted name."""
        return f"{self.owner}.{self.name}" if self.owner else self.name


def parse(grammar: tree_sitter.Language, source: str) -> tree_sitter.Node:
    """Return the root of the syntax tree; what is torn becomes nodes of errors."""
    return tree_sitter.Parser(grammar).parse(source.encode()).root_node


def text_of(node: tree_sitter.Node | None) -> str:
    """Return the source of a node."""
    return node.text.decode(errors="replace") if node is not None and node.text else ""


def lines_of(node: tree_sitter.Node) -> tuple[int, int]:
    """Return the first and the last line."""
    return node.start_point.row + 1, node.end_point.row + 1


def descend(node: tree_sitter.Node, into: Sequence[str]) -> Iterator[tree_sitter.Node]:
    """Yield what a node holds, and what is in those nodes whose types are to be looked into."""
    for child in node.named_children:
        if child.type in into:
            yield from descend(child, into)
        else:
            yield child


def says_nothing(body: tree_sitter.Node | None) -> bool:
    """Whether a body has no statement."""
    return body is not None and all("comment" in child.type for child in body.named_children)


def comments(root: tree_sitter.Node, first_line: int, last_line: int) -> str:
    """Return the text of the comments that begin in these lines, without what marks them."""
    found: list[str] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if "comment" in node.type and first_line <= lines_of(node)[0] <= last_line:
            found.append(_COMMENT_MARK.sub("", text_of(node)))
        waiting.extend(reversed(node.children))
    return "\n".join(found)


_COMMENT_MARK = re.compile(r"^[ \t]*(?:/\*+|\*+/|\*(?!/)|//+)[ \t]?|\*/\s*$", re.M)


def normal(name: str) -> str:
    """Return a name as all languages spell it: without its owner, underscores and capitals."""
    return name.rpartition(".")[2].replace("_", "").lower()
