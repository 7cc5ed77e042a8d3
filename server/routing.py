"""What the routes share."""

from collections.abc import Callable
from typing import cast

from flask import Response, request

from stepcheck.server.schemas import Schema


def client_left() -> Callable[[], bool]:
    """Return what tells whether the current client has gone (waitress, with lookahead)."""
    left = request.environ.get("waitress.client_disconnected", lambda: False)
    return cast(Callable[[], bool], left)


def to_json(schema: Schema) -> Response:
    """Return the answer with `schema` as its body."""
    return Response(schema.model_dump_json(), mimetype="application/json")
