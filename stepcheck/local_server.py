"""A model server of one's own: `stepcheck serve` as a child process while it is needed."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from stepcheck.client import ClientError
from stepcheck.settings import ClientSettings

START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_URL = re.compile(rb"http://\S+")


@contextlib.asynccontextmanager
async def run_local_server(*arguments: str) -> AsyncIterator[str]:
    """Run `stepcheck serve` on a free port and yield its URL once the model is loaded.

    `arguments` are further ones of `stepcheck serve`. What the server says of itself goes to this
    process's stderr. Raises `ClientError` if it does not get ready.
    """
    serve = ["-m", "stepcheck", "serve", "--host", "127.0.0.1", "--port", "0"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *serve, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield await _wait_for_url(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def choose_server(
    settings: ClientSettings, *, own: bool, config: Path | None
) -> AsyncIterator[ClientSettings]:
    """Yield a client's settings: as they are, or for an `own` server that runs meanwhile.

    `config` is the settings file of that server. Raises `ClientError` if it does not get ready.
    """
    if not own:
        yield settings
        return
    async with run_local_server(*(("--config", str(config)) if config else ())) as url:
        yield settings.model_copy(update={"server_url": url})


async def _wait_for_url(process: asyncio.subprocess.Process) -> str:
    output = process.stdout
    if output is None:
        raise ClientError("The model server has no output to read its address from.")
    try:
        async with asyncio.timeout(START_SECONDS):
            async for line in output:
                if found := _URL.search(line):
                    return found.group().decode()
    except TimeoutError:
        raise ClientError(
            f"The model server did not get ready within {START_SECONDS:.0f} s.",
            "Start it by hand to see why: stepcheck serve",
        ) from None
    raise ClientError("The model server ended at once.", "Its own message is above.")
