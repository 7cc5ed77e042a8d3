"""The engine's errors as the errors of the API: each with its status, kind and remedy."""

from flask import Blueprint, Flask, Response

from stepcheck.server.engine import errors
from stepcheck.server.http.errors import (
    CLIENT_LEFT,
    SEE_LOG,
    ApiError,
    ErrorForm,
    handle_errors,
    to_response,
)

LOADING_RETRY_SECONDS = 2


def from_engine(error: errors.EngineError) -> ApiError:
    """Give an error of the engine its status, kind and remedy."""
    message = str(error)
    match error:
        case errors.NotReadyError():
            return ApiError(503, "loading", message, "Try again soon.", LOADING_RETRY_SECONDS)
        case errors.ModelUnavailableError():
            return ApiError(503, "model_unavailable", message, "Start the server with a model.")
        case errors.NoModelError():
            remedy = "Ask another server: `stepcheck serve` without --judge-only has a model."
            return ApiError(503, "no_model", message, remedy)
        case errors.StoppingError():
            return ApiError(503, "stopping", message, "Start it again with `stepcheck serve`.")
        case errors.UnknownModelError():
            return ApiError(
                422, "unknown_model", message, "Leave `model` out, or name one of them."
            )
        case errors.NoEncoderError():
            remedy = "Serve a model with weights of its own: stepcheck serve --model FOLDER."
            return ApiError(422, "no_encoder", message, remedy)
        case errors.QueueFullError():
            seconds = error.retry_after_seconds
            return ApiError(429, "queue_full", message, f"Try again in {seconds} s.", seconds)
        case errors.DeadlineExceededError():
            remedy = "Ask for fewer suggestions, or raise server.request_timeout_seconds."
            return ApiError(504, "deadline_exceeded", message, remedy)
        case errors.ClientLeftError():
            return ApiError(CLIENT_LEFT, "client_left", message)
        case errors.OutOfMemoryError():
            remedy = "Ask for fewer suggestions or send less context."
            return ApiError(500, "out_of_memory", message, remedy)
    return ApiError(500, "generation_failed", message, SEE_LOG)


def handle_all_errors(app: Flask | Blueprint, form: ErrorForm = ApiError.to_body) -> None:
    """Make `app`, or the routes of a part of it, answer errors of HTTP and engine in `form`."""
    handle_errors(app, form)

    @app.errorhandler(errors.EngineError)
    def _engine(error: errors.EngineError) -> Response:
        return to_response(from_engine(error), form)
