"""The public contract of the server: requests and responses, and the source of `/openapi.json`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_GOAL_CHARACTERS = 100_000
"""A pydantic bound; the server's own, lower limit is a setting."""

Text = Annotated[str, StringConstraints(max_length=MAX_GOAL_CHARACTERS)]


class Schema(BaseModel):
    """Base of every schema: unknown fields are errors, values are not coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SuggestRequest(Schema):
    """`POST /v1/suggest`."""

    goal: Text = Field(description="The pretty-printed proof state, with hypotheses.")
    prefix: Text = Field("", description="Every suggestion begins with this text.")
    context: Text = Field("", description="The file's text before the tactic block.")
    n: int = Field(10, ge=1, le=64, description="How many suggestions at most.")
    temperature: float = Field(1.0, ge=0.0, le=4.0, strict=False)
    model: str | None = Field(None, description="A served model's name; default: the first.")


class Suggestion(Schema):
    """One suggested step."""

    text: str
    score: float = Field(description="Mean token log-probability (nats).")


class Timing(Schema):
    """Where the time of a request went, in milliseconds."""

    queue: float
    generation: float


class SuggestResponse(Schema):
    """Answer of `POST /v1/suggest`; suggestions are *not checked* by the server."""

    suggestions: list[Suggestion]
    model: str
    request_id: str
    timing: Timing


class ErrorBody(Schema):
    """Every error of the server: what went wrong and what to do."""

    error: str = Field(description="A machine-readable kind, such as `queue_full`.")
    message: str
    remedy: str = ""
    request_id: str = ""
