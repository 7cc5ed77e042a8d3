"""A model server on a real socket, in this process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from stepcheck.models.interface import Generator
from stepcheck.server.api.health import PATHS
from stepcheck.server.app import create_app
from stepcheck.server.engine.metrics import EngineMetrics
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.security import choose_token
from stepcheck.server.http.wsgi_server import HttpServer, listen
from stepcheck.settings.schema import Settings


@dataclass(frozen=True)
class RunningServer:
    """A server under test."""

    url: str
    port: int
    engine: Engine
    http: HttpServer
    token: str | None

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False, **options)

    def suggest(self, **fields: Any) -> httpx.Response:
        with self.client() as client:
            return client.post("/v1/suggest", json={"goal": "⊢ True"} | fields)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.split("{")[0].split(" ")[0] == name
        )


@contextmanager
def running(
    *generators: Generator,
    load: Callable[[], Sequence[Generator]] | None = None,
    wait: bool = True,
    settings: Settings | None = None,
    keeps_judgements: bool = False,
    **server: Any,
) -> Iterator[RunningServer]:
    """Run a server with these models on loopback, on a free port unless one is given."""
    settings = settings or Settings.model_validate({"server": {"port": 0} | server})
    if not keeps_judgements:
        uncached = settings.judge.model_copy(update={"cache_megabytes": 0})
        settings = settings.model_copy(update={"judge": uncached})
    registry = CollectorRegistry()
    engine = Engine(load or (lambda: generators), settings.server, EngineMetrics(registry))
    token, _ = choose_token(settings.server)
    app = create_app(settings, engine, registry, token)
    http = HttpServer(app, listen("127.0.0.1", settings.server.port), settings.server, PATHS)
    engine.start()
    http.start()
    try:
        if wait:
            engine.wait_until_loaded(60)
        yield RunningServer(f"http://127.0.0.1:{http.port}", http.port, engine, http, token)
    finally:
        http.stop_accepting()
        engine.stop(drain_seconds=0.1)
        http.close()
