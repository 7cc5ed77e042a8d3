"""`POST /v1/repair`; it runs beside the engine, in the request's thread."""

import threading

from flask import Blueprint, Response, request

from stepcheck.models.chat import ChatModel
from stepcheck.server.errors import CLIENT_LEFT, ApiError
from stepcheck.server.judge.evidence.sandbox import CancelledError
from stepcheck.server.judge_api import check_project
from stepcheck.server.judging import make_judge
from stepcheck.server.repair.repair import Repairer
from stepcheck.server.repair_schemas import RepairRequest
from stepcheck.server.repairing import to_repair_question, to_repair_response
from stepcheck.server.routing import client_left, to_json
from stepcheck.server.validation import read_body
from stepcheck.settings import Settings

_RETRY_SECONDS = 5


def make_routes(settings: Settings, chat: ChatModel | None = None) -> Blueprint:
    """Return the route; a `chat` model proposes edits too."""
    routes = Blueprint("repair", __name__)
    repairer = Repairer(make_judge(settings.judge), settings.repair.seconds, chat)
    free = threading.BoundedSemaphore(settings.repair.concurrent)

    @routes.post("/v1/repair")
    def repair_code() -> Response:
        asked = read_body(request, RepairRequest)
        project = check_project(asked.project, settings.judge.project_roots)
        if not free.acquire(blocking=False):
            message = f"{settings.repair.concurrent} repairs are being made."
            remedy = "Try again soon, or raise repair.concurrent."
            raise ApiError(429, "queue_full", message, remedy, _RETRY_SECONDS)
        try:
            question = to_repair_question(asked, project)
            found = repairer.repair(question, asked.limit, client_left())
            return to_json(to_repair_response(asked.code, found))
        except CancelledError:
            message = "The client closed its connection."
            raise ApiError(CLIENT_LEFT, "client_left", message) from None
        finally:
            free.release()

    return routes
