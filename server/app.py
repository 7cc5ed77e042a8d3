"""The routes of the server, and nothing else."""

from flask import Flask, Response, g, request

from stepcheck.server import (
    event_stream,
    info,
    judge_api,
    lean_copilot,
    llmstep,
    metrics,
    openai_api,
    openapi,
    repair_api,
    suggestion,
)
from stepcheck.server.chat_model import make_chat
from stepcheck.server.engine import Engine
from stepcheck.server.errors import handle_errors
from stepcheck.server.routing import client_left, to_json
from stepcheck.server.schemas import Health, Readiness, SuggestRequest
from stepcheck.server.security import guard
from stepcheck.server.tracing import trace
from stepcheck.server.validation import read_body
from stepcheck.settings import Settings


def create_app(
    settings: Settings, engine: Engine, counters: metrics.Metrics, token: str | None = None
) -> Flask:
    """Make the WSGI application; with a `token`, requests must carry it.

    Loads the chat model of the settings, if there is one, and raises its `ModelError`.
    """
    app = Flask("stepcheck.server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.server.max_body_bytes
    trace(app, counters)
    guard(app, settings.server, token)
    handle_errors(app)
    for client in (llmstep, lean_copilot, openai_api):
        app.register_blueprint(client.make_routes(settings, engine))
    chat = make_chat(settings.chat)
    app.register_blueprint(judge_api.make_routes(settings, chat))
    app.register_blueprint(repair_api.make_routes(settings, chat))

    @app.post("/v1/suggest")
    def suggest() -> Response:
        asked = read_body(request, SuggestRequest)
        job = suggestion.submit(asked, settings, engine, client_left())
        if request.accept_mimetypes.best == event_stream.MIME_TYPE:
            events = suggestion.stream(job, g.request_id)
            return Response(events, mimetype=event_stream.MIME_TYPE, headers=event_stream.HEADERS)
        return to_json(suggestion.to_response(job.wait(), job.model, g.request_id))

    @app.get("/health")
    def health() -> Response:
        return to_json(Health())

    @app.get("/ready")
    def ready() -> Response:
        engine.refuse_unless_ready()
        return to_json(Readiness())

    @app.get("/info")
    def server_info() -> Response:
        return to_json(info.describe(settings, engine, requires_token=token is not None))

    @app.get("/metrics")
    def prometheus_metrics() -> Response:
        return Response(counters.render(), content_type=metrics.CONTENT_TYPE)

    @app.get("/openapi.json")
    def openapi_document() -> dict[str, object]:
        return openapi.document(requires_token=token is not None)

    return app
