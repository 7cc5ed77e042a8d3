"""Every error with its status, and a body that says what went wrong and what to do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g
from werkzeug.exceptions import HTTPException

from stepcheck.server import failures
from stepcheck.server.schemas import ErrorBody, Schema

logger = logging.getLogger(__name__)

LOADING_RETRY_SECONDS = 2
CLIENT_LEFT = 499
"""nginx's status for an answer that nobody reads; seen in metrics and logs only."""


@dataclass(eq=False)
class ApiError(Exception):
    """An error that goes to the client as it is."""

    status: int
    error: str
    message: str
    remedy: str = ""
    retry_after_seconds: int | None = None

    def to_body(self, request_id: str) -> ErrorBody:
        """Return what the client reads."""
        return ErrorBody(
            error=self.error, message=self.message, remedy=self.remedy, request_id=request_id
        )


ErrorForm = Callable[[ApiError, str], Schema]
"""Makes the body of an error's answer, given the request's id."""

_MESSAGES = {
    404: "There is no such endpoint.",
    405: "The endpoint does not have this method.",
    413: "The body is too large.",
}
_REMEDIES = {
    400: "Send a well-formed HTTP request with a JSON body.",
    404: "The endpoints are listed by GET /openapi.json.",
    405: "The methods of each endpoint are listed by GET /openapi.json.",
    413: "Send a smaller body, or raise server.max_body_bytes.",
    500: "The server's log says more under this request_id.",
}


def from_engine(error: failures.EngineError) -> ApiError:
    """Give an error of the engine its status, kind and remedy."""
    message = str(error)
    match error:
        case failures.NotReadyError():
            return ApiError(503, "loading", message, "Try again soon.", LOADING_RETRY_SECONDS)
        case failures.ModelUnavailableError():
            return ApiError(503, "model_unavailable", message, "Start the server with a model.")
        case failures.NoModelError():
            remedy = "Ask another server: `stepcheck serve` without --judge-only has a model."
            return ApiError(503, "no_model", message, remedy)
        case failures.StoppingError():
            return ApiError(503, "stopping", message, "Start it again with `stepcheck serve`.")
        case failures.UnknownModelError():
            return ApiError(
                422, "unknown_model", message, "Leave `model` out, or name one of them."
            )
        case failures.NoEncoderError():
            remedy = "Serve a model with weights of its own: stepcheck serve --model FOLDER."
            return ApiError(422, "no_encoder", message, remedy)
        case failures.QueueFullError():
            seconds = error.retry_after_seconds
            return ApiError(429, "queue_full", message, f"Try again in {seconds} s.", seconds)
        case failures.DeadlineExceededError():
            remedy = "Ask for fewer suggestions, or raise server.request_timeout_seconds."
            return ApiError(504, "deadline_exceeded", message, remedy)
        case failures.ClientLeftError():
            return ApiError(CLIENT_LEFT, "client_left", message)
        case failures.OutOfMemoryError():
            remedy = "Ask for fewer suggestions or send less context."
            return ApiError(500, "out_of_memory", message, remedy)
    return ApiError(500, "generation_failed", message, _REMEDIES[500])


def from_http(error: HTTPException) -> ApiError:
    """Give an error of Flask its kind and remedy."""
    status = error.code or 500
    kind = HTTPStatus(status).phrase.lower().replace(" ", "_")
    message = _MESSAGES.get(status, error.description or kind)
    return ApiError(status, kind, message, _REMEDIES.get(status, ""))


def to_response(error: ApiError, form: ErrorForm = ApiError.to_body) -> Response:
    """Return the HTTP answer that carries `error`."""
    response = Response(
        form(error, g.request_id).model_dump_json(),
        status=error.status,
        mimetype="application/json",
    )
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def handle_errors(app: Flask | Blueprint, form: ErrorForm = ApiError.to_body) -> None:
    """Make `app`, or the routes of a part of it, answer every error in `form`."""

    @app.errorhandler(ApiError)
    def _own(error: ApiError) -> Response:
        return to_response(error, form)

    @app.errorhandler(failures.EngineError)
    def _engine(error: failures.EngineError) -> Response:
        return to_response(from_engine(error), form)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        response = to_response(from_http(error), form)
        if allowed := dict(error.get_headers()).get("Allow"):
            response.headers["Allow"] = allowed
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        logger.error("Request %s failed.", g.request_id, exc_info=error)
        message = f"The server made a mistake ({type(error).__name__})."
        return to_response(ApiError(500, "internal_error", message, _REMEDIES[500]), form)
