"""The bridge: asks the model server for a Lean that has no network, by files in a folder.

The *spool* protocol. `ID` is one to 64 of the characters A-Z a-z 0-9 _ and -, chosen by the asker
and used once; other names in the folder are left alone.

1. The asker writes the JSON body of `POST /v1/suggest` (a `SuggestRequest` of
   `stepcheck.server.api.suggest_schemas`, at most 2 MiB of UTF-8) to `request-ID.tmp` and renames
   it to `request-ID.json`.
2. The bridge removes `request-ID.json` when it takes it, at the latest a fifth of a second later
   unless 64 requests are under way. A request that stays longer has no bridge.
3. The bridge writes `response-ID.tmp` and renames it to `response-ID.json`; the asker reads that
   and removes it. Its content is one JSON object, `{"status": STATUS, "body": BODY}`, what the
   server would answer: with status 200, BODY is a `SuggestResponse`; with any other, an `ErrorBody`
   (`{"error": KIND, "message", "remedy", "request_id"}`). STATUS is the server's own (401, 422,
   500, …), 400 for a request that is no JSON, a link or too large, 502 when something else answers
   at the server's address, 503 when nothing does, when it is busy for too long or when the bridge
   is being stopped, and 504 when the answer does not come in time (client.timeout_seconds).
4. An asker that gives up writes an empty file `cancel-ID`. The bridge cancels the request, on the
   server too, and removes `cancel-ID`, `request-ID.json` and `response-ID.json`, whichever exist.
5. What is older than five minutes is removed, and not answered if it is a request.
"""

import asyncio
import contextlib
import logging
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from pydantic import ValidationError

from stepcheck.bridge.spool import Spool, SpoolError, UnreadableRequestError
from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import ServerClient
from stepcheck.server.api.suggest_schemas import SuggestRequest, SuggestResponse
from stepcheck.server.http.schema import ErrorBody, Schema
from stepcheck.server.http.validation_errors import explain
from stepcheck.settings.schema import ClientSettings

logger = logging.getLogger(__name__)

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.1
_LONGER = 1.25
"""By how much each pause of an idle bridge is longer than the one before."""

_MOST_UNDER_WAY = 64
_SWEEP_SECONDS = 30.0


class SpoolResponse(Schema):
    """The content of `response-ID.json`; `status` as in HTTP."""

    status: int
    body: SuggestResponse | ErrorBody


class Bridge:
    """Answers the requests of a folder, several at once."""

    def __init__(self, spool: Spool, client: ServerClient) -> None:
        self._spool = spool
        self._client = client
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answer until cancelled; those under way are then told. Raises `SpoolError`."""
        pause = _SHORTEST_PAUSE
        sweep_at = 0.0
        try:
            while True:
                if time.monotonic() >= sweep_at:
                    self._spool.sweep()
                    sweep_at = time.monotonic() + _SWEEP_SECONDS
                found = self._look()
                is_busy = found or bool(self._under_way)
                pause = _SHORTEST_PAUSE if is_busy else min(pause * _LONGER, _LONGEST_PAUSE)
                await asyncio.sleep(pause)
        finally:
            await self._stop()

    def _look(self) -> bool:
        """Handle what is new in the folder; return whether there was anything."""
        for identifier, task in tuple(self._under_way.items()):
            if task.done():
                del self._under_way[identifier]
                if not task.cancelled():
                    task.result()
        waiting = self._spool.list_waiting()
        for identifier in waiting.cancels:
            if identifier in self._under_way:
                self._under_way[identifier].cancel()
            self._spool.forget(identifier)
            logger.info("request %s: cancelled", identifier)
        for identifier in waiting.requests:
            is_new = identifier not in self._under_way and identifier not in waiting.cancels
            if is_new and len(self._under_way) < _MOST_UNDER_WAY:
                self._begin(identifier)
        return bool(waiting.requests or waiting.cancels)

    def _begin(self, identifier: str) -> None:
        try:
            content = self._spool.take(identifier)
        except UnreadableRequestError as error:
            remedy = "Write one JSON object to a file of another name, and rename it."
            self._respond(identifier, _failure(400, "unreadable_request", str(error), remedy))
            return
        if content is not None:
            self._under_way[identifier] = asyncio.create_task(self._answer(identifier, content))

    async def _answer(self, identifier: str, content: bytes) -> None:
        started = time.monotonic()
        response = await self._ask(content)
        self._respond(identifier, response)
        milliseconds = 1000 * (time.monotonic() - started)
        logger.info("request %s: %d after %.0f ms", identifier, response.status, milliseconds)

    async def _ask(self, content: bytes) -> SpoolResponse:
        try:
            request = SuggestRequest.model_validate_json(content)
            return SpoolResponse(status=200, body=await self._client.suggest(request))
        except ValidationError as error:
            found = explain(error)
            return _failure(found.status, found.error, found.message, found.remedy)
        except ClientError as error:
            return _failure(error.status, error.kind, str(error), error.remedy)
        except Exception as error:
            logger.exception("A request failed.")
            message = f"The bridge made a mistake ({type(error).__name__})."
            return _failure(500, "internal_error", message, "The bridge's own output says more.")

    def _respond(self, identifier: str, response: SpoolResponse) -> None:
        self._spool.respond(identifier, response.model_dump_json().encode())

    async def _stop(self) -> None:
        unanswered = [name for name, task in self._under_way.items() if task.cancel()]
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        response = _failure(503, "stopping", "The bridge was stopped.", "Start it again.")
        try:
            for identifier in unanswered:
                self._respond(identifier, response)
        except SpoolError as error:
            logger.warning("%s", error)


@contextlib.asynccontextmanager
async def answered_folder(settings: ClientSettings) -> AsyncIterator[Path]:
    """Yield a new folder whose requests a bridge answers until the block is left."""
    with tempfile.TemporaryDirectory(prefix="stepcheck-") as name:
        folder = Path(name)
        async with ServerClient(settings) as client:
            bridge = asyncio.create_task(Bridge(Spool.open(folder), client).run())
            try:
                yield folder
            finally:
                bridge.cancel()
                await asyncio.gather(bridge, return_exceptions=True)


def _failure(status: int, kind: str, message: str, remedy: str) -> SpoolResponse:
    body = ErrorBody(error=kind, message=message, remedy=remedy)
    return SpoolResponse(status=status, body=body)
