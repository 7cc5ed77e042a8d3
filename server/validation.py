"""From a request's bytes to a checked schema, with errors that a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from flask import Request
from pydantic import ValidationError

from stepcheck.server.errors import ApiError
from stepcheck.server.invalid_input import explain
from stepcheck.server.schemas import Schema

SchemaType = TypeVar("SchemaType", bound=Schema)


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
    with refusing_invalid():
        return schema.model_validate_json(request.get_data(cache=False))


@contextmanager
def refusing_invalid() -> Iterator[None]:
    """Turn what a schema refuses into the `ApiError` that says why."""
    try:
        yield
    except ValidationError as error:
        found = explain(error)
        raise ApiError(found.status, found.error, found.message, found.remedy) from None
