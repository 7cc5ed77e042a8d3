"""Tests given as data that call a function, or a method of a class without arguments."""

import ast
from collections.abc import Callable, Iterator, Sequence

from stepcheck.server.judge.evidence.check_evidence import to_evidence
from stepcheck.server.judge.evidence.programs.test_data import TestData
from stepcheck.server.judge.languages.python.source import (
    Function,
    definitions,
    main_function,
    parse,
)
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Check, CheckResult, Sandbox, Status


def examine(
    question: Question,
    data: TestData,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Call the function with the arguments of the tests, and compare its results.

    Data has no tuples, and often wraps each result in a list of its own: the results are read in
    the way that fits most. Raises `SourceError` and what `Sandbox.examine` does.
    """
    tree = parse(question.code)
    called = _find_called(tree, data.function)
    if called is None:
        note = f"the tests call {data.function or 'a function'}, which the code does not define"
        return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,))
    best: Sequence[CheckResult] = ()
    for results in _readings([case.result for case in data.calls]):
        checks = [
            Check(f"{called}({', '.join(map(repr, case.arguments))})", repr(result))
            for case, result in zip(data.calls, results, strict=True)
        ]
        found = sandbox.examine(question.code, definitions(tree), checks, is_cancelled).results
        if not best or _passed(found) > _passed(best):
            best = found
        if _passed(best) == len(best):
            break
    return to_evidence(EvidenceKind.TESTS, best)


def _passed(results: Sequence[CheckResult]) -> int:
    return sum(result.status is Status.PASSED for result in results)


def _find_called(tree: ast.Module, name: str | None) -> str | None:
    """Return how the function is called: by its name, or as a method of a new object."""
    wanted = name.rpartition(".")[2] if name else None
    if wanted in definitions(tree):
        return wanted
    for owner in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        methods = [node.name for node in owner.body if isinstance(node, Function)]
        public = [method for method in methods if not method.startswith("_")]
        if wanted in methods or (wanted is None and len(public) == 1):
            return f"{owner.name}().{wanted or public[0]}"
    main = main_function(tree) if wanted is None else None
    return main.name if main else None


def _readings(results: Sequence[object]) -> Iterator[list[object]]:
    """Yield what the results may mean."""
    found = [list(results)]
    if all(isinstance(result, list) and len(result) == 1 for result in results):
        found.insert(0, [result[0] for result in results if isinstance(result, list)])
    yield from found
    for each in found:
        if any(isinstance(result, list) for result in each):
            yield [tuple(result) if isinstance(result, list) else result for result in each]
            yield list(map(_with_tuples_inside, each))


def _with_tuples_inside(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [tuple(each) if isinstance(each, list) else each for each in value]
