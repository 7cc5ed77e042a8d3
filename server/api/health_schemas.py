"""What the server says of itself: the public contract."""

from typing import Literal

from pydantic import Field

from stepcheck.models.interface import GenerationMethod
from stepcheck.server.http.schema import Schema


class Health(Schema):
    """Answer of `GET /health`: the process lives."""

    status: Literal["alive"] = "alive"


class Readiness(Schema):
    """Answer of `GET /ready` with status 200; anything else is an `ErrorBody` with the reason."""

    status: Literal["ready"] = "ready"


class ServedModel(Schema):
    """A model that answers requests."""

    name: str
    device: str


class Limits(Schema):
    """What a request may ask for at most."""

    goal_characters: int
    prefix_characters: int
    context_characters: int
    suggestions: int
    tokens: int
    body_bytes: int
    seconds: float
    requests: int = Field(description="Requests admitted at once.")


class Defaults(Schema):
    """What a request gets that does not say."""

    n: int
    temperature: float
    max_tokens: int
    method: GenerationMethod


class ServerInfo(Schema):
    """Answer of `GET /info`."""

    version: str
    state: Literal["loading", "ready", "failed", "stopping"]
    models: list[ServedModel]
    judge_only: bool = Field(
        default=False, description="There is no language model: code is judged, no step suggested."
    )
    limits: Limits
    defaults: Defaults
    requires_token: bool
    warnings: list[str] = Field(description="What in the configuration deserves a second look.")
