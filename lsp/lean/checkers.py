"""The warm Leans of an editor session: one checker for each project, started in the background."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import LeanError, LeanUnavailableError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.toolchain import find_project
from stepcheck.lsp.protocol.progress import Report
from stepcheck.settings.schema import LeanSettings
from stepcheck.use_cases.checked_suggestions import make_checker

RETRY_SECONDS = 15.0
"""A Lean that did not start is not tried again sooner, whatever is hovered over."""
CLOSE_SECONDS = 10.0

ShowProgress = Callable[[str, Callable[[], object]], AbstractAsyncContextManager[Report]]
"""Given a title and what to do when the person cancels: shows progress while its block runs."""


@dataclass(slots=True)
class _Start:
    task: asyncio.Task[StepChecker]
    not_again_before: float = 0.0

    @property
    def may_be_repeated(self) -> bool:
        has_failed = self.task.done() and (self.task.cancelled() or self.task.exception())
        return bool(has_failed) and time.monotonic() >= self.not_again_before


class LeanSessions:
    """Starts a checker for each project in which files are opened, and ends them all."""

    def __init__(self, settings: LeanSettings, show_progress: ShowProgress) -> None:
        self._settings = settings
        self._show_progress = show_progress
        self._starts: dict[Path | None, _Start] = {}

    async def checker_for(self, file: Path | None) -> StepChecker:
        """Return the warm checker of the project that `file` belongs to.

        Raises `LeanError` if Lean does not start; for some seconds after that, at once.
        """
        project = find_project(file) if file is not None else None
        start = self._starts.get(project)
        if start is None or start.may_be_repeated:
            start = self._starts[project] = _Start(asyncio.create_task(self._start(project, file)))
        return await asyncio.shield(start.task)

    async def warm(self, file: Path | None, position: ProofPosition | None) -> None:
        """Have Lean started for `file`, and a position in it opened; failures show when asked."""
        with suppress(LeanError):
            checker = await self.checker_for(file)
            if position is not None:
                await checker.open(position)

    async def close(self) -> None:
        """End every Lean. They start again when they are asked for."""
        starts, self._starts = self._starts, {}
        for start in starts.values():
            start.task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*(_close(start.task) for start in starts.values()))

    async def _start(self, project: Path | None, file: Path | None) -> StepChecker:
        try:
            checker = await asyncio.to_thread(make_checker, self._settings, file)
            try:
                await self._warm_up(project, checker)
            except BaseException:
                await checker.close()
                raise
        except LeanError:
            self._hold_back(project, RETRY_SECONDS)
            raise
        return checker

    async def _warm_up(self, project: Path | None, checker: StepChecker) -> None:
        warming = asyncio.current_task()
        is_refused = False

        def refuse() -> None:
            nonlocal is_refused
            is_refused = True
            if warming is not None:
                warming.cancel()

        try:
            async with self._show_progress("stepcheck: starting Lean", refuse) as report:
                await checker.start(report)
        except asyncio.CancelledError:
            if not is_refused or warming is None:
                raise
            warming.uncancel()
            self._hold_back(project, math.inf)
            raise LeanUnavailableError(
                "The start of Lean was cancelled.",
                "Choose the code action or command “stepcheck: restart Lean”.",
            ) from None

    def _hold_back(self, project: Path | None, seconds: float) -> None:
        start = self._starts.get(project)
        if start is not None and start.task is asyncio.current_task():
            start.not_again_before = max(start.not_again_before, time.monotonic() + seconds)


async def _close(starting: asyncio.Task[StepChecker]) -> None:
    with suppress(LeanError, asyncio.CancelledError):
        checker = await starting
        await checker.close()
