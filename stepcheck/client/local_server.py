"""A server of one's own: `stepcheck serve` as a child process while it is needed."""

import asyncio
import contextlib
import re
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from stepcheck.client.errors import ClientError, ModelUnusableError
from stepcheck.exit_codes import ExitCode
from stepcheck.settings.schema import ClientSettings

START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_URL = re.compile(rb"http://\S+")


@contextlib.asynccontextmanager
async def run_local_server(
    *arguments: str, environment: Mapping[str, str] | None = None, is_silent: bool = False
) -> AsyncIterator[str]:
    """Run `stepcheck serve` on a free port and yield its URL once it is ready.

    `arguments` are further ones of `stepcheck serve`, `environment` takes the place of this
    process's. What the server says of itself goes to this process's stderr, unless it
    `is_silent`. It ends with the block, and with this process however that ends. Raises
    `ClientError` if it does not get ready, a `ModelUnusableError` if its model cannot be loaded.
    """
    serve = ["-m", "stepcheck", "serve", "--host", "127.0.0.1", "--port", "0", "--stop-with-stdin"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *serve,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL if is_silent else None,
        env=environment,
    )
    try:
        yield await _wait_for_url(process, is_silent=is_silent)
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


async def _wait_for_url(process: asyncio.subprocess.Process, *, is_silent: bool) -> str:
    output = process.stdout
    if output is None:
        raise ClientError("The server has no output to read its address from.")
    try:
        async with asyncio.timeout(START_SECONDS):
            async for line in output:
                if found := _URL.search(line):
                    return found.group().decode()
    except TimeoutError:
        raise ClientError(
            f"The server did not get ready within {START_SECONDS:.0f} s.",
            "Start it by hand to see why: stepcheck serve",
        ) from None
    by_hand = "Start it by hand to see why: stepcheck serve"
    remedy = by_hand if is_silent else "It has said why, above."
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    if process.returncode == ExitCode.MODEL_UNAVAILABLE:
        raise ModelUnusableError("The model server could not load its model.", remedy)
    raise ClientError("The server ended at once.", remedy)
