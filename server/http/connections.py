"""Connections of waitress: requests that are not whole in time are refused, so others have room.

Clients that send the head of a request a byte at a time would otherwise hold a connection each for
as long as they please (RFC 9110, section 15.5.9, has the answer to them: 408).
"""

import logging
import secrets
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher

from stepcheck.server.http.errors import ApiError

_QUICK_THREADS = 2
_RETRY_SECONDS = 2
_STOPPING = ApiError(
    503, "stopping", "The server is being stopped.", "Start it again with `stepcheck serve`."
)
_BUSY = ApiError(
    503, "busy", "As many requests wait as there may.", "Try again soon.", _RETRY_SECONDS
)
_TOO_MANY = ApiError(
    408,
    "request_timeout",
    "Too many requests of this client are unfinished; this is the oldest.",
    "Finish a request before the next is begun.",
)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How long a request may take to arrive, and how many connections there may be."""

    head_seconds: float
    body_seconds: float
    connections: int
    unfinished_per_client: int
    waiting: int

    def __post_init__(self) -> None:
        """Leave room for the others, whatever one client has."""
        if self.unfinished_per_client >= self.connections:
            raise ValueError("one client may take every connection")


class _Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc] # waitress is untyped
    """Threads that answer; that some requests wait for them is no news: too many are refused."""

    queue_logger = logging.Logger(f"{__name__}.queue", logging.ERROR)


class _JsonErrorTask(ErrorTask):  # type: ignore[misc] # waitress is untyped
    """Answers what Flask is not to see: what is not even HTTP, is late, or finds no room."""

    def execute(self) -> None:
        error = self.request.error
        if not isinstance(error, ApiError):
            status = HTTPStatus(error.code)
            kind = status.phrase.lower().replace(" ", "_")
            remedy = "Send a well-formed HTTP/1.1 request."
            error = ApiError(status.value, kind, str(error.body), remedy)
        request_id = secrets.token_hex(8)
        content = error.to_body(request_id).model_dump_json().encode()
        self.status = f"{error.status} {HTTPStatus(error.status).phrase}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.response_headers.append(("X-Request-Id", request_id))
        if error.retry_after_seconds is not None:
            self.response_headers.append(("Retry-After", str(error.retry_after_seconds)))
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class _Channel(HTTPChannel):  # type: ignore[misc] # waitress is untyped
    """A connection that knows since when the head and the body of its next request arrive.

    `began` is when that request began, or the connection.
    """

    error_task_class = _JsonErrorTask
    request: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._arriving: object = None
        self.began = self._head_ended = time.monotonic()
        self._has_asked = False

    def received(self, data: bytes) -> bool:
        is_read = bool(super().received(data))
        now = time.monotonic()
        request = self.request
        if request is not self._arriving:
            self._arriving, self.began, self._head_ended = request, now, now
        if request is None:
            self._has_asked = True
        elif not request.headers_finished:
            self._head_ended = now
        return is_read

    @property
    def is_unfinished(self) -> bool:
        """Whether no request is whole: one is under way, or there has not been any."""
        return not self.is_in_use and (self.request is not None or not self._has_asked)

    @property
    def is_in_use(self) -> bool:
        """Whether a request is being answered, or an answer is being sent."""
        return bool(self.requests or self.total_outbufs_len or self.will_close)

    def refuse_if_late(self, limits: ConnectionLimits, now: float) -> None:
        """Answer 408 to a request whose head or body is overdue."""
        request = self.request
        if request is None:
            return
        if self.is_in_use:
            # What follows a request may have to wait for its answer.
            self.began = self._head_ended = now
        elif request.headers_finished and now - self._head_ended > limits.body_seconds:
            self._refuse(_late("body", limits.body_seconds, "server.body_seconds"))
        elif not request.headers_finished and now - self.began > limits.head_seconds:
            self._refuse(_late("head", limits.head_seconds, "server.head_seconds"))

    def make_room(self) -> None:
        """Close the connection; a request under way is told why."""
        if self.request is not None:
            self._refuse(_TOO_MANY)
        else:
            self.will_close = True

    def _refuse(self, error: ApiError) -> None:
        with self.requests_lock:
            request, self.request = self.request, None
            if request is None:
                return
            request.error = error
            self.requests.append(request)
            self.server.add_task(self)


def _late(part: str, seconds: float, setting: str) -> ApiError:
    message = f"The {part} of the request did not arrive within {seconds:g} s."
    return ApiError(408, "request_timeout", message, f"Send it sooner, or raise {setting}.")


class Acceptor(TcpWSGIServer):  # type: ignore[misc] # waitress is untyped
    """The listening socket of an application, and the connections to it.

    Requests of `quick_paths`, and refusals, have threads of their own: however many others wait,
    they are answered.
    """

    channel_class = _Channel

    def __init__(
        self,
        app: Flask,
        bound: socket.socket,
        adjustments: Adjustments,
        limits: ConnectionLimits,
        quick_paths: Iterable[str],
    ) -> None:
        self._limits = limits
        self._quick_paths = frozenset(quick_paths)
        self._quick = _Dispatcher()
        self._quick.set_thread_count(_QUICK_THREADS)
        self._workers = _Dispatcher()
        self._workers.set_thread_count(adjustments.threads)
        self._is_refusing = threading.Event()
        self.connections: dict[int, wasyncore.dispatcher] = {}
        super().__init__(
            app,
            self.connections,
            True,
            bound,
            dispatcher=self._workers,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(bound.family, bound.type, bound.proto, bound.getsockname()),
        )

    def add_task(self, task: _Channel) -> None:
        """Have the first request of a connection answered."""
        request = task.requests[0]
        is_quick = request.error is not None or request.path in self._quick_paths
        if not is_quick and self._is_refusing.is_set():
            request.error = _STOPPING
        elif not is_quick and len(self._workers.queue) >= self._limits.waiting:
            request.error = _BUSY
        (self._quick if is_quick or request.error else self._workers).add_task(task)

    def handle_accept(self) -> None:
        """Accept a connection; one that has done nothing for long may have to go for it."""
        super().handle_accept()
        channels = list(self.active_channels.values())
        unfinished = defaultdict(list)
        for channel in channels:
            if channel.is_unfinished:
                unfinished[channel.addr[0]].append(channel)
        for of_client in unfinished.values():
            if len(of_client) > self._limits.unfinished_per_client:
                min(of_client, key=lambda one: one.began).make_room()
        if len(channels) > self._limits.connections:
            idle = [channel for channel in channels if not channel.is_in_use]
            if idle:
                min(idle, key=lambda one: one.last_activity).make_room()

    def maintenance(self, now: float) -> None:
        """Refuse what is late, and close what has been idle for long."""
        for channel in list(self.active_channels.values()):
            channel.refuse_if_late(self._limits, time.monotonic())
        super().maintenance(now)

    def refuse_requests(self) -> None:
        """From now on answer every request that comes with 503, but those of quick paths."""
        self._is_refusing.set()

    @property
    def is_answering(self) -> bool:
        """Whether requests are being answered, or wait for it."""
        return bool(self._workers.active_count or self._workers.queue)

    def stop_accepting(self) -> None:
        """Close the listening socket and leave the connections; to be run by the loop."""
        self.accepting = False
        wasyncore.dispatcher.close(self)

    def shut_down(self) -> None:
        """Wait for the answers under way, a few seconds at most, and cancel the others."""
        self._workers.shutdown()
        self._quick.shutdown()
