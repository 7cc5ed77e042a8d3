"""Run a file of tests beside the candidate: as a script, as functions, by unittest or by pytest.

Each test has a fork of its own. Runs on Python 3.9 and later.
"""

from __future__ import annotations

import ast
import importlib.util
import linecache
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from stepcheck.server.sandbox.child.forks import Report, run_in_fork
from stepcheck.server.sandbox.child.observing import CHECK_FILE, Watcher

_TOP = "the tests"
_RUNNERS = ("unittest.main", "pytest.main", "main")
_COROUTINE = 0x80
"""The flag of their code, `inspect.CO_COROUTINE`; that module takes long to import."""


class Suite(NamedTuple):
    """The text of tests, and how they are run.

    Those that `share` the candidate's globals stand below it in one file; others are a module that
    imports it. With `has_items`, there are tests to call in it, else it is one as a whole.
    """

    source: str
    shares: bool
    has_items: bool
    needs_pytest: bool


class _Test(NamedTuple):
    """A test: its name, the function or class at the top of the file, and what runs it."""

    name: str
    owner: str
    run: Callable[[], dict[str, Any]]


def run_suite(
    suite: Suite, candidate: ModuleType, watcher: Watcher, mark: str, report: Report
) -> None:
    """Run the tests, and report of each what was seen; this is a fork already."""
    tests = ast.parse(suite.source)
    if suite.has_items:
        tests.body = [node for node in tests.body if not _starts_runner(node)]
    module = _make_module(suite, tests, candidate)
    seen = watcher.watch(partial(_execute, tests, module))
    if not suite.has_items or seen["status"] != "passed":
        report({"item": _TOP, "owner": None, **seen})
        return
    if suite.needs_pytest:
        from stepcheck.server.sandbox.child import pytest_suite

        pytest_suite.run(module, watcher, mark, report)
        return
    for test in _tests(module):
        work = partial(watcher.report, test.run)
        done = run_in_fork(work, mark, watcher.seconds)
        seen = done.reports[0] if done.reports and not done.ending else {"ending": done.ending}
        report({"item": test.name, "owner": test.owner, **seen})


def skipped(reason: object) -> dict[str, Any]:
    """Return what is seen of a test that was skipped."""
    return {"status": "inconclusive", "skipped": True, "message": f"skipped: {reason}"}


def is_asynchronous(function: Any) -> bool:
    """Tell whether a function, or a method, is a coroutine function."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return bool(code and code.co_flags & _COROUTINE)


def run_function(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Call a test, by a loop if it is asynchronous; raises what it raises."""
    result = function(**arguments)
    if is_asynchronous(function):
        import asyncio

        asyncio.run(result)
    return {}


def _make_module(suite: Suite, tests: ast.Module, candidate: ModuleType) -> ModuleType:
    """Return the module that the tests are run as."""
    lines = suite.source.splitlines(keepends=True)
    linecache.cache[CHECK_FILE] = (len(suite.source), None, lines, CHECK_FILE)
    _make_importable(tests, candidate)
    if suite.shares:
        module = candidate
    else:
        module = ModuleType("test_candidate")
        vars(module).update(
            {name: value for name, value in vars(candidate).items() if name[:2] != "__"}
        )
    module.__name__ = "test_candidate" if suite.has_items else "__main__"
    sys.modules[module.__name__] = module
    return module


def _execute(tests: ast.Module, module: ModuleType) -> dict[str, Any]:
    exec(compile(tests, CHECK_FILE, "exec", dont_inherit=True), vars(module))  # noqa: S102
    return {}


def _starts_runner(node: ast.stmt) -> bool:
    """Tell whether a statement has all tests run, and then exits."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return isinstance(node, ast.Expr) and any(ast.unparse(each.func) in _RUNNERS for each in calls)


def _make_importable(tests: ast.Module, candidate: ModuleType) -> None:
    """Have the tests import the candidate, by whatever name they know it.

    That is a module that does not exist, and all of whose names that they use the candidate has.
    """
    for node in ast.walk(tests):
        if isinstance(node, ast.ImportFrom):
            # There is no package to be relative to.
            node.level, node.module = 0, node.module or "candidate"
            names = [alias.name for alias in node.names if alias.name != "*"]
            if all(hasattr(candidate, name) for name in names):
                _offer(node.module, names, candidate)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                names = list(_attributes(tests, alias.asname or alias.name))
                if all(hasattr(candidate, name) for name in names):
                    _offer(alias.name, names, candidate)


def _attributes(tests: ast.Module, name: str) -> Iterator[str]:
    for node in ast.walk(tests):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name:
            yield node.attr


def _offer(name: str, wanted: list[str], candidate: ModuleType) -> None:
    try:
        found = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        found = False
    if found:
        module = sys.modules.get(name) or importlib.import_module(name)
        if all(hasattr(module, each) for each in wanted):
            return
    *parents, last = name.split(".")
    path, above = "", None
    for part in parents:
        path = f"{path}.{part}" if path else part
        if path not in sys.modules:
            package = ModuleType(path)
            package.__path__ = []
            sys.modules[path] = package
        above = sys.modules[path]
    if above is not None:
        setattr(above, last, candidate)
    sys.modules[name] = candidate


def _tests(module: ModuleType) -> Iterator[_Test]:
    """Yield the tests of a module, in order: functions, and methods of `unittest.TestCase`."""
    for name, value in list(vars(module).items()):
        if isinstance(value, type) and _is_test_case(value):
            yield from _case_tests(value)
        elif name.startswith("test") and _is_test_function(value):
            yield _Test(name, name, partial(run_function, value))


def _is_test_function(value: Any) -> bool:
    code = getattr(value, "__code__", None)
    return isinstance(code, CodeType) and not code.co_argcount and code.co_filename == CHECK_FILE


def _is_test_case(value: type) -> bool:
    unittest = sys.modules.get("unittest")
    if unittest is None or not issubclass(value, unittest.TestCase):
        return False
    return value.__module__ == "test_candidate"


def _case_tests(case: type) -> Iterator[_Test]:
    import unittest

    for test in unittest.TestLoader().loadTestsFromTestCase(case):
        name = f"{case.__name__}.{getattr(test, '_testMethodName', '')}"
        yield _Test(name, case.__name__, partial(_run_case, test))


def _run_case(test: Any) -> dict[str, Any]:
    """Run a test of unittest, with the fixtures of its class and its module."""
    import unittest

    result = _make_result()
    unittest.TestSuite([test]).run(result)
    if result.error is not None:
        raise result.error
    if result.unexpectedSuccesses:
        return {"status": "failed", "message": "a test that should fail does not"}
    if result.skipped:
        return skipped(result.skipped[0][1])
    return {}


def _make_result() -> Any:
    """Return a result that keeps the first exception."""
    import unittest

    class Result(unittest.TestResult):
        error: BaseException | None = None

        def keep(self, _test: Any, error: Any) -> None:
            if self.error is None:
                self.error = error[1].with_traceback(error[2])

        def keep_part(self, test: Any, _part: Any, error: Any) -> None:
            if error is not None:
                self.keep(test, error)

        addError = addFailure = keep  # type: ignore[assignment]  # noqa: N815 - unittest's
        addSubTest = keep_part  # type: ignore[assignment]  # noqa: N815

    return Result()
