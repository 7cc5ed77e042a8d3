"""`POST /v1/judge`: the judge over HTTP. It runs beside the engine, in the request's thread."""

import threading

from flask import Blueprint, Response, request

from stepcheck.server.errors import CLIENT_LEFT, ApiError
from stepcheck.server.judge.evidence.sandbox import CancelledError
from stepcheck.server.judging import JudgeRequest, make_judge, to_question, to_response
from stepcheck.server.routing import client_left, to_json
from stepcheck.server.validation import read_body
from stepcheck.settings import Settings

_RETRY_SECONDS = 5


def make_routes(settings: Settings) -> Blueprint:
    """Return the route."""
    routes = Blueprint("judge", __name__)
    judge = make_judge(settings.judge)
    free = threading.BoundedSemaphore(settings.judge.concurrent)

    @routes.post("/v1/judge")
    def judge_code() -> Response:
        asked = read_body(request, JudgeRequest)
        if not free.acquire(blocking=False):
            message = f"{settings.judge.concurrent} judgements are being made."
            remedy = "Try again soon, or raise judge.concurrent."
            raise ApiError(429, "queue_full", message, remedy, _RETRY_SECONDS)
        try:
            return to_json(to_response(judge.judge(to_question(asked), client_left())))
        except CancelledError:
            message = "The client closed its connection."
            raise ApiError(CLIENT_LEFT, "client_left", message) from None
        finally:
            free.release()

    return routes
