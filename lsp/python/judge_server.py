"""The server that judges code for the language server, a child process of it.

`stepcheck serve --judge-only`, started with the first Python file. It listens on loopback with a
token made for the run, and may see the folders of the workspace.
"""

import asyncio
import contextlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from stepcheck.client.errors import ClientError, ServerUnreachableError
from stepcheck.client.local_server import run_local_server
from stepcheck.client.server_client import ServerClient
from stepcheck.settings.loading import CACHE_VARIABLE, ENVIRONMENT_PREFIX
from stepcheck.settings.schema import ClientSettings, JudgeSettings

Answer = TypeVar("Answer")

MAX_STARTS = 4
WINDOW_SECONDS = 120.0
"""No more than `MAX_STARTS` starts are tried within this time."""
TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class _RunningServer:
    client: ServerClient
    resources: AsyncExitStack


class JudgeServer:
    """Starts the server when it is needed, restarts it when it was lost, and ends it."""

    def __init__(self, settings: JudgeSettings, project_roots: Sequence[Path]) -> None:
        self._settings = settings.model_copy(
            update={"project_roots": (*settings.project_roots, *project_roots)}
        )
        self._start: asyncio.Task[_RunningServer] | None = None
        self._started_at: list[float] = []
        self._is_closed = False

    @property
    def project_roots(self) -> tuple[Path, ...]:
        """The folders whose files it may see."""
        return self._settings.project_roots

    async def ask(self, question: Callable[[ServerClient], Awaitable[Answer]]) -> Answer:
        """Send a request; if the server is lost, once more to a new one.

        Raises `ClientError`.
        """
        running = await self._running()
        try:
            return await question(running.client)
        except ServerUnreachableError:
            await self._discard(running)
        return await question((await self._running()).client)

    async def warm_up(self) -> None:
        """Start the server before it is needed; what prevents that, the first question says."""
        if self._start is None:
            with contextlib.suppress(ClientError):
                await self._running()

    async def close(self) -> None:
        """End the server, for good."""
        self._is_closed = True
        start, self._start = self._start, None
        if start is None:
            return
        if not start.done():
            start.cancel()
        for running in await asyncio.gather(start, return_exceptions=True):
            if isinstance(running, _RunningServer):
                await running.resources.aclose()

    async def _running(self) -> _RunningServer:
        if self._is_closed:
            raise ClientError("The judge was ended.", "Try again.")
        if self._start is None or (self._start.done() and _has_failed(self._start)):
            self._refuse_too_many_starts()
            self._start = asyncio.create_task(self._run())
        # The caller may be cancelled; the start goes on for the next one.
        return await asyncio.shield(self._start)

    def _refuse_too_many_starts(self) -> None:
        now = time.monotonic()
        self._started_at = [at for at in self._started_at if at > now - WINDOW_SECONDS]
        if len(self._started_at) >= MAX_STARTS:
            raise ClientError(
                f"The judge ended {MAX_STARTS} times in a short while.",
                "To see why, start it by hand: stepcheck serve --judge-only",
            )
        self._started_at.append(now)

    async def _run(self) -> _RunningServer:
        token = secrets.token_urlsafe(32)
        async with AsyncExitStack() as resources:
            folder = resources.enter_context(tempfile.TemporaryDirectory(prefix="stepcheck-"))
            config = Path(folder) / "judge.toml"
            config.write_text(_to_toml(token, self._settings), encoding="utf-8")
            server = run_local_server(
                "--judge-only", "--config", str(config), environment=_environment(), is_silent=True
            )
            url = await resources.enter_async_context(server)
            settings = ClientSettings.model_validate(
                {"server_url": url, "token": token, "timeout_seconds": TIMEOUT_SECONDS}
            )
            client = await resources.enter_async_context(ServerClient(settings))
            return _RunningServer(client, resources.pop_all())

    async def _discard(self, running: _RunningServer) -> None:
        """Forget a server that was lost, unless another caller has done so already."""
        start = self._start
        if start is not None and start.done() and not _has_failed(start):
            if start.result() is not running:
                return
            self._start = None
            await running.resources.aclose()


def _has_failed(start: asyncio.Task[_RunningServer]) -> bool:
    return start.cancelled() or start.exception() is not None


def _environment() -> dict[str, str]:
    """Return this process's environment without settings: the server has them from a file."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ENVIRONMENT_PREFIX) or name == CACHE_VARIABLE
    }


def _to_toml(token: str, judge: JudgeSettings) -> str:
    """Return the settings of the server; strings of JSON are strings of TOML."""
    values = judge.model_dump(mode="json", exclude_none=True)
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join(["[server]", f"token = {json.dumps(token)}", "[judge]", *lines, ""])
