"""Long work made visible: the client's progress, with a way to cancel (LSP 3.17, *Work Done*)."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer

CREATION_SECONDS = 5.0

Report = Callable[[str], None]


async def _create(server: "LanguageServer", token: str) -> bool:
    """Whether the client agrees to show progress under `token`."""
    window = server.client_capabilities.window
    if not (window and window.work_done_progress):
        return False
    try:
        await asyncio.wait_for(server.work_done_progress.create_async(token), CREATION_SECONDS)
    except (TimeoutError, JsonRpcException):
        return False
    return True


@asynccontextmanager
async def shown_progress(
    server: "LanguageServer", title: str, cancel: Callable[[], object]
) -> AsyncIterator[Report]:
    """Show `title` while the block runs; the value reports what it is doing, and how it ended.

    `cancel` is called when the person cancels. A client that shows no progress, or does not answer,
    costs nothing but `CREATION_SECONDS`.
    """
    token = str(uuid.uuid4())
    if not await _create(server, token):
        yield lambda _message: None
        return
    progress = server.work_done_progress
    loop = asyncio.get_running_loop()
    progress.tokens[token].add_done_callback(
        lambda future: loop.call_soon_threadsafe(cancel) if future.cancelled() else None
    )
    progress.begin(token, types.WorkDoneProgressBegin(title=title, cancellable=True))
    last_message: str | None = None

    def report(message: str) -> None:
        nonlocal last_message
        last_message = message
        progress.report(token, types.WorkDoneProgressReport(message=message, cancellable=True))

    try:
        yield report
    finally:
        progress.tokens.pop(token, None)
        progress.end(token, types.WorkDoneProgressEnd(message=last_message))
