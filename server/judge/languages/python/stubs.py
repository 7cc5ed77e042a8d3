"""A stub followed by the function that fills it: both together are one function.

The stub is what a task gave: a head, perhaps a docstring, and no body. It leaves the code, every
other line stays where it was, and its docstring stays as a text of the module.
"""

import ast
import re
from collections.abc import Iterator

from stepcheck.server.judge.languages.python.source import Function, SourceError, parse

_HEAD = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+\w+[ \t]*\([^\n]*\)[^\n]*:[ \t]*(?:#[^\n]*)?")


def merge_stubs(source: str) -> str:
    """Return the source without stubs of functions that follow, and with a body for bare heads."""
    given = source
    try:
        tree = parse(source)
    except SourceError:
        source = _fill_bare_heads(source)
        try:
            tree = parse(source)
        except SourceError:
            return given
    lines = source.splitlines(keepends=True)
    for stub in _stubs(tree):
        _blank(lines, stub)
    merged = "".join(lines)
    try:
        parse(merged)
    except SourceError:
        return given
    return merged


def _stubs(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions without a body that one of the same name with a body follows."""
    known = [node for node in tree.body if isinstance(node, Function)]
    for place, node in enumerate(known):
        following = [other for other in known[place + 1 :] if other.name == node.name]
        if following and _is_stub(node) and not _is_stub(following[-1]):
            yield node


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return not node.decorator_list and all(map(_does_nothing, node.body))


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id=name)) | ast.Raise(exc=ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
    return False


def _blank(lines: list[str], stub: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Blank the lines of a stub, but those of its docstring, which becomes the module's."""
    documentation = stub.body[0] if ast.get_docstring(stub) is not None else None
    kept = range(0)
    if documentation is not None and documentation.lineno > stub.lineno:
        kept = range(documentation.lineno, (documentation.end_lineno or 0) + 1)
        first = documentation.lineno - 1
        lines[first] = lines[first].lstrip()
    for number in range(stub.lineno, (stub.end_lineno or 0) + 1):
        if number not in kept:
            lines[number - 1] = "\n"


def _fill_bare_heads(source: str) -> str:
    """Return the source in which a head that nothing belongs to has an empty body."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if not _HEAD.fullmatch(line):
            continue
        later = (other for other in lines[number + 1 :] if other.strip())
        following = next((other for other in later if other.strip()[0] != "#"), None)
        if following is not None and _depth(following) <= _depth(line):
            head, colon, _ = line.rpartition(":")
            lines[number] = f"{head}{colon} pass"
    return "\n".join(lines)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
