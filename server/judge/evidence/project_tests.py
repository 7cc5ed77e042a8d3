"""Evidence of the project's own pytest: the tests that reach the change, before and after it.

A test that newly fails refutes. That tests pass supports, but less: they run in one process with
the code, which could forge what is reported of them. See `_new_runner_access` for what is guarded.
"""

import ast
import hashlib
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from stepcheck.server.judge.evidence.pytest_run import (
    Progress,
    PytestRequest,
    TestOutcome,
    TestRun,
    run_tests,
)
from stepcheck.server.judge.languages.change import MODULE, ChangeKind
from stepcheck.server.judge.languages.python.changes import find_changes, find_member
from stepcheck.server.judge.languages.python.source import Function, SourceError, parse
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Range,
    Severity,
)
from stepcheck.server.sandbox.project import Place
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

_FAULTS = {
    "failed": FaultKind.WRONG_RESULT,
    "timeout": FaultKind.TIMEOUT,
    "crashed": FaultKind.CRASH,
}
_MAX_FAULTS = 10
_MAX_HASHED_BYTES = 1 << 20
_SKIPPED_FOLDERS = ("__pycache__", "node_modules")
_LEAST_CPU_SECONDS = 10.0
_CPU_TIME_FACTOR = 4
_WALL_TIME_FACTOR = 3
_RUNNER_ACCESS_NAMES = frozenset(
    (
        *("ctypes", "gc", "inspect", "sys", "_pytest", "pytest", "builtins", "importlib", "atexit"),
        *("signal", "threading", "unittest", "subprocess", "multiprocessing", "traceback"),
        *("eval", "exec", "compile", "globals", "locals", "vars", "setattr", "delattr", "getattr"),
        *(
            "__import__",
            "__builtins__",
            "modules",
            "_exit",
            "fork",
            "kill",
            "settrace",
            "_getframe",
        ),
        *("__dict__", "__class__", "__subclasses__", "__globals__", "__code__", "__mro__"),
        *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__contains__"),
        *("__getattribute__", "__setattr__", "__instancecheck__", "__loader__", "__spec__"),
        *("write", "dup", "dup2", "fdopen", "_getframe"),
    )
)
"""Names by which code reaches the test run itself, or has a say in comparisons."""


def _ignore(_done: int, _all: int) -> None:
    """Do nothing."""


class ProjectTests:
    """How a project's tests are run, and the runs that were made: the same input is run once.

    `seconds` of processor time bound one run, and three times as many by the clock on the wall
    (0: none is made); `kept` is how many runs are remembered.
    """

    def __init__(self, seconds: float = 20.0, kept: int = 64, progress: Progress = _ignore) -> None:
        self.seconds = seconds
        self._kept = kept
        self._progress = progress
        self._runs: OrderedDict[str, TestRun] = OrderedDict()
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return f"{type(self).__name__}(seconds={self.seconds})"

    def run(
        self, request: PytestRequest, sandbox: Sandbox, is_cancelled: Callable[[], bool]
    ) -> TestRun:
        """Return the run that is asked for, made now or before; raises what `Sandbox.run` does."""
        place = sandbox.place
        assert place is not None  # noqa: S101 - the callers' part
        key = _digest(place, request)
        with self._lock:
            if key in self._runs:
                self._runs.move_to_end(key)
                return self._runs[key]
        limits = replace(
            _LIMITS,
            seconds=_WALL_TIME_FACTOR * self.seconds,
            cpu_seconds=min(request.cpu_seconds or math.inf, self.seconds),
        )
        made = run_tests(request, sandbox, limits, self._progress, is_cancelled)
        with self._lock:
            self._runs[key] = made
            while len(self._runs) > self._kept:
                self._runs.popitem(last=False)
        return made


_LIMITS = Limits(
    memory_bytes=None,
    resident_bytes=3 << 30,
    file_bytes=64 << 20,
    writable_bytes=256 << 20,
    output_bytes=64 << 20,
    processes=128,
    open_files=256,
)


