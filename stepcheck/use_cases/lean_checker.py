"""The Lean, and its checker, that the settings choose for a file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from stepcheck.lean.checker import StepChecker, memory_limit_of
from stepcheck.lean.limits import CheckLimits, WorkerSettings, default_threads
from stepcheck.lean.toolchain import Toolchain, find_lean, find_project
from stepcheck.settings.schema import LeanSettings

AUTOMATIC_TOOLCHAIN = "auto"


def choose_lean(settings: LeanSettings, file: Path | None) -> Toolchain:
    """Choose the Lean for `file`: its project's, or as the settings say.

    Looks for executables and runs them, so keep it off an event loop. Raises
    `stepcheck.lean.errors.LeanSetupError`.
    """
    project = find_project(file) if file is not None else None
    setting = None if settings.toolchain == AUTOMATIC_TOOLCHAIN else settings.toolchain
    return find_lean(project, setting)


def make_checker(settings: LeanSettings, file: Path | None) -> StepChecker:
    """Make the checker for `file`, with the Lean of `choose_lean`; raises what that raises."""
    limits = CheckLimits(settings.heartbeats, settings.milliseconds_per_candidate)
    toolchain = choose_lean(settings, file)
    # Left alone, the limit depends on the Lean: a native one with Mathlib needs far more.
    megabytes = settings.memory_megabytes
    worker = WorkerSettings(
        memory_limit=megabytes << 20 if megabytes else memory_limit_of(toolchain),
        threads=settings.threads or default_threads(),
    )
    return StepChecker(toolchain, workers=settings.workers, limits=limits, settings=worker)


@asynccontextmanager
async def start_checkers(
    settings: LeanSettings, file: Path | None, count: int
) -> AsyncIterator[Sequence[StepChecker]]:
    """Start so many checkers of one process each, which share the processors.

    Raises what `choose_lean` raises, and `stepcheck.lean.errors.LeanUnavailableError`.
    """
    threads = settings.threads or max(1, default_threads() // count)
    each = settings.model_copy(update={"workers": 1, "threads": threads})
    async with AsyncExitStack() as stack:
        checkers = []
        for _ in range(count):
            checker = await asyncio.to_thread(make_checker, each, file)
            checkers.append(await stack.enter_async_context(checker))
        # The first one alone: it prepares what the others find.
        await checkers[0].start()
        await asyncio.gather(*(checker.start() for checker in checkers[1:]))
        yield checkers
