"""Run a project's pytest in the sandbox, with a text in place of one of its files."""

import configparser
import json
import secrets
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox import child
from stepcheck.server.sandbox.project import Place
from stepcheck.server.sandbox.sandbox import (
    CommandRequest,
    CompletedCommand,
    Limits,
    Sandbox,
    StopReason,
)

Progress = Callable[[int, int], None]
"""Gets how many tests are done, of how many."""

_PLUGIN = Path(child.__file__).with_name("pytest_plugin.py")
_PLUGIN_NAME = "stepcheck_reporting"
_KEPT_OPTIONS = (
    *("--import-mode", "-p", "-m", "-k", "--ignore", "--ignore-glob", "--deselect", "--pyargs"),
    *("--doctest-modules", "--doctest-glob", "--doctest-continue-on-failure", "--asyncio-mode"),
    *("--ds", "--dc", "--strict-markers"),
)
_WITHOUT_VALUE = ("--pyargs", "--doctest-modules", "--strict-markers")
_NO_TESTS = 5


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """How a test went: `passed`, `skipped`, `failed`, `timeout`, `crashed`, or `unknown`.

    `line` is the last of the judged file in the traceback, `reached` are those that ran.
    """

    status: str
    message: str = ""
    line: int | None = None
    reached: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class TestRun:
    """The outcomes by test; `problem` says why there are none, or not all.

    `orderly` is whether pytest itself came to its end and its exit status fits the outcomes.
    """

    outcomes: Mapping[str, TestOutcome] = field(default_factory=dict)
    problem: str = ""
    orderly: bool = False
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PytestRequest:
    """A run of pytest: `text` in place of the judged file, and the tests `chosen` (None: all).

    `cpu_seconds` bounds it, if given. `is_repetition` tells a second run from the first, for tests
    may fail now and then.
    """

    text: str
    chosen: Sequence[str] | None = None
    cpu_seconds: float | None = None
    is_repetition: bool = False


def run_tests(
    request: PytestRequest,
    sandbox: Sandbox,
    limits: Limits,
    progress: Progress,
    is_cancelled: Callable[[], bool],
) -> TestRun:
    """Run tests of the project that is the sandbox's place.

    Raises what `Sandbox.run` does.
    """
    place = sandbox.place
    assert place is not None  # noqa: S101 - the callers' part
    reader = _ReportReader(f"{secrets.token_hex(16)} ", progress)
    chosen = request.chosen
    order = {"mark": reader.mark, "judged": str(place.file), "chosen": chosen}
    files = dict.fromkeys(str(place.root / name.partition("::")[0]) for name in chosen or ())
    command = CommandRequest(
        [
            *(str(place.interpreter.executable), "-s", "-B", "-m", "pytest"),
            *("-p", _PLUGIN_NAME, "-p", "no:cacheprovider", "--rootdir", str(place.root)),
            *("-q", "--tb=short", "--show-capture=no", "--continue-on-collection-errors"),
            *("-o", f"addopts={shlex.join(_project_options(place.root))}"),
            *("--basetemp=/tmp/pytest", *files),
        ],
        files={f"plugins/{_PLUGIN_NAME}.py": _PLUGIN.read_bytes()},
        replaced={place.file: request.text.encode()},
        readable=place.readable,
        hidden=place.hidden,
        environment=_environment(place),
        folder=place.root,
        stdin=json.dumps(order).encode(),
        limits=limits,
    )
    done = sandbox.run(command, on_output=reader.feed, is_cancelled=is_cancelled)
    return reader.conclude(done)


