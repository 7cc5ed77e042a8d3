"""The request of the clients of llmstep (Welleck & Saha 2023, arXiv:2310.18457)."""

from flask import Blueprint, Response, request
from pydantic import Field

from stepcheck.server.api import suggest
from stepcheck.server.api.suggest_schemas import SuggestRequest
from stepcheck.server.engine.queue import Engine
from stepcheck.server.http.messages import client_disconnected, read_body, to_json
from stepcheck.server.http.schema import Schema, Text
from stepcheck.settings.schema import Settings


class LlmstepRequest(Schema):
    """`POST /` as the client of llmstep sends it."""

    tactic_state: Text = Field(description="The pretty-printed proof state.")
    prefix: Text = Field(default="", description="Every suggestion begins with this text.")
    context: Text = Field(default="", description="The file's text before the call.")


class LlmstepResponse(Schema):
    """Answer of `POST /`, best first."""

    suggestions: list[str]


def make_routes(settings: Settings, engine: Engine) -> Blueprint:
    """Return the route."""
    routes = Blueprint("llmstep", __name__)

    @routes.post("/")
    def suggest_steps() -> Response:
        asked = read_body(request, LlmstepRequest)
        translated = SuggestRequest(
            goal=asked.tactic_state, prefix=asked.prefix, context=asked.context
        )
        job = suggest.submit(translated, settings, engine, client_disconnected())
        texts = [completion.text for completion in job.wait().completions]
        return to_json(LlmstepResponse(suggestions=texts))

    return routes
