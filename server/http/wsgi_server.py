"""Waitress, set up for long requests whose client may leave, and for errors in JSON."""

import contextlib
import errno
import os
import secrets
import socket
import threading
import time
from http import HTTPStatus

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher

from stepcheck.server.http.schema import ErrorBody
from stepcheck.settings.schema import ServerSettings

_SPARE_THREADS = 8
"""Threads beyond one for each admitted request, so that the others are answered at once."""

_LONGEST_DRAINED_BODY = 2**26
"""Bytes of a too long body that are read, so that its sender gets to read the answer (413)."""

_FLUSH_SECONDS = 2.0


class AddressError(Exception):
    """The server cannot listen where it should; the message names the remedy."""


class _JsonErrorTask(ErrorTask):  # type: ignore[misc] # waitress is untyped
    """Answers what is not even HTTP, before Flask sees it."""

    def execute(self) -> None:
        error = self.request.error
        status = HTTPStatus(error.code)
        body = ErrorBody(
            error=status.phrase.lower().replace(" ", "_"),
            message=str(error.body),
            remedy="Send a well-formed HTTP/1.1 request.",
            request_id=secrets.token_hex(8),
        )
        content = body.model_dump_json().encode()
        self.status = f"{status.value} {status.phrase}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.set_close_on_finish()
        self.content_length = len(content)
        self.write(content)


class _Channel(HTTPChannel):  # type: ignore[misc] # waitress is untyped
    error_task_class = _JsonErrorTask


class _Acceptor(TcpWSGIServer):  # type: ignore[misc] # waitress is untyped
    channel_class = _Channel

    def stop_accepting(self) -> None:
        """Close the listening socket and leave the connections; to be run by the loop."""
        self.accepting = False
        wasyncore.dispatcher.close(self)


def listen(host: str, port: int) -> socket.socket:
    """Bind a socket. Raises `AddressError` if the address is taken, forbidden or unknown."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        try:
            # A server just stopped leaves its port in TIME_WAIT; on Windows the option means
            # something else, to share the port with a stranger.
            if os.name == "posix":
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen()
        except OSError:
            bound.close()
            raise
    except (OSError, UnicodeError) as error:
        raise AddressError(_explain(error, host, port)) from error
    return bound


def _explain(error: OSError | UnicodeError, host: str, port: int) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use. Stop what uses it (perhaps another "
            "`stepcheck serve`), or choose another with --port or server.port."
        )
    if number == errno.EACCES:
        return f"Port {port} may not be used without privileges. Choose one above 1023."
    if number == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror | UnicodeError):
        return f"{host} is not an address of this machine. Change --host or server.host."
    return f"Cannot listen on {host}, port {port}: {error}."


class HttpServer:
    """An application behind a socket, answering in threads of its own."""

    def __init__(self, app: Flask, bound: socket.socket, settings: ServerSettings) -> None:
        threads = settings.queue_size + _SPARE_THREADS
        adjustments = Adjustments(
            sockets=[bound],
            threads=threads,
            connection_limit=4 * threads,
            channel_request_lookahead=1,
            asyncore_use_poll=True,
            max_request_body_size=_LONGEST_DRAINED_BODY,
            max_request_header_size=2**16,
            ident="stepcheck",
            log_socket_errors=False,
            clear_untrusted_proxy_headers=True,
        )
        self._map: dict[int, wasyncore.dispatcher] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(threads)
        self._acceptor = _Acceptor(
            app,
            self._map,
            True,
            bound,
            dispatcher=self._dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(bound.family, bound.type, bound.proto, bound.getsockname()),
        )
        self._thread = threading.Thread(
            target=self._acceptor.run, name="stepcheck-http", daemon=True
        )
        self.port: int = bound.getsockname()[1]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop_accepting(self) -> None:
        """Refuse new connections; those that exist go on."""
        self._acceptor.trigger.pull_trigger(self._acceptor.stop_accepting)

    def close(self) -> None:
        """Wait for the answers under way, a few seconds at most, and close every connection."""
        self._dispatcher.shutdown()
        deadline = time.monotonic() + _FLUSH_SECONDS
        while time.monotonic() < deadline and any(
            getattr(channel, "total_outbufs_len", 0) for channel in list(self._map.values())
        ):
            time.sleep(0.01)
        # Woken by a last answer, the loop may close everything, this trigger too, before it is
        # pulled.
        with contextlib.suppress(OSError):
            self._acceptor.trigger.pull_trigger(lambda: wasyncore.close_all(self._map))
        self._thread.join(_FLUSH_SECONDS)
