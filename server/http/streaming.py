"""Server-sent events over POST (WHATWG HTML, section "Server-sent events")."""

from stepcheck.server.http.schema import Schema

MIME_TYPE = "text/event-stream"

HEADERS = {
    "Cache-Control": "no-store",
    # Proxies such as nginx otherwise hold events back until their buffer is full.
    "X-Accel-Buffering": "no",
}


def format_event(name: str, data: Schema) -> bytes:
    """Return one event; JSON has no bare line breaks, so that one `data` line is enough."""
    return f"event: {name}\ndata: {data.model_dump_json()}\n\n".encode()


def keep_alive() -> bytes:
    """Return a comment, which clients ignore and proxies count as traffic."""
    return b": keep-alive\n\n"
