"""Evidence of tests: statements that assert, pytest-like functions, or calls given as data."""

import ast
from collections.abc import Callable, Collection

from stepcheck.server.judge.evidence import worlds
from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.programs import call_tests
from stepcheck.server.judge.evidence.programs.test_data import read_test_data
from stepcheck.server.judge.evidence.test_reading import says_something
from stepcheck.server.judge.evidence.traced_checks import locate
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    bindings,
    functions,
    parse,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Check, Sandbox


def examine(question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]) -> Evidence:
    """Run the question's tests against what its code defines.

    Raises what `Sandbox.examine` does.
    """
    data = read_test_data(question.tests)
    if data is not None and data.calls:
        return call_tests.examine(question, data, sandbox, is_cancelled)
    names = bindings(parse(question.code))
    try:
        tree = parse(question.tests)
    except SourceError as error:
        note = f"the tests are not Python: {error}"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,))
    checks = [
        check
        for check in to_checks(tree, names)
        if says_something(parse(check.source), None, names)
    ]
    if not checks:
        note = "the tests assert nothing of the code"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,))
    results = worlds.examine(question.code, names, checks, sandbox, is_cancelled)
    return to_evidence(EvidenceKind.TESTS, locate(question, results))


def to_checks(tests: ast.Module, names: Collection[str]) -> list[Check]:
    """Return one check for each test function, or one for the whole if there are none.

    Imports of the candidate's own names are dropped: the examiner provides these.
    """
    body = [node for node in tests.body if not _imports_only(node, names)]
    source = ast.unparse(ast.Module(body, []))
    called = [
        function.name
        for function in functions(tests)
        if function.name.startswith("test") and not function.args.args
    ]
    return [Check(f"{source}\n{name}()") for name in called] or [Check(source)]


def _imports_only(node: ast.stmt, names: Collection[str]) -> bool:
    return isinstance(node, ast.ImportFrom) and all(alias.name in names for alias in node.names)
