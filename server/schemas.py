"""The public contract of the server: requests and responses, and the source of `/openapi.json`."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from stepcheck.models.interface import GenerationMethod

MAX_TEXT_CHARACTERS = 100_000
"""The bound of the contract; the server's own, lower limits are settings."""


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul_character", "Must not contain a NUL character (U+0000)")
    return text


Text = Annotated[
    str, StringConstraints(max_length=MAX_TEXT_CHARACTERS), AfterValidator(_without_nul)
]


class Schema(BaseModel):
    """Base of every schema: values are not coerced; what a newer server adds is ignored."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class SuggestRequest(Schema):
    """`POST /v1/suggest`; what is left out is the server's default, shown by `/info`."""

    model_config = ConfigDict(extra="forbid")

    goal: Text = Field(description="The pretty-printed proof state, with hypotheses.")
    prefix: Text = Field(default="", description="Every suggestion begins with this text.")
    context: Text = Field(default="", description="The file's text before the tactic block.")
    n: int | None = Field(default=None, ge=1, le=64, description="How many suggestions at most.")
    temperature: float | None = Field(default=None, ge=0, le=4, description="Of sampling.")
    max_tokens: int | None = Field(
        default=None, ge=1, le=4096, description="Length of a suggestion at most, in tokens."
    )
    method: GenerationMethod | None = Field(
        default=None, description="Draws, draws without replacement, or a beam search's best."
    )
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="Makes samples repeatable.")
    model: str | None = Field(
        default=None, description="A served model's name; default: the first."
    )


class Suggestion(Schema):
    """One suggested step; on a stream, the data of an event `suggestion`."""

    text: str
    score: float = Field(description="Mean token log-probability (nats).")
    log_probability: float = Field(
        description="Of the whole text (nats); the suggestions are ordered by it."
    )


class Timing(Schema):
    """Where the time of a request went, in milliseconds."""

    queue: float
    generation: float


class SuggestResponse(Schema):
    """Answer of `POST /v1/suggest`, best first; suggestions are *not checked* by the server.

    On a stream, the data of the event `done`.
    """

    suggestions: list[Suggestion]
    model: str
    request_id: str
    timing: Timing
    complete: bool = Field(
        default=True, description="False when the time limit cut generation short."
    )


class ErrorBody(Schema):
    """Every error of the server: what went wrong and what to do."""

    error: str = Field(description="A machine-readable kind, such as `queue_full`.")
    message: str
    remedy: str = ""
    request_id: str = ""


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
