"""Put the parts of the server together, run them, and stop them in order."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

from prometheus_client import CollectorRegistry

from stepcheck.models.interface import Generator, ModelError
from stepcheck.server.api import health
from stepcheck.server.app import create_app
from stepcheck.server.engine.metrics import EngineMetrics
from stepcheck.server.engine.queue import Engine, EngineState
from stepcheck.server.http.security import choose_token
from stepcheck.server.http.wsgi_server import HttpServer, listen
from stepcheck.server.judge.warm_up import warm_up
from stepcheck.settings.schema import Settings

_POLL_SECONDS = 0.2


def serve(
    settings: Settings,
    load: Callable[[], Sequence[Generator]],
    announce: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """Answer requests until `stop` is set; then finish those admitted and return.

    What `load` returns may be empty: then code is judged and no step suggested.

    `announce` gets the lines for a person. Raises `SettingsError` for an unusable token,
    `AddressError` for an unusable address, `ModelError` when the models cannot be loaded.
    """
    token, is_new_token = choose_token(settings.server)
    bound = listen(settings.server.host, settings.server.port)
    registry = CollectorRegistry()
    engine = Engine(load, settings.server, EngineMetrics(registry))
    app = create_app(settings, engine, registry, token)
    http = HttpServer(app, bound, settings.server, health.PATHS)
    engine.start()
    http.start()
    try:
        while engine.wait_until_loaded(_POLL_SECONDS) is EngineState.LOADING:
            if stop.is_set():
                return
        if engine.state is EngineState.FAILED:
            raise ModelError(engine.failure)
        if not engine.generators:
            # Here is nothing else to do, and the first question will come soon.
            threading.Thread(target=warm_up, name="stepcheck-warm-up", daemon=True).start()
        for line in _describe_start(settings, engine, http.port, token if is_new_token else None):
            announce(line)
        # With a timeout, because an endless wait is deaf to signals on Windows.
        while not stop.wait(_POLL_SECONDS):
            pass
    finally:
        http.refuse_requests()
        drained_at = time.monotonic() + settings.server.drain_seconds
        engine.stop(settings.server.drain_seconds)
        http.wait_until_answered(drained_at - time.monotonic())
        http.stop_accepting()
        http.close()


def set_on_signals(stop: threading.Event) -> None:
    """Let SIGINT and SIGTERM set `stop`; the second of them ends the process at once."""

    def _handle(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        stop.set()

    signal.signal(signal.SIGINT, _handle)
    signal.signal(signal.SIGTERM, _handle)


def set_on_end_of_input(stop: threading.Event) -> None:
    """Let the end of standard input set `stop`."""

    def _wait() -> None:
        # Not through `sys.stdin`, whose lock a waiting thread would hold when Python exits.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        stop.set()

    threading.Thread(target=_wait, name="stepcheck-stdin", daemon=True).start()


def _describe_start(
    settings: Settings, engine: Engine, port: int, new_token: str | None
) -> list[str]:
    host = settings.server.host
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    header = "-H 'Authorization: Bearer TOKEN' " if settings.server.token or new_token else ""
    if engine.generators:
        models = ", ".join(f"{each.name} on {each.device}" for each in engine.generators)
        what, route, body = f"serves {models}", "suggest", '{"goal": "⊢ 1 + 1 = 2"}'
    else:
        what, route = "judges code", "judge"
        body = '{"language": "python", "after": "def f(x): return x", "examples": "f(1) => 1"}'
    lines = [
        f"stepcheck {what} at {url} . Try: curl {url}/v1/{route} {header}"
        f"-H 'Content-Type: application/json' -d '{body}'"
    ]
    if new_token is not None:
        lines.append(f"The token of this run: STEPCHECK_CLIENT_TOKEN={new_token}")
    return lines + [f"Note: {warning}" for warning in health.warnings(settings.server)]