def _environment(place: Place) -> dict[str, str]:
    return {
        "PYTHONPATH": ":".join(["/tmp/plugins", *map(str, place.search)]),  # noqa: S108 - its own
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


class _ReportReader:
    """Reads outcomes from the lines that the plugin reports, as they arrive."""

    def __init__(self, mark: str, progress: Progress) -> None:
        self.mark = mark
        self._progress = progress
        self._rest = b""
        self._outcomes: dict[str, TestOutcome] = {}
        self._uncollected: dict[str, TestOutcome] = {}
        self._running = ""
        self._count = 0
        self._has_duplicates = False

    def feed(self, part: bytes) -> None:
        """Take the next part of the output."""
        *lines, self._rest = (self._rest + part).split(b"\n")
        for line in lines:
            if line.startswith(self.mark.encode()):
                self._take(json.loads(line[len(self.mark) :]))

    def _take(self, report: dict[str, Any]) -> None:
        if "collected" in report:
            self._count = report["collected"]
        elif "begins" in report:
            self._running = report["begins"]
        elif "uncollected" in report:
            self._uncollected[report["uncollected"]] = TestOutcome(
                "failed", report["message"], report["line"]
            )
        else:
            self._has_duplicates |= report["test"] in self._outcomes
            self._outcomes[report["test"]] = TestOutcome(
                report["status"],
                report.get("message", ""),
                report.get("line"),
                frozenset(report["reached"]),
            )
            self._running = ""
            self._progress(len(self._outcomes), self._count)

    def conclude(self, done: CompletedCommand) -> TestRun:
        """Return the run, now that it has ended."""
        outcomes = self._uncollected | self._outcomes
        failed = any(outcome.status == "failed" for outcome in outcomes.values())
        problem = ""
        if self._running:
            problem, ending = _ending(done)
            outcomes[self._running] = ending
        elif done.stopped or (not outcomes and done.exit_status != _NO_TESTS):
            problem = _explain(done)
        orderly = (
            not problem
            and not self._has_duplicates
            and done.exit_status == int(failed)
            and len(self._outcomes) == self._count
        )
        return TestRun(outcomes, problem, orderly, done.cpu_seconds)


def _ending(done: CompletedCommand) -> tuple[str, TestOutcome]:
    """Return what the end of the run says of the test that was running."""
    if done.stopped is StopReason.PROCESSOR_TIME:
        message = "the test used up the processor time there was"
        return message, TestOutcome("timeout", message)
    if done.stopped is StopReason.MEMORY:
        message = "the test used more memory than it may"
        return message, TestOutcome("crashed", message)
    if done.stopped or done.exit_status == -9:
        return _explain(done), TestOutcome("unknown")
    message = f"the test ended the test run, with status {done.exit_status}"
    return message, TestOutcome("crashed", message)


def _explain(done: CompletedCommand) -> str:
    if done.stopped is StopReason.WALL_TIME or done.stopped is StopReason.PROCESSOR_TIME:
        return "the project's tests took too long"
    if done.stopped:
        return "the project's tests were ended from outside"
    output = (done.stderr or done.stdout).decode(errors="replace").strip()
    if "No module named pytest" in output:
        return "the project's interpreter has no pytest"
    last = output.splitlines()[-1] if output else ""
    return f"pytest ended with status {done.exit_status}: {last:.200}"


def _project_options(root: Path) -> list[str]:
    """Return of the options that the project gives pytest those that decide what a test is.

    Others, such as for coverage or for running in parallel, stay away.
    """
    kept: list[str] = []
    words = iter(_configured_options(root))
    for word in words:
        name = word.partition("=")[0]
        if name in _KEPT_OPTIONS:
            kept.append(word)
            if "=" not in word and name not in _WITHOUT_VALUE:
                kept.append(next(words, ""))
        elif word.startswith("-p") and word[2:]:
            kept.append(word)
    return kept


def _configured_options(root: Path) -> list[str]:
    try:
        for name, section in (("pytest.ini", "pytest"), (".pytest.ini", "pytest")):
            if (root / name).is_file():
                return _ini_options(root / name, section)
        project = root / "pyproject.toml"
        if project.is_file():
            tool = tomllib.loads(project.read_text(encoding="utf-8")).get("tool", {})
            options = tool.get("pytest", {}).get("ini_options", {}).get("addopts")
            if options is not None:
                return shlex.split(options) if isinstance(options, str) else list(options)
        for name, section in (("tox.ini", "pytest"), ("setup.cfg", "tool:pytest")):
            if (root / name).is_file() and (found := _ini_options(root / name, section)):
                return found
    except (OSError, ValueError, configparser.Error):
        pass
    return []


def _ini_options(path: Path, section: str) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    return shlex.split(parser.get(section, "addopts", fallback=""))
