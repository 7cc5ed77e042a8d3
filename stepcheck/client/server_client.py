"""The HTTP client of the model server."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

import httpx
from pydantic import ValidationError

from stepcheck.client.errors import (
    ClientError,
    ForeignServerError,
    RequestRefusedError,
    RequestTimeoutError,
    ServerBusyError,
    ServerFailedError,
    ServerUnreachableError,
)
from stepcheck.server.api.health_schemas import ServerInfo
from stepcheck.server.api.judge_schemas import JudgeEditRequest, JudgeEditResponse
from stepcheck.server.api.repair_schemas import RepairRequest, RepairResponse
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestRequest, SuggestResponse
from stepcheck.server.http.schema import ErrorBody, Schema
from stepcheck.settings.schema import ClientSettings

Answer = TypeVar("Answer", bound=Schema)

_JSON = "application/json"
_EVENT_STREAM = "text/event-stream"
_RETRIED = frozenset({429, 503})


class ServerClient:
    """Asks the model server; an asynchronous context manager.

    Cancelling a call, or leaving a stream early, closes its connection, by which the server knows
    to stop generating.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self._url = httpx.URL(settings.server_url)
        self._timeout_seconds = settings.timeout_seconds
        token = settings.token
        self._http = httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token.get_secret_value()}"} if token else None,
            timeout=settings.timeout_seconds,
            # A proxy for the rest of the world cannot reach this machine's loopback.
            trust_env=self._url.host not in ("127.0.0.1", "localhost", "::1"),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def suggest(self, request: SuggestRequest) -> SuggestResponse:
        """Return the suggestions, best first. Raises `ClientError`."""
        return await self._ask("POST", "/v1/suggest", SuggestResponse, request)

    async def judge_edit(self, request: JudgeEditRequest) -> JudgeEditResponse:
        """Return the judgement of each function that an edit touched. Raises `ClientError`."""
        return await self._ask("POST", "/v1/judge/edit", JudgeEditResponse, request)

    async def repair(self, request: RepairRequest) -> RepairResponse:
        """Return edits after which the judge finds the code correct. Raises `ClientError`."""
        return await self._ask("POST", "/v1/repair", RepairResponse, request)

    async def info(self) -> ServerInfo:
        """Return what the server says of itself. Raises `ClientError`."""
        return await self._ask("GET", "/info", ServerInfo)

    async def stream(
        self, request: SuggestRequest
    ) -> AsyncGenerator[Suggestion | SuggestResponse, None]:
        """Yield each suggestion as it is found, then the whole answer, which counts.

        Wrap it in `contextlib.aclosing` if it may be left early. Raises `ClientError`.
        """
        deadline = self._deadline()
        async with self._open("POST", "/v1/suggest", _EVENT_STREAM, deadline, request) as answer:
            if not answer.headers.get("Content-Type", "").startswith(_EVENT_STREAM):
                async with asyncio.timeout_at(deadline):
                    raise _foreign("is not a stream", await answer.aread())
            async for name, data in _read_events(answer, deadline):
                if name == "suggestion":
                    yield _parse(Suggestion, data)
                elif name == "done":
                    yield _parse(SuggestResponse, data)
                    return
                elif name == "error":
                    raise _explain(500, data)
        raise ServerUnreachableError("The stream ended before its answer did.", "Try again.")

    async def _ask(
        self, method: str, path: str, schema: type[Answer], request: Schema | None = None
    ) -> Answer:
        deadline = self._deadline()
        async with self._open(method, path, _JSON, deadline, request) as answer:
            async with asyncio.timeout_at(deadline):
                body = await answer.aread()
        return _parse(schema, body)

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._timeout_seconds

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, accept: str, deadline: float, request: Schema | None
    ) -> AsyncIterator[httpx.Response]:
        """Send a request, again while the server says when to, and hand out the answer's stream."""
        headers = {"Accept": accept}
        content = None
        if request is not None:
            headers["Content-Type"] = _JSON
            content = request.model_dump_json(exclude_defaults=True).encode()
        outgoing = self._http.build_request(method, path, headers=headers, content=content)
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._send(outgoing, deadline)
            try:
                yield answer
            finally:
                await answer.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise RequestTimeoutError(
                f"No answer from {self._url} within {self._timeout_seconds:g} s.",
                "Ask for fewer suggestions, or raise client.timeout_seconds.",
            ) from error
        except httpx.ConnectError as error:
            raise ServerUnreachableError(
                f"No model server answers at {self._url}.",
                "Start it with `stepcheck serve`, or set client.server_url.",
            ) from error
        except httpx.HTTPError as error:
            raise ServerUnreachableError(
                f"The connection to {self._url} broke ({type(error).__name__}).",
                "See whether the server still runs; start it with `stepcheck serve`.",
            ) from error

    async def _send(self, outgoing: httpx.Request, deadline: float) -> httpx.Response:
        while True:
            answer = await self._http.send(outgoing, stream=True)
            if answer.is_success:
                return answer
            try:
                body = await answer.aread()
            finally:
                await answer.aclose()
            error = _explain(answer.status_code, body)
            wait = _seconds_to_wait(answer)
            if wait is None:
                raise error
            if asyncio.get_running_loop().time() + wait >= deadline:
                raise ServerBusyError(str(error), error.remedy)
            await asyncio.sleep(wait)


