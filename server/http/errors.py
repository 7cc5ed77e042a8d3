"""Every error with its status, and a body that says what went wrong and what to do."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g
from werkzeug.exceptions import HTTPException

from stepcheck.server.http.schema import ErrorBody, Schema

logger = logging.getLogger(__name__)

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
SEE_LOG = "The server's log says more under this request_id."
_REMEDIES = {
    400: "Send a well-formed HTTP request with a JSON body.",
    404: "The endpoints are listed by GET /openapi.json.",
    405: "The methods of each endpoint are listed by GET /openapi.json.",
    413: "Send a smaller body, or raise server.max_body_bytes.",
    500: SEE_LOG,
}


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
    """Make `app`, or the routes of a part of it, answer errors in `form`."""

    @app.errorhandler(ApiError)
    def _own(error: ApiError) -> Response:
        return to_response(error, form)

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
        return to_response(ApiError(500, "internal_error", message, SEE_LOG), form)
