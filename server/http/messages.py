"""Requests read and responses written: JSON bodies checked against a schema."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from flask import Request, Response, request
from pydantic import ValidationError

from stepcheck.server.http.errors import ApiError
from stepcheck.server.http.schema import Schema
from stepcheck.server.http.validation_errors import explain

SchemaType = TypeVar("SchemaType", bound=Schema)


def client_disconnected() -> Callable[[], bool]:
    """Return what tells whether the current client has gone (waitress, with lookahead)."""
    left = request.environ.get("waitress.client_disconnected", lambda: False)
    return cast(Callable[[], bool], left)


def to_json(schema: Schema) -> Response:
    """Return the answer with `schema` as its body."""
    return Response(schema.model_dump_json(), mimetype="application/json")


def read_body(sent: Request, schema: type[SchemaType]) -> SchemaType:
    """Read a JSON body as `schema`.

    Raises `ApiError`: 415 for another content type (those that a web page may send without a
    preflight among them), 400 for malformed JSON, 422 for values that the schema refuses; Flask
    raises 413.
    """
    if not sent.is_json:
        raise ApiError(
            415,
            "unsupported_media_type",
            f"The content type is {sent.mimetype or 'missing'}, not application/json.",
            "Send JSON with the header Content-Type: application/json.",
        )
    with reject_invalid():
        return schema.model_validate_json(sent.get_data(cache=False))


@contextmanager
def reject_invalid() -> Iterator[None]:
    """Turn what a schema refuses into the `ApiError` that says why."""
    try:
        yield
    except ValidationError as error:
        found = explain(error)
        raise ApiError(found.status, found.error, found.message, found.remedy) from None
