"""A pytest plugin that reports each test: how it went, and which lines of one file it reached.

Standard input holds the order, as JSON: `mark` opens each line reported, `judged` is the file,
`chosen` lists the tests to run (null: all). It runs on a project's interpreter, Python 3.9 or
later, and imports nothing but pytest. A test that uses `sys.settrace` itself hides lines.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_MAX_MESSAGE = 400


class _Reporter:
    def __init__(self) -> None:
        order = json.loads(sys.stdin.buffer.read())
        # Before pytest captures it.
        self._output = os.dup(1)
        self._process = os.getpid()
        self._mark = order["mark"]
        self._chosen = order["chosen"]
        self._judged = order["judged"]
        self._is_judged: dict[str, bool] = {}
        self._lines: set[int] = set()
        self._worst: dict[str, Any] = {}

    def report(self, **line: Any) -> None:
        if os.getpid() == self._process:
            os.write(self._output, f"\n{self._mark}{json.dumps(line)}\n".encode())

    def trace(self, frame: Any, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if name not in self._is_judged:
            self._is_judged[name] = os.path.realpath(name) == self._judged
        if not self._is_judged[name]:
            return None
        if event == "line":
            self._lines.add(frame.f_lineno)
        return self.trace

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        if self._chosen is not None:
            chosen = set(self._chosen)
            left = [item for item in items if item.nodeid not in chosen]
            items[:] = [item for item in items if item.nodeid in chosen]
            config.hook.pytest_deselected(items=left)
        self.report(collected=len(items))

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            text = str(report.longrepr)
            error_lines = [line[2:].strip() for line in text.splitlines() if line.startswith("E ")]
            name = re.escape(Path(self._judged).name)
            lines = re.findall(rf"{name}:(\d+)", text)
            self.report(
                uncollected=report.nodeid,
                message=(error_lines[-1] if error_lines else text)[:_MAX_MESSAGE],
                line=int(lines[-1]) if lines else None,
            )

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        self._lines, self._worst = set(), {"status": "passed"}
        self.report(begins=item.nodeid)
        threading.settrace(self.trace)
        sys.settrace(self.trace)
        yield
        sys.settrace(None)
        threading.settrace(None)
        self.report(test=item.nodeid, reached=sorted(self._lines), **self._worst)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: Any) -> Iterator[None]:
        outcome: Any = yield
        report = outcome.get_result()
        if report.skipped and self._worst["status"] == "passed":
            self._worst = {"status": "skipped"}
        if report.failed and self._worst["status"] != "failed":
            self._worst = {"status": "failed", **self._describe(call.excinfo, report)}

    def _describe(self, error: Any, report: Any) -> dict[str, Any]:
        if error is None:
            return {"message": str(report.longrepr)[:_MAX_MESSAGE], "line": None}
        lines = [
            entry.lineno + 1
            for entry in error.traceback
            if os.path.realpath(str(entry.path)) == self._judged
        ]
        return {
            "message": error.exconly(tryshort=True)[:_MAX_MESSAGE],
            "line": lines[-1] if lines else None,
        }


def pytest_configure(config: Any) -> None:
    """Register the reporter."""
    config.pluginmanager.register(_REPORTER, "stepcheck-reporter")


_REPORTER = _Reporter()
