"""Evidence of tests: statements that assert, pytest-like functions, or calls given as data."""

import ast
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from stepcheck.server.judge.evidence import worlds
from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.programs import call_tests
from stepcheck.server.judge.evidence.programs.test_data import read_test_data
from stepcheck.server.judge.evidence.test_reading import read_suite, says_something
from stepcheck.server.judge.evidence.traced_checks import locate
from stepcheck.server.judge.evidence.worlds import TestResult
from stepcheck.server.judge.languages.python.source import (
    SourceError,
    bindings,
    functions,
    parse,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status

_MAX_NOTES = 3


def examine(question: Question, sandbox: Sandbox, is_cancelled: Callable[[], bool]) -> Evidence:
    """Run the question's tests against what its code defines.

    Raises what `Sandbox.examine` does.
    """
    data = read_test_data(question.tests)
    if data is not None and data.calls:
        return call_tests.examine(question, data, sandbox, is_cancelled)
    if data is not None:
        note = "the tests are what a program reads and prints"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,))
    names = bindings(parse(question.code))
    try:
        tree = parse(question.tests)
    except SourceError as error:
        note = f"the tests are not Python: {error}"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,))
    suite = read_suite(question.tests, tree, names)
    proofs = _proofs(tree, names)
    results = worlds.examine_suite(question.code, suite, proofs, sandbox, is_cancelled)
    return _conclude(question, tree, names, results)


def _conclude(
    question: Question, tests: ast.Module, names: Collection[str], found: Sequence[TestResult]
) -> Evidence:
    """Return the evidence of tests; those that say nothing of the code are set aside."""
    notes: list[str] = []
    counted: list[CheckResult] = []
    for each in found:
        passed = each.result.status in (Status.PASSED, Status.SELF_REPORTED)
        if each.skipped:
            notes.append(f"{each.name}: {each.result.message}")
        elif passed and not says_something(tests, each.owner, names):
            notes.append(f"{each.name} asserts nothing of the code")
        elif each.owner is None:
            counted.append(each.result)
        else:
            message = f"{each.name}: {each.result.message}" if each.result.message else ""
            counted.append(replace(each.result, message=message))
    evidence = to_evidence(EvidenceKind.TESTS, locate(question, counted), len(notes))
    return replace(evidence, notes=(*evidence.notes, *notes[:_MAX_NOTES]))


def _proofs(tests: ast.Module, names: Collection[str]) -> dict[str | None, Check]:
    """Return what can run apart from the code as well: test functions, or the whole text."""
    checks = to_checks(tests, names)
    called = [check.source.rpartition("\n")[2].removesuffix("()") for check in checks]
    if len(checks) == 1 and called[0] not in {each.name for each in functions(tests)}:
        return {None: checks[0]}
    return dict(zip(called, checks, strict=True))


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
