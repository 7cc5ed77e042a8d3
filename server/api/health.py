"""What the server says of itself: `GET /health`, `/ready`, `/info` and `/metrics`."""

from flask import Blueprint, Response
from prometheus_client import CollectorRegistry, generate_latest

from stepcheck import __version__
from stepcheck.server.api.health_schemas import (
    Defaults,
    Health,
    Limits,
    Readiness,
    ServedModel,
    ServerInfo,
)
from stepcheck.server.engine.queue import Engine, EngineState
from stepcheck.server.http.messages import to_json
from stepcheck.server.http.security import is_loopback
from stepcheck.settings.schema import ServerSettings, Settings

PATHS = ("/health", "/ready", "/info", "/metrics")
"""What is asked of a server that may be busy."""

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def make_routes(
    settings: Settings, engine: Engine, registry: CollectorRegistry, *, requires_token: bool
) -> Blueprint:
    """Return the routes; the metrics are those of the `registry`."""
    routes = Blueprint("health", __name__)

    @routes.get("/health")
    def health() -> Response:
        return to_json(Health())

    @routes.get("/ready")
    def ready() -> Response:
        engine.refuse_unless_ready()
        return to_json(Readiness())

    @routes.get("/info")
    def info() -> Response:
        return to_json(describe_server(settings, engine, requires_token=requires_token))

    @routes.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=_METRICS_TYPE)

    return routes


def describe_server(settings: Settings, engine: Engine, *, requires_token: bool) -> ServerInfo:
    """Answer `GET /info`."""
    server, asked = settings.server, settings.suggestion
    return ServerInfo(
        version=__version__,
        state=engine.state.value,
        models=[
            ServedModel(name=generator.name, device=generator.device)
            for generator in engine.generators
        ],
        judge_only=engine.state is EngineState.READY and not engine.generators,
        limits=Limits(
            goal_characters=server.max_goal_characters,
            prefix_characters=server.max_prefix_characters,
            context_characters=server.max_context_characters,
            suggestions=server.max_suggestions,
            tokens=server.max_tokens,
            body_bytes=server.max_body_bytes,
            seconds=server.request_timeout_seconds,
            requests=server.queue_size,
        ),
        defaults=Defaults(
            n=min(asked.n, server.max_suggestions),
            temperature=asked.temperature,
            max_tokens=min(asked.max_tokens, server.max_tokens),
            method=asked.method,
        ),
        requires_token=requires_token,
        warnings=warnings(server),
    )


def warnings(server: ServerSettings) -> list[str]:
    """Say what in the configuration deserves a second look."""
    found = []
    if not is_loopback(server.host):
        found.append(
            f"server.host {server.host} can be reached from other machines, over plain HTTP: "
            "goals and the token are not encrypted. Put a TLS proxy or a tunnel before it."
        )
    if server.allowed_origins:
        found.append(f"Pages of {', '.join(server.allowed_origins)} may send requests.")
    return found
