"""The external-model API of LeanCopilot (Song et al. 2024, arXiv:2404.12534), for its clients.

The names of models are its own, those of models that it would run; one that is not served here
means the default model.
"""

import math

from flask import Blueprint, Response, request
from pydantic import Field

from stepcheck.server.api import suggest
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.http.schema import Schema, Text
from stepcheck.settings.schema import Settings


class GenerateRequest(Schema):
    """`POST /generate` as LeanCopilot sends it."""

    name: str = Field(description="A served model's name; any other means the default model.")
    input: Text = Field(description="The pretty-printed proof state, all goals.")
    prefix: Text | None = Field(default=None, description="Every output begins with this text.")


class Generation(Schema):
    """One suggested step."""

    output: str
    score: float = Field(
        ge=0, le=1, description="Probability of the whole text, which aesop takes for its success."
    )


class GenerateResponse(Schema):
    """Answer of `POST /generate`, best first."""

    outputs: list[Generation]


class EncodeRequest(Schema):
    """`POST /encode` as LeanCopilot sends it."""

    name: str = Field(description="A served model's name; any other means the default model.")
    input: Text = Field(min_length=1)


class EncodeResponse(Schema):
    """Answer of `POST /encode`."""

    outputs: list[float] = Field(
        description="Mean of the last hidden states over the text's tokens, not normalized."
    )


def make_routes(settings: Settings, engine: Engine) -> Blueprint:
    """Return the two routes."""
    routes = Blueprint("lean_copilot", __name__)

    def choose(name: str) -> str | None:
        return name if engine.serves(name) else None

    @routes.post("/generate")
    def generate() -> Response:
        asked = read_body(request, GenerateRequest)
        translated = SuggestRequest(
            goal=asked.input, prefix=asked.prefix or "", model=choose(asked.name)
        )
        job = suggest.submit(translated, settings, engine, client_disconnected())
        outputs = [
            Generation(output=each.text, score=min(1.0, math.exp(each.log_probability)))
            for each in job.wait().completions
        ]
        return to_json(GenerateResponse(outputs=outputs))

    @routes.post("/encode")
    def encode() -> Response:
        asked = read_body(request, EncodeRequest)
        suggest.check_limit("input", len(asked.input), "max_goal_characters", settings.server)
        job = engine.submit_encoding(
            asked.input, model=choose(asked.name), is_abandoned=client_disconnected()
        )
        return to_json(EncodeResponse(outputs=list(job.wait())))

    return routes
