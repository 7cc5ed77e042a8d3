"""The Lean checkers of an editor session, one for each project, started in the background."""

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
from stepcheck.use_cases.lean_checker import make_checker

RETRY_SECONDS = 15.0
"""After a failed start, the next one is not tried sooner, whatever the editor asks."""
CLOSE_SECONDS = 10.0

ShowProgress = Callable[[str, Callable[[], object]], AbstractAsyncContextManager[Report]]
"""Given a title and what to do when the person cancels: shows progress while its block runs."""


@dataclass(slots=True)
class _Start:
    task: asyncio.Task[StepChecker]
    retry_at: float = 0.0
    """On the monotonic clock, in seconds."""

    @property
    def may_be_retried(self) -> bool:
        has_failed = self.task.done() and (self.task.cancelled() or self.task.exception())
        return bool(has_failed) and time.monotonic() >= self.retry_at


class LeanCheckers:
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
        if start is None or start.may_be_retried:
            start = self._starts[project] = _Start(asyncio.create_task(self._start(project, file)))
        return await asyncio.shield(start.task)

    async def warm_up(self, file: Path | None, position: ProofPosition | None) -> None:
        """Start Lean for `file` and open a position in it; a failure shows at the next request."""
        with suppress(LeanError):
            checker = await self.checker_for(file)
            if position is not None:
                await checker.open(position)

    async def close(self) -> None:
        """End every checker. A checker starts again when it is next asked for."""
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
                await self._start_with_progress(project, checker)
            except BaseException:
                await checker.close()
                raise
        except LeanError:
            self._delay_retry(project, RETRY_SECONDS)
            raise
        return checker

    async def _start_with_progress(self, project: Path | None, checker: StepChecker) -> None:
        starting = asyncio.current_task()
        is_cancelled_by_user = False

        def cancel() -> None:
            nonlocal is_cancelled_by_user
            is_cancelled_by_user = True
            if starting is not None:
                starting.cancel()

        try:
            async with self._show_progress("stepcheck: starting Lean", cancel) as report:
                await checker.start(report)
        except asyncio.CancelledError:
            if not is_cancelled_by_user or starting is None:
                raise
            starting.uncancel()
            self._delay_retry(project, math.inf)
            raise LeanUnavailableError(
                "The start of Lean was cancelled.",
                "Choose the code action or command “stepcheck: restart Lean”.",
            ) from None

    def _delay_retry(self, project: Path | None, seconds: float) -> None:
        start = self._starts.get(project)
        if start is not None and start.task is asyncio.current_task():
            start.retry_at = max(start.retry_at, time.monotonic() + seconds)


async def _close(starting: asyncio.Task[StepChecker]) -> None:
    with suppress(LeanError, asyncio.CancelledError):
        checker = await starting
        await checker.close()
