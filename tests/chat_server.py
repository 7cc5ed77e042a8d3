"""A chat model behind an OpenAI-compatible endpoint: a real HTTP server with scripted replies."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ChatServer:
    """Stands in for a chat model: a real HTTP server that speaks OpenAI's protocol.

    `replies` are given one after the other, then the last again. A reply is a text (what the model
    says), a body as a dictionary, bytes, or a function of the request's body to one of these; a
    pair begins with the status, a triple ends with headers.
    """

    url: str = ""
    replies: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    broken_off: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
        self.paths.append(path)
        self.headers.append(headers)
        self.requests.append(body)
        reply = self.replies[min(len(self.requests), len(self.replies)) - 1]
        reply = reply(body) if callable(reply) else reply
        status, content, further = (reply if isinstance(reply, tuple) else (200, reply)) + (
            ({},) if not isinstance(reply, tuple) or len(reply) < 3 else ()
        )
        if isinstance(content, str):
            message = {"role": "assistant", "content": content}
            content = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        return status, content, further


@contextmanager
def run_chat_server() -> Iterator[ChatServer]:
    """Run a chat server on a free port of loopback for the length of a `with` block."""
    model = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, content, headers = model.answer(self.path, dict(self.headers), body)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:
                model.broken_off.set()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        model.url = f"http://127.0.0.1:{server.server_port}/v1"
        yield model
        server.shutdown()
