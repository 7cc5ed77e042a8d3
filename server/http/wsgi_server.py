"""Waitress, set up for long requests whose client may leave, and for errors in JSON."""

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Iterable

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments

from stepcheck.server.http.connections import Acceptor, ConnectionLimits
from stepcheck.settings.schema import ServerSettings

_SPARE_THREADS = 8
"""Threads beyond one for each admitted request, so that the others are answered at once."""

_LONGEST_DRAINED_BODY = 2**26
"""Bytes of a too long body that are read, so that its sender gets to read the answer (413)."""

_FLUSH_SECONDS = 2.0
_POLL_SECONDS = 0.01
_CLEANUP_SECONDS = 1
_CONNECTIONS_PER_THREAD = 4


class AddressError(Exception):
    """The server cannot listen where it should; the message names the remedy."""


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

    def __init__(
        self,
        app: Flask,
        bound: socket.socket,
        settings: ServerSettings,
        quick_paths: Iterable[str] = (),
    ) -> None:
        """Make the threads; those of `quick_paths` are beside those of the others."""
        threads = settings.queue_size + _SPARE_THREADS
        limits = ConnectionLimits(
            settings.head_seconds,
            settings.body_seconds,
            connections=_CONNECTIONS_PER_THREAD * threads,
            unfinished_per_client=threads,
            waiting=threads,
        )
        adjustments = Adjustments(
            sockets=[bound],
            threads=threads,
            # Those that wait to be answered or are just being refused come on top of the limit.
            connection_limit=limits.connections + 2 * threads,
            cleanup_interval=_CLEANUP_SECONDS,
            channel_request_lookahead=1,
            asyncore_use_poll=True,
            max_request_body_size=_LONGEST_DRAINED_BODY,
            max_request_header_size=2**16,
            ident="stepcheck",
            log_socket_errors=False,
            clear_untrusted_proxy_headers=True,
        )
        self._acceptor = Acceptor(app, bound, adjustments, limits, quick_paths)
        self._thread = threading.Thread(
            target=self._acceptor.run, name="stepcheck-http", daemon=True
        )
        self.port: int = bound.getsockname()[1]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def refuse_requests(self) -> None:
        """Answer 503 to every request that comes, but those of quick paths."""
        self._acceptor.refuse_requests()

    def wait_until_answered(self, seconds: float) -> None:
        """Wait until no request is being answered, that long at most."""
        deadline = time.monotonic() + seconds
        while self._acceptor.is_answering and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def stop_accepting(self) -> None:
        """Refuse new connections; those that exist go on."""
        self._acceptor.trigger.pull_trigger(self._acceptor.stop_accepting)

    def close(self) -> None:
        """Wait for the answers under way, a few seconds at most, and close every connection."""
        self._acceptor.shut_down()
        connections = self._acceptor.connections
        deadline = time.monotonic() + _FLUSH_SECONDS
        while time.monotonic() < deadline and any(
            getattr(channel, "total_outbufs_len", 0) for channel in list(connections.values())
        ):
            time.sleep(_POLL_SECONDS)
        # Woken by a last answer, the loop may close everything, this trigger too, before it is
        # pulled.
        with contextlib.suppress(OSError):
            self._acceptor.trigger.pull_trigger(lambda: wasyncore.close_all(connections))
        self._thread.join(_FLUSH_SECONDS)
