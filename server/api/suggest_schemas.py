"""What is asked of the model and what it answers: the public contract."""

from pydantic import ConfigDict, Field

from stepcheck.models.interface import GenerationMethod
from stepcheck.server.http.schema import Schema, Text


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
