"""What tests say, read off their text: whether they assert something, and of whom."""

import ast
import re
from collections.abc import Collection, Iterator

from stepcheck.server.judge.languages.python.source import Function, bindings, functions
from stepcheck.server.sandbox.beside import Suite

_ASSERTS = re.compile(r"(?:_?assert|fail|raises|warns|deprecated_call|check_output)", re.I)
_TEST_CASES = {"TestCase", "IsolatedAsyncioTestCase"}
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


def read_suite(source: str, tests: ast.Module, names: Collection[str]) -> Suite:
    """Return how tests of a module that binds `names` are to be run."""
    bound = {*bindings(tests), *_imported(tests)}
    cases = _test_cases(tests)
    classes = [node for node in tests.body if isinstance(node, ast.ClassDef)]
    found = [node for node in functions(tests) if node.name.startswith("test")]
    plain = [
        node
        for node in classes
        if node.name.startswith("Test") and node.name not in cases and _has_test(node)
    ]
    needs_pytest = bool(plain) or any(map(_uses_pytest, ast.walk(tests)))
    needs_pytest |= any(node.args.args or node.args.kwonlyargs for node in found)
    return Suite(
        source,
        shares=bound.isdisjoint(names),
        has_items=bool(found or plain or cases),
        needs_pytest=needs_pytest,
    )


def _imported(tests: ast.Module) -> Iterator[str]:
    for node in tests.body:
        if isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _test_cases(tests: ast.Module) -> set[str]:
    """Return the classes that stand on unittest's, by their names."""
    cases = set(_TEST_CASES)
    for node in tests.body:
        if isinstance(node, ast.ImportFrom) and node.module == "unittest":
            cases |= {alias.asname or "" for alias in node.names if alias.name in _TEST_CASES}
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if bases & cases:
                cases.add(node.name)
    return cases - _TEST_CASES


def _has_test(node: ast.ClassDef) -> bool:
    return any(isinstance(each, Function) and each.name.startswith("test") for each in node.body)


def _uses_pytest(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=aliases):
            return any(alias.name.partition(".")[0] == "pytest" for alias in aliases)
        case ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] == "pytest"
    return False


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
