"""The WSGI application: what makes every answer, and the routes of every resource."""

from flask import Flask
from prometheus_client import CollectorRegistry

from stepcheck.server.api import health, judge, openapi, rank, repair, suggest
from stepcheck.server.api.compatibility import lean_copilot, llmstep, openai
from stepcheck.server.api.engine_errors import handle_all_errors
from stepcheck.server.engine.queue import Engine
from stepcheck.server.factories import make_chat, make_judge, make_repairer, voting_settings
from stepcheck.server.http.limits import ConcurrencyLimit
from stepcheck.server.http.request_log import log_requests
from stepcheck.server.http.request_metrics import RequestMetrics
from stepcheck.server.http.security import protect
from stepcheck.settings.schema import Settings


def create_app(
    settings: Settings, engine: Engine, registry: CollectorRegistry, token: str | None = None
) -> Flask:
    """Make the WSGI application; with a `token`, requests must carry it.

    Loads the chat model of the settings, if there is one, and raises its `ModelError`.
    """
    app = Flask("stepcheck.server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.server.max_body_bytes
    log_requests(app, RequestMetrics(registry))
    protect(app, settings.server, token)
    handle_all_errors(app)
    requires_token = token is not None
    app.register_blueprint(
        health.make_routes(settings, engine, registry, requires_token=requires_token)
    )
    app.register_blueprint(openapi.make_routes(requires_token=requires_token))
    for client in (suggest, llmstep, lean_copilot, openai):
        app.register_blueprint(client.make_routes(settings, engine))
    _register_judge(app, settings)
    return app


def _register_judge(app: Flask, settings: Settings) -> None:
    """Add what judges and repairs code; a chat model takes part if the settings name one."""
    chat = make_chat(settings.chat, settings.model.threads)
    code_judge = make_judge(settings.judge, chat, voting_settings(settings.chat))
    roots = settings.judge.project_roots
    judging = ConcurrencyLimit(settings.judge.concurrent, "judgements", "judge.concurrent")
    app.register_blueprint(judge.make_routes(code_judge, judging, roots))
    app.register_blueprint(rank.make_routes(code_judge, judging))
    repairer = make_repairer(settings, chat)
    repairing = ConcurrencyLimit(settings.repair.concurrent, "repairs", "repair.concurrent")
    app.register_blueprint(repair.make_routes(repairer, repairing, roots))
