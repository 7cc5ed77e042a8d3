"""What the server says of itself."""

from stepcheck import __version__
from stepcheck.server.engine import Engine, EngineState
from stepcheck.server.schemas import Defaults, Limits, ServedModel, ServerInfo
from stepcheck.server.security import is_loopback
from stepcheck.settings import ServerSettings, Settings


def describe(settings: Settings, engine: Engine, *, requires_token: bool) -> ServerInfo:
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
