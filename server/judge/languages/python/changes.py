"""What an edit of a Python module changed, function by function; syntax trees are compared.

White space, comments, the order of functions, and docstrings of classes and modules without
examples are therefore no change. A function within a function belongs to the outer one; what is in
no function belongs to its class, or to the module.
"""

import ast
import copy
import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.languages.change import MODULE, Change, ChangeKind
from stepcheck.server.judge.languages.python.source import (
    Function,
    SourceError,
    TooDeepError,
    parse,
)
from stepcheck.server.judge.verdict import Range


@dataclass(frozen=True, slots=True)
class Member:
    """A function, or the code of a class or module outside functions.

    Two members with the same `shape` do the same; `statements` are the shapes of the statements
    outside functions with their lines, empty for a function.
    """

    name: str
    node: ast.Module | ast.ClassDef | Function
    range: Range
    shape: str
    statements: tuple[tuple[str, Range], ...] = ()

    @property
    def is_function(self) -> bool:
        """Whether it is a function rather than the code of a class or module."""
        return isinstance(self.node, Function)


def find_changes(before: str | None, after: str) -> tuple[Change, ...]:
    """Return what changed, in the order of `after`, what is gone at the end.

    Where there is no `before`, or it is not Python, everything is new. Raises `SourceError` if
    `after` is not Python.
    """
    try:
        old = _by_name(members(parse(before or "")))
    except SourceError:
        old = _by_name(members(parse("")))
    new = _by_name(members(parse(after)))
    changes: list[tuple[Change, Member]] = []
    texts = _split(before or ""), _split(after)
    for name in dict.fromkeys((*new, *old)):
        changes += _compare(old.get(name, []), new.get(name, []), texts)
    changes = _without_members_of_deleted_classes(_recognise_renamed(changes))
    changes.sort(key=lambda each: (each[0].range is None, each[1].range.first_line))
    return tuple(change for change, _ in changes)


def members(tree: ast.Module) -> Iterator[Member]:
    """Yield the module's own code, and each class and function; raises `SourceError`."""
    try:
        last = max((statement.end_lineno or 1 for statement in tree.body), default=1)
        yield _code_of(tree, MODULE, Range(1, last))
        yield from _within(tree, "")
    except RecursionError:
        raise TooDeepError("nested too deeply") from None


def find_member(tree: ast.Module, name: str) -> Member | None:
    """Return the member of that dotted name; of several, the last, which is the one that stays."""
    found = [member for member in members(tree) if member.name == name]
    return found[-1] if found else None


def range_of(node: ast.stmt) -> Range:
    """Return the lines of a statement, its decorators included."""
    decorators = getattr(node, "decorator_list", [])
    first = min((node.lineno, *(decorator.lineno for decorator in decorators)))
    return Range(first, node.end_lineno or node.lineno)


_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_Block = ast.stmt | ast.excepthandler | ast.match_case


def _within(node: ast.AST, prefix: str) -> Iterator[Member]:
    for statement in _blocks(node):
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                name = prefix + statement.name
                yield Member(name, statement, range_of(statement), ast.dump(statement))
            case ast.ClassDef():
                name = prefix + statement.name
                yield _code_of(statement, name, range_of(statement))
                yield from _within(statement, f"{name}.")
            case _:
                yield from _within(statement, prefix)


def _blocks(node: ast.AST) -> Iterator[_Block]:
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if isinstance(block, list):
            yield from block


def _code_of(node: ast.Module | ast.ClassDef, name: str, lines: Range) -> Member:
    bare = _without_definitions(node)
    statements = tuple(
        (ast.dump(_without_definitions(each)), range_of(each))
        for each in node.body
        if not isinstance(each, Function | ast.ClassDef) and not _is_text(each)
    )
    return Member(name, node, lines, ast.dump(bare), statements)


def _without_definitions(node: ast.AST) -> ast.AST:
    """Return a copy without the functions and classes in it."""
    bare = copy.copy(node)
    for field in _BLOCKS:
        block = getattr(node, field, None)
        if isinstance(block, list):
            kept = [each for each in block if not isinstance(each, Function | ast.ClassDef)]
            if isinstance(node, ast.Module | ast.ClassDef):
                kept = [each for each in kept if not _is_text(each)]
            setattr(bare, field, [_without_definitions(each) for each in kept])
    return bare


