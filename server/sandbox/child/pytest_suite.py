"""Run tests by pytest, as a module that stands in no file; Python 3.9 and later.

The text of the tests is nowhere to be read by the code that they test.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from stepcheck.server.sandbox.child.forks import Report, run_in_fork
from stepcheck.server.sandbox.child.observing import Watcher, captured_output
from stepcheck.server.sandbox.child.suites import is_asynchronous, run_function, skipped

_FILE = "test_candidate.py"
_LEXERS = ("pygments.lexers.python", "pygments.lexers.diff", "pygments.formatters.terminal")


def load() -> None:
    """Import all of pytest, while its files can be seen; raises `ImportError`."""
    package = importlib.import_module("_pytest")
    names = [found.name for found in pkgutil.walk_packages(package.__path__, "_pytest.")]
    for name in (*names, "pytest", *_LEXERS):
        # What is only there on another system, or version.
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def run(module: ModuleType, watcher: Watcher, mark: str, report: Report) -> None:
    """Run the tests of a module, each in a fork, and report of each what was seen."""
    try:
        pytest: Any = importlib.import_module("pytest")
    except ImportError as error:
        report(
            {"item": "the tests", "owner": None, "status": "inconclusive", "message": str(error)}
        )
        return
    folder = Path(tempfile.mkdtemp())
    (folder / _FILE).touch()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        *(str(folder / _FILE), "-q", "--capture=no", "-c", os.devnull, "--rootdir", str(folder)),
        *("-p", "no:cacheprovider", "-p", "no:faulthandler", "--basetemp", str(folder / "tmp")),
    ]
    plugin = _make_plugin(pytest, module, watcher, mark, report)
    with captured_output() as printed:
        status = pytest.main(arguments, plugins=[plugin])
    if not plugin.has_run:
        lines = printed.getvalue().strip().splitlines()
        message = f"pytest found no test (status {int(status)}): {lines[-1] if lines else ''}"
        report({"item": "the tests", "status": "inconclusive", "message": message})


def _make_plugin(
    pytest: Any, module: ModuleType, watcher: Watcher, mark: str, report: Report
) -> Any:
    """Return the plugin that collects the module, and runs its tests."""

    class Module(pytest.Module):  # type: ignore[misc]
        def _getobj(self) -> ModuleType:
            return module

    class Plugin:
        has_run = False
        error: BaseException | None = None
        skip: str | None = None
        failure = ""

        def pytest_pycollect_makemodule(self, module_path: Path, parent: Any) -> Any:
            return Module.from_parent(parent, path=module_path)

        def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
            if not is_asynchronous(pyfuncitem.obj):
                return None
            taken = pyfuncitem._fixtureinfo.argnames
            run_function(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in taken})
            return True

        @pytest.hookimpl(hookwrapper=True)  # type: ignore[untyped-decorator]
        def pytest_runtest_makereport(self, call: Any) -> Iterator[None]:
            outcome: Any = yield
            made = outcome.get_result()
            if made.skipped and self.skip is None:
                is_mark = isinstance(made.longrepr, tuple)
                self.skip = str(made.longrepr[2]) if is_mark else "it may fail"
            if made.failed and self.error is None:
                self.error = call.excinfo.value if call.excinfo else None
                self.failure = str(made.longrepr)

        def pytest_runtest_protocol(self, item: Any) -> bool:
            self.has_run = True
            owner = item.nodeid.split("::")[1].partition("[")[0]
            name = item.nodeid.partition("::")[2]
            work = partial(watcher.report, partial(self.run_item, item))
            done = run_in_fork(work, mark, watcher.seconds)
            seen = done.reports[0] if done.reports and not done.ending else {"ending": done.ending}
            report({"item": name, "owner": owner, **seen})
            return True

        def run_item(self, item: Any) -> dict[str, Any]:
            runner = importlib.import_module("_pytest.runner")
            runner.runtestprotocol(item, log=False, nextitem=None)
            if self.error is not None:
                raise self.error
            if self.failure:
                return {"status": "failed", "message": self.failure}
            return skipped(self.skip) if self.skip is not None else {}

    return Plugin()