def suggest(settings: ClientSettings, request: SuggestRequest) -> SuggestResponse:
    """Ask once, from code that is not asynchronous. Raises `ClientError`."""

    async def ask() -> SuggestResponse:
        async with ServerClient(settings) as client:
            return await client.suggest(request)

    return asyncio.run(ask())


def judge_edit(settings: ClientSettings, request: JudgeEditRequest) -> JudgeEditResponse:
    """Ask once about an edit, from code that is not asynchronous. Raises `ClientError`."""

    async def ask() -> JudgeEditResponse:
        async with ServerClient(settings) as client:
            return await client.judge_edit(request)

    return asyncio.run(ask())


def repair(settings: ClientSettings, request: RepairRequest) -> RepairResponse:
    """Ask once for a repair, from code that is not asynchronous. Raises `ClientError`."""

    async def ask() -> RepairResponse:
        async with ServerClient(settings) as client:
            return await client.repair(request)

    return asyncio.run(ask())


def _seconds_to_wait(answer: httpx.Response) -> float | None:
    if answer.status_code not in _RETRIED:
        return None
    try:
        return max(0.0, float(answer.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None


async def _read_events(answer: httpx.Response, deadline: float) -> AsyncIterator[tuple[str, bytes]]:
    """Yield the name and data of each server-sent event, as this project's server writes them.

    Split by bytes: as text, a proof's U+2028 or form feed would count as a line break.
    """
    chunks = answer.aiter_bytes()
    buffer = b""
    while True:
        while b"\n\n" in buffer:
            block, _, buffer = buffer.partition(b"\n\n")
            fields = dict(line.split(b": ", 1) for line in block.split(b"\n") if b": " in line)
            if b"event" in fields:
                yield fields[b"event"].decode(), fields.get(b"data", b"")
        try:
            # The timeout covers the read alone, never the code that consumes the events.
            async with asyncio.timeout_at(deadline):
                buffer += await anext(chunks)
        except StopAsyncIteration:
            return


def _parse(schema: type[Answer], body: bytes) -> Answer:
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        raise _foreign("is not one of a stepcheck server", body) from error


def _explain(status: int, body: bytes) -> ClientError:
    try:
        details = ErrorBody.model_validate_json(body)
    except ValidationError:
        return _foreign(f"has status {status} and is not one of a stepcheck server", body)
    category = ServerFailedError if status >= 500 else RequestRefusedError
    error = category(details.message, details.remedy)
    error.status, error.kind = status, details.error
    return error


def _foreign(what: str, body: bytes) -> ForeignServerError:
    excerpt = json.dumps(body[:80].decode("utf-8", "replace"), ensure_ascii=False)
    return ForeignServerError(
        f"The answer {what}: {excerpt}",
        "See client.server_url: another program may use that port, or versions may differ.",
    )
