"""The model that proposes: on the running server, or on one of its own that runs meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from stepcheck.client.local_server import run_local_server
from stepcheck.client.server_client import ServerClient
from stepcheck.settings.schema import Settings


@asynccontextmanager
async def model_client(
    settings: Settings, model: str | None, running: bool, config: Path | None
) -> AsyncIterator[ServerClient | None]:
    """Yield a client of the model that proposes, if one is wanted.

    That is `model`, on a server that runs meanwhile, or that of the `running` server. Raises
    `ClientError` if there is none.
    """
    if model is None and not running:
        yield None
        return
    if model is None:
        async with ServerClient(settings.client) as client:
            yield client
        return
    async with own_model_client(settings, model, config) as client:
        yield client


@asynccontextmanager
async def own_model_client(
    settings: Settings, model: str, config: Path | None
) -> AsyncIterator[ServerClient]:
    """Yield a client of a model, on a server that runs meanwhile. Raises `ClientError`."""
    arguments = ("--model", model, *(("--config", str(config)) if config else ()))
    async with run_local_server(*arguments) as url:
        own = settings.client.model_copy(update={"server_url": url})
        async with ServerClient(own) as client:
            yield client
