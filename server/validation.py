"""From a request's bytes to a checked schema, with errors that a person can act on."""

from typing import TypeVar

from flask import Request
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stepcheck.server.errors import ApiError
from stepcheck.server.schemas import Schema

SchemaType = TypeVar("SchemaType", bound=Schema)

_SHOWN_PROBLEMS = 5


def read_body(request: Request, schema: type[SchemaType]) -> SchemaType:
    """Read a JSON body as `schema`.

    Raises `ApiError`: 415 for another content type (those that a web page may send without a
    preflight among them), 400 for malformed JSON, 422 for values that the schema refuses; Flask
    raises 413.
    """
    if not request.is_json:
        raise ApiError(
            415,
            "unsupported_media_type",
            f"The content type is {request.mimetype or 'missing'}, not application/json.",
            "Send JSON with the header Content-Type: application/json.",
        )
    try:
        return schema.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        raise _explain(error) from None


def _explain(error: ValidationError) -> ApiError:
    problems = error.errors(include_url=False, include_context=False)
    if problems[0]["type"] == "json_invalid":
        reason = problems[0]["msg"]
        if "surrogate" in reason or "unicode" in reason or "hex escape" in reason:
            return ApiError(
                422,
                "invalid_unicode",
                f"The text is not valid Unicode: a broken or lone surrogate escape, or bytes that "
                f"are not UTF-8 ({reason}).",
                "Send valid UTF-8, and surrogate escapes (\\ud800 to \\udfff) in pairs only.",
            )
        return ApiError(400, "malformed_json", reason, "Send one JSON object, encoded in UTF-8.")
    shown = "; ".join(map(_flatten, problems[:_SHOWN_PROBLEMS]))
    hidden = len(problems) - _SHOWN_PROBLEMS
    return ApiError(
        422,
        "invalid_request",
        shown + (f"; and {hidden} more" if hidden > 0 else ""),
        "The fields, their types and bounds are described by GET /openapi.json.",
    )


def _flatten(problem: ErrorDetails) -> str:
    path = ".".join(map(str, problem["loc"])) or "the body"
    return f"{path}: {problem['msg']}"
