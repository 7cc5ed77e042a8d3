"""Learning from a person's own steps in the background, while nobody needs the machine.

The work is `stepcheck learn from-use` in a process of low priority; it ends with the server.
"""

import asyncio
import logging
import sys
import time

import psutil

from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.use_cases.row_file import RowFileError

logger = logging.getLogger(__name__)

CHECK_SECONDS = 300.0
QUIET_SECONDS = 300.0
"""For how long nobody may have changed a document."""

NEW_STEPS = 25
MOST_SECONDS = 1800.0
_BUSY_SHARE = 0.5
"""Of the processors, that others may be using."""

_LOW_PRIORITY = 15


async def learn_when_idle(server: StepcheckLanguageServer) -> None:
    """Learn again and again, each time enough new steps have come and the machine is idle."""
    tried = 0
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        try:
            new = await asyncio.to_thread(_new_steps, server)
        except RowFileError:
            continue  # Another editor writes them.
        if new >= NEW_STEPS and new != tried and _is_idle(server):
            # What failed once would fail again with the same steps.
            tried = new
            await _learn()


def _new_steps(server: StepcheckLanguageServer) -> int:
    steps = server.own_steps
    return steps.unlearned if steps.is_enabled else 0


def _is_idle(server: StepcheckLanguageServer) -> bool:
    is_quiet = time.monotonic() - server.last_change >= QUIET_SECONDS
    return is_quiet and psutil.getloadavg()[0] <= _BUSY_SHARE * (psutil.cpu_count() or 1)


async def _learn() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stepcheck", "learn", "from-use"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        psutil.Process(process.pid).nice(_LOW_PRIORITY)
        async with asyncio.timeout(MOST_SECONDS):
            _, told = await process.communicate()
        last = told.decode(errors="replace").strip().rpartition("\n")[2]
        logger.info("learned from use, exit status %s: %s", process.returncode, last)
    except TimeoutError:
        logger.warning("learning from use took more than %.0f s", MOST_SECONDS)
    except psutil.Error as error:
        logger.warning("learning from use: %s", error)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
