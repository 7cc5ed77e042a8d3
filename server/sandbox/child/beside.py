"""Run checks beside the candidate, in its own module, each in a fork of its own.

Checks have the candidate's real objects, so that a failure is one; but what shares a process with
the code can be forged by it. Runs on Python 3.9 and later.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from stepcheck.server.sandbox.child import nodes
from stepcheck.server.sandbox.child.forks import (
    Report,
    limit_processor_time,
    run_in_fork,
)
from stepcheck.server.sandbox.child.matching import values_match
from stepcheck.server.sandbox.child.module_loading import FILE_NAME, load_candidate
from stepcheck.server.sandbox.child.observing import (
    Watcher,
    describe_error,
    is_raised_outside,
    observe_example,
    observe_script,
    observe_value,
)
from stepcheck.server.sandbox.child.suites import Suite, run_suite
from stepcheck.server.sandbox.child.transport import Channel, PeerLostError, UntransportableError


def serve_beside(
    channel: Channel, place: dict[str, Any] | None, writable: str | None = None
) -> None:
    """Load the candidate that the first frame brings, then run the checks of each further one.

    All that is answered bears the secret `mark` of the first frame. `place` is the candidate's in a
    project, see `load_candidate`; what a check leaves behind in the folder `writable` is deleted.
    """
    try:
        order = channel.receive()
        file = place["file"] if place else FILE_NAME
        world = _World(order, channel, file)
        world.folder = Path(writable) if writable else None
        if not world.load(order["source"], place, order["load_seconds"]):
            return
        while True:
            world.run(channel.receive())
    except PeerLostError:
        return


class _World:
    """The candidate's module, and the checks run in it."""

    def __init__(self, order: dict[str, Any], channel: Channel, file: str) -> None:
        self._mark: str = order["mark"]
        self._channel = channel
        self._file = file
        self._module: Any = None
        self._kept: frozenset[Path] = frozenset()
        self.folder: Path | None = None

    def load(self, source: str, place: dict[str, Any] | None, seconds: float) -> bool:
        """Load the module, report how that went, and return whether it did."""
        self._channel.send({"mark": self._mark, "begun": True})
        limit_processor_time(seconds)
        process = os.getpid()
        try:
            self._module = load_candidate(source, place)
        except BaseException as error:
            limit_processor_time(0)
            _end_copy(process)
            seen = describe_error(error, self._file)
            if seen["status"] in ("failed", "raised"):
                # What a project lacks here, such as a network, need not be the code's fault.
                is_foreign = place is not None and is_raised_outside(error, self._file)
                seen["status"] = "inconclusive" if is_foreign else "raised"
            self._channel.send({"mark": self._mark, "load": seen})
            return False
        limit_processor_time(0)
        _end_copy(process)
        if place is None:
            sys.argv = ["candidate.py"]
            sys.modules["__main__"] = self._module
        self._kept = frozenset(self.folder.iterdir()) if self.folder else frozenset()
        self._channel.send({"mark": self._mark, "load": {}})
        return True

    def run(self, request: dict[str, Any]) -> None:
        """Run jobs, and report what was seen, for each a list and how it ended."""
        for number, job in enumerate(request["jobs"]):
            done = run_in_fork(self._to_work(job), self._mark, job["seconds"], job["wall_seconds"])
            self._clean()
            answer = {"mark": self._mark, "job": number, "seen": done.reports}
            try:
                self._channel.send({**answer, "ending": done.ending})
            except UntransportableError:
                self._channel.send({**answer, "seen": [], "ending": "large"})

    def _clean(self) -> None:
        """Delete what a check left behind, so that the next finds what it did."""
        for path in self.folder.iterdir() if self.folder else ():
            if path in self._kept:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()

    def _to_work(self, job: dict[str, Any]) -> Callable[[Report], None]:
        def work(report: Report) -> None:
            self._channel.close()
            self._do(job, report)

        return work

    def _do(self, job: dict[str, Any], report: Report) -> None:
        watcher = Watcher(self._file, job["seconds"], job["traced"])
        if watcher.traced:
            _reseed()
        if "suite" in job:
            run_suite(Suite(**job["suite"]), self._module, watcher, self._mark, report)
            return
        names = dict(vars(self._module))
        for source in job.get("examples", ()):
            seen = watcher.watch(partial(observe_example, source, names, self._file))
            report(seen)
            if seen["status"] == "timeout":
                return
        if "source" in job:
            names = {"nodes": nodes, **names, "__name__": "check"}
            observe = _observe_value if job["is_value"] else _observe_script
            report(watcher.watch(partial(observe, job, names)))


def _observe_script(job: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return observe_script(job["source"], names)


def _observe_value(job: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Return what was seen, and whether it is what is wanted, if that was told."""
    seen = observe_value(job["source"], names)
    result = seen.pop("result", None)
    if "expected" not in job:
        return seen
    try:
        wanted = eval(job["expected"], dict(names))  # noqa: S307 - it is isolated
    except Exception:
        return seen
    return {**seen, "matches": values_match(result, wanted)}


def _end_copy(process: int) -> None:
    """End a process that the candidate forked when it was loaded."""
    if os.getpid() != process:
        os._exit(0)


def _reseed() -> None:
    """Let what is drawn differ from the run before: forks begin alike."""
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed()
