"""What is wrong with a JSON body, said so that a person can act on it."""

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_SHOWN_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class InvalidInput:
    """An HTTP status with the kind, message and remedy of an `ErrorBody`."""

    status: int
    error: str
    message: str
    remedy: str


def explain(error: ValidationError) -> InvalidInput:
    """Say why a body was refused: 400 for malformed JSON, 422 for values the schema refuses."""
    problems = error.errors(include_url=False, include_context=False)
    if problems[0]["type"] == "json_invalid":
        return _explain_json(problems[0]["msg"])
    shown = "; ".join(map(_flatten, problems[:_SHOWN_PROBLEMS]))
    hidden = len(problems) - _SHOWN_PROBLEMS
    return InvalidInput(
        422,
        "invalid_request",
        shown + (f"; and {hidden} more" if hidden > 0 else ""),
        "The fields, their types and bounds are described by GET /openapi.json.",
    )


def _explain_json(reason: str) -> InvalidInput:
    if "surrogate" in reason or "unicode" in reason or "hex escape" in reason:
        return InvalidInput(
            422,
            "invalid_unicode",
            f"The text is not valid Unicode: a broken or lone surrogate escape, or bytes that "
            f"are not UTF-8 ({reason}).",
            "Send valid UTF-8, and surrogate escapes (\\ud800 to \\udfff) in pairs only.",
        )
    return InvalidInput(400, "malformed_json", reason, "Send one JSON object, encoded in UTF-8.")


def _flatten(problem: ErrorDetails) -> str:
    path = ".".join(map(str, problem["loc"])) or "the body"
    return f"{path}: {problem['msg']}"
