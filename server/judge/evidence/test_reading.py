"""What tests say, read off their text: whether they assert something, and of whom."""

import ast
import re
from collections.abc import Collection, Iterator

from stepcheck.server.judge.languages.python.source import Function

_ASSERTS = re.compile(r"(?:_?assert|fail|raises|warns|deprecated_call|check_output)", re.I)
Definition = Function | ast.ClassDef


def says_something(tests: ast.Module, item: str | None, names: Collection[str]) -> bool:
    """Tell whether a test asserts anything that the candidate's `names` take part in.

    `item` is a function or class at the top of the tests; None stands for all that runs at once.
    What it uses of the other definitions counts as its own.
    """
    defined = {node.name: node for node in tests.body if isinstance(node, Definition)}
    top = [node for node in tests.body if not isinstance(node, Definition | _IMPORTS)]
    reached: list[ast.AST] = [*top]
    waiting = [item] if item else []
    waiting += [word for node in top for word in _words(node)]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in defined:
            continue
        seen.add(name)
        reached.append(defined[name])
        waiting += _words(defined[name])
    wanted = set(names) - defined.keys()
    uses = any(word in wanted for node in reached for word in _words(node))
    return uses and any(_asserts(each) for node in reached for each in ast.walk(node))


_IMPORTS = ast.Import | ast.ImportFrom


def _words(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node mentions, those in texts that name something to patch too."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.Constant(value=str(text)) if len(text) < 200:
                yield from re.findall(r"\w+", text)


def _asserts(node: ast.AST) -> bool:
    match node:
        case ast.Assert(test=test):
            return any(isinstance(each, ast.Name) for each in ast.walk(test))
        case ast.Raise():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return bool(_ASSERTS.match(name))
    return False