def _is_text(node: ast.AST) -> bool:
    """Whether it is a text that nothing uses, such as a docstring, and that holds no example."""
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return ">>>" not in text
    return False


def _by_name(found: Iterable[Member]) -> dict[str, list[Member]]:
    named: dict[str, list[Member]] = {}
    for member in found:
        named.setdefault(member.name, []).append(member)
    return named


def _compare(
    old: Sequence[Member], new: Sequence[Member], texts: tuple[list[str], list[str]]
) -> Iterator[tuple[Change, Member]]:
    """Compare the members of one name: several, where a function is defined again."""
    gone = Counter(member.shape for member in old)
    gone.subtract(member.shape for member in new)
    left_old = [member for member in old if gone[member.shape] > 0]
    left_new = [member for member in new if gone[member.shape] < 0]
    for index, member in enumerate(left_new):
        former = left_old[index] if index < len(left_old) else None
        kind = ChangeKind.CHANGED if former else ChangeKind.ADDED
        differing = _differing(former, member, texts) if former and member.is_function else None
        where = _changed_lines(former, member)
        yield Change(member.name, kind, where, differing=differing), member
    for member in left_old[len(left_new) :]:
        yield Change(member.name, ChangeKind.DELETED, None), member


def _changed_lines(old: Member | None, new: Member) -> Range:
    if new.is_function:
        return new.range
    known = {shape for shape, _ in old.statements} if old else set()
    fresh = [lines for shape, lines in new.statements if shape not in known]
    if isinstance(new.node, ast.ClassDef) and (not fresh or old is None):
        return Range(new.range.first_line, new.node.lineno)
    if not fresh:
        return Range(1, 1)
    return Range(fresh[0].first_line, fresh[-1].last_line)


def _differing(former: Member, member: Member, texts: tuple[list[str], list[str]]) -> Range | None:
    old, new = (
        text[each.range.first_line - 1 : each.range.last_line]
        for text, each in zip(texts, (former, member), strict=True)
    )
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [(first, last) for tag, _, _, first, last in blocks if tag in ("replace", "insert")]
    if not changed:
        return None
    start = member.range.first_line
    return Range(start + changed[0][0], start + changed[-1][1] - 1)


def changed_lines(before: str, after: str) -> frozenset[int]:
    """Return the lines of `after`, counted from 1, that `before` has not."""
    matcher = difflib.SequenceMatcher(None, _split(before), _split(after), autojunk=False)
    return frozenset(
        line + 1
        for tag, _, _, first, last in matcher.get_opcodes()
        if tag in ("replace", "insert")
        for line in range(first, last)
    )


def _split(source: str) -> list[str]:
    # As Python counts lines: a form feed or U+2028 ends none.
    return re.split(r"\r\n|\r|\n", source)


def _recognise_renamed(changes: Sequence[tuple[Change, Member]]) -> list[tuple[Change, Member]]:
    """Make one change of a function that is gone and one that is new and does the same."""
    gone = {
        _shape_without_name(member): change
        for change, member in changes
        if change.kind is ChangeKind.DELETED and member.is_function
    }
    renamed: set[Change] = set()
    result = []
    for change, member in changes:
        new = change
        if change.kind is ChangeKind.ADDED and member.is_function:
            former = gone.pop(_shape_without_name(member), None)
            if former is not None:
                renamed.add(former)
                new = replace(change, kind=ChangeKind.RENAMED, was=former.name)
        result.append((new, member))
    return [(change, member) for change, member in result if change not in renamed]


def _without_members_of_deleted_classes(
    changes: Sequence[tuple[Change, Member]],
) -> list[tuple[Change, Member]]:
    gone = {
        f"{member.name}."
        for change, member in changes
        if change.kind is ChangeKind.DELETED and not member.is_function
    }
    return [
        (change, member)
        for change, member in changes
        if change.kind is not ChangeKind.DELETED
        or not any(change.name.startswith(prefix) for prefix in gone)
    ]


def _shape_without_name(member: Member) -> str:
    # A recursive function mentions its own name, which in a dump stands in quotes.
    return member.shape.replace(repr(member.name.rpartition(".")[2]), "''")