def examine(
    question: Question,
    sandbox: Sandbox,
    tests: ProjectTests,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Compare the tests that reach what the edit changed; the sandbox has a place in the project.

    Raises what `Sandbox.run` does.
    """
    place, before, after = sandbox.place, question.before, question.code
    if place is None or before is None or not place.file.is_file():
        return _nothing("the file is not in the project yet")
    if place.file.name.startswith(("test_", "conftest")) or place.file.stem.endswith("_test"):
        return _nothing("the file is itself part of the tests")
    if not tests.seconds:
        return _nothing("the project's tests are not run, as the settings say")
    if refusal := unavailable_reason():
        return _nothing(f"the project's tests run in a sandbox only ({refusal})", unfinished=1)
    first = tests.run(PytestRequest(before), sandbox, is_cancelled)
    chosen = _choose(first, _changed_lines(before, after, question.function))
    if not chosen:
        reason = first.problem or "no test of the project reaches what changed"
        return _nothing(reason, unfinished=int(bool(first.problem)))
    limit = max(first.cpu_seconds * _CPU_TIME_FACTOR, _LEAST_CPU_SECONDS)
    second = tests.run(PytestRequest(after, chosen, limit), sandbox, is_cancelled)
    broken = _newly_failing(chosen, first, second)
    failed = sorted(name for name, outcome in broken.items() if outcome.status == "failed")
    if failed and len(failed) == len(broken):
        # A test may fail now and then: what fails must fail again, and pass again before.
        failed = failed[:_MAX_FAULTS]
        confirmed, repeated = (
            tests.run(PytestRequest(text, failed, limit, is_repetition=True), sandbox, is_cancelled)
            for text in (before, after)
        )
        broken = _newly_failing(failed, confirmed, repeated)
    return _conclude(chosen, first, second, broken, _new_runner_access(before, after))


def _choose(first: TestRun, lines: Collection[int] | None) -> list[str]:
    """Return the tests that reach one of the lines (None: any may), of those that have run."""
    return [
        name
        for name, outcome in first.outcomes.items()
        if "::" in name
        and outcome.status in ("passed", "failed")
        and (lines is None or not outcome.reached.isdisjoint(lines))
    ]


def _newly_failing(names: Iterable[str], before: TestRun, after: TestRun) -> dict[str, TestOutcome]:
    found = {}
    for name in names:
        was = before.outcomes.get(name)
        # Where its file can no longer be collected, that speaks for the test.
        now = after.outcomes.get(name) or after.outcomes.get(name.partition("::")[0])
        if was and was.status == "passed" and now and now.status in _FAULTS:
            found[name] = now
    return found


def _conclude(
    chosen: Sequence[str],
    first: TestRun,
    second: TestRun,
    broken: dict[str, TestOutcome],
    new_access: str,
) -> Evidence:
    set_aside = [name for name in chosen if first.outcomes[name].status != "passed"]
    passed = [
        name for name in chosen if (now := second.outcomes.get(name)) and now.status == "passed"
    ]
    run = len(chosen) - len([name for name in set_aside if name not in passed])
    notes = [f"{len(chosen)} of the project's tests reach what changed"]
    if first.problem:
        notes.append(f"before the edit: {first.problem}")
    finding = Finding.NOTHING
    expected = [name for name in chosen if name not in set_aside]
    if broken:
        finding = Finding.REFUTES
    elif second.problem or (not second.orderly and not set_aside):
        notes.append(second.problem or "the test run did not come to an orderly end")
    elif new_access:
        notes.append(f"that they pass says little: the edit brings in {new_access}")
    elif expected and set(expected) <= set(passed):
        finding = Finding.SUPPORTS
    faults = tuple(_to_fault(name, outcome) for name, outcome in list(broken.items())[:_MAX_FAULTS])
    return Evidence(
        EvidenceKind.TESTS,
        finding,
        len(passed),
        run,
        len(set_aside),
        faults,
        tuple(notes),
        unfinished=int(bool(first.problem or second.problem)),
    )


def _to_fault(name: str, outcome: TestOutcome) -> Fault:
    where = Range(outcome.line, outcome.line) if outcome.line else None
    severity = Severity.FATAL if outcome.status == "crashed" else Severity.MAJOR
    return Fault(where, severity, _FAULTS[outcome.status], f"{name}: {outcome.message}")


def _changed_lines(before: str, after: str, function: str | None) -> set[int] | None:
    """Return the lines of `before` in the functions that changed, or None where any may matter."""
    try:
        tree = parse(before)
        changes = find_changes(before, after)
    except SourceError:
        return None
    names = [
        change.was or change.name
        for change in changes
        if function in (None, change.name) or change.kind is ChangeKind.ADDED
    ]
    lines: set[int] = set()
    for name in names:
        member = find_member(tree, name)
        if member is None:
            continue
        if name == MODULE or not isinstance(member.node, Function):
            return None
        # The line of `def` itself runs when the module is loaded.
        body = member.node.body
        lines.update(range(body[0].lineno, (member.node.end_lineno or body[-1].lineno) + 1))
    return lines


def _new_runner_access(before: str, after: str) -> str:
    """Return by which new name the edit could reach the test run itself, if there is one.

    Code in pytest's own process can make any test seem to pass: by patching the runner, by
    answering comparisons, by writing what is reported. All of these use one of the
    `_RUNNER_ACCESS_NAMES`, which ordinary edits seldom bring in. What the code before the edit
    already had is trusted, and a name that is put together while the code runs goes unseen: the
    check makes forging hard, not impossible.
    """
    try:
        had, has = (set(_names(parse(source))) for source in (before, after))
    except SourceError:
        return ""
    return min((has - had) & _RUNNER_ACCESS_NAMES, default="")


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ImportFrom(module=str(module), names=aliases):
                yield from (*module.split("."), *(alias.name for alias in aliases))
            case ast.Import(names=aliases):
                yield from (part for alias in aliases for part in alias.name.split("."))
            case ast.Constant(value=str(text)) if text in _RUNNER_ACCESS_NAMES:
                yield text


def _digest(place: Place, request: PytestRequest) -> str:
    """Return what tells one run from another: the project's content without the judged file."""
    wanted = (str(place.file), request.text, request.chosen, request.is_repetition)
    digest = hashlib.sha256(repr(wanted).encode())
    digest.update(str(place.interpreter.executable).encode())
    for path in _files(place.root):
        if path == place.file:
            continue
        try:
            state = path.stat()
            digest.update(repr((str(path), state.st_size)).encode())
            if state.st_size <= _MAX_HASHED_BYTES:
                digest.update(path.read_bytes())
            else:
                digest.update(str(state.st_mtime_ns).encode())
        except OSError:
            continue
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        kept = [name for name in names if not name.startswith(".") and name not in _SKIPPED_FOLDERS]
        names[:] = sorted(name for name in kept if not Path(folder, name, "pyvenv.cfg").exists())
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file():
                yield path


def _nothing(note: str, unfinished: int = 0) -> Evidence:
    return Evidence(EvidenceKind.TESTS, Finding.NOTHING, notes=(note,), unfinished=unfinished)
