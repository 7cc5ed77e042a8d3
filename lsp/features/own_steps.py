"""A person's own steps, kept when they save a Lean file, if they have agreed to it.

`stepcheck learn from-use` asks for their agreement, shows and deletes what is kept, and learns
from it.
"""

import asyncio
import logging

from stepcheck.lean.errors import LeanError
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.lsp.lean.document import LeanDocument
from stepcheck.use_cases.own_steps import check_own_step
from stepcheck.use_cases.row_file import RowFileError

PAUSE_SECONDS = 5.0
"""How long a saved text is left alone before Lean is asked about it: a person comes first."""

MOST_STEPS = 40
"""So many are checked after a save; the others after the next one."""

logger = logging.getLogger(__name__)


async def begin_observing(server: StepcheckLanguageServer, uri: str) -> None:
    """Take what stands in a document for known."""
    document = server.lean_document(uri)
    if document is not None and server.own_steps.is_enabled:
        await asyncio.to_thread(server.observed_steps.open, document.uri, document.text)


def keep_new_steps(server: StepcheckLanguageServer, uri: str) -> None:
    """Keep what a person has written, once they have stopped changing it."""
    document = server.lean_document(uri)
    if document is None or not server.own_steps.is_enabled:
        return
    server.debounce.run_after(
        f"own steps {uri}", PAUSE_SECONDS, lambda: _keep_new_steps(server, document)
    )


async def _keep_new_steps(server: StepcheckLanguageServer, document: LeanDocument) -> None:
    session = await server.session()
    observed = server.observed_steps
    new = await asyncio.to_thread(observed.new_steps, document.uri, document.text)
    kept = []
    try:
        checker = await session.lean.checker_for(document.path)
        for step in new[:MOST_STEPS]:
            if not server.is_current(document):
                break
            row = await check_own_step(checker, step.tactic, document.path, step.shown)
            observed.know(document.uri, step.tactic)
            if row is not None:
                kept.append(row)
    except LeanError as error:
        logger.info("own steps are not checked: %s", error.problem)
    try:
        if kept:
            await asyncio.to_thread(server.own_steps.add, kept)
    except (RowFileError, OSError) as error:
        logger.warning("own steps are not kept: %s", error)
