"""Fixtures of the language server's tests: editors, a model server, an installed Lean."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from lsprotocol import types

from stepcheck.client.local_server import run_local_server
from stepcheck.lean.embedded.install import install

from .editor import Editor, bare_capabilities, connected_editor, full_capabilities
from .taught_model import write_taught_model

# Child processes inherit it: several of them share the processors.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def taught_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that answers every goal with one of the taught steps."""
    folder = tmp_path_factory.mktemp("models") / "taught"
    write_taught_model(folder)
    return folder


@dataclass(frozen=True)
class ModelServer:
    """The model server that the sessions ask."""

    url: str

    def requests_served(self) -> float:
        """How many requests for suggestions it has had."""
        lines = httpx.get(f"{self.url}/metrics", trust_env=False).text.splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith("stepcheck_requests_total") and "/v1/suggest" in line
        )


@pytest.fixture(scope="session")
async def model_server(taught_model: Path) -> AsyncIterator[ModelServer]:
    async with run_local_server("--model", str(taught_model)) as url:
        yield ModelServer(url)


async def wait_until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for something that comes true by itself, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder that judged code may see, also where the tests run as root."""
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.fixture
def until() -> Callable[..., Any]:
    """Wait for something that comes true by itself, and return it."""
    return wait_until


StartEditor = Callable[..., Any]


@pytest.fixture
async def start_editor() -> AsyncIterator[StartEditor]:
    """Start editors that are closed after the test."""
    async with AsyncExitStack() as stack:
        yield lambda *args, **options: stack.enter_async_context(connected_editor(*args, **options))


class _NoProgress:
    """Tells nobody how an installation goes."""

    def begin(self, step: str, total: int | None = None) -> None: ...

    def advance(self, position: int) -> None: ...

    def say(self, message: str) -> None: ...


@pytest.fixture(scope="session")
def installed_lean() -> None:
    """Have the embedded Lean there and its checker compiled, so that sessions start in seconds."""
    install(_NoProgress())


def session_options(model_server: ModelServer) -> dict[str, Any]:
    """The settings of a session that uses the taught model and the embedded Lean."""
    return {
        "client": {"server_url": model_server.url},
        "lean": {"toolchain": "embedded", "milliseconds_per_candidate": 20_000},
        "suggestion": {"n": 10, "method": "beam", "seconds": 20},
    }


@pytest.fixture
def options(installed_lean: None, model_server: ModelServer) -> dict[str, Any]:
    """Settings with which everything works, for a test to change."""
    return session_options(model_server)


@pytest.fixture
def vscode() -> types.ClientCapabilities:
    """The capabilities of a rich editor."""
    return full_capabilities()


@pytest.fixture(scope="session")
async def editor(installed_lean: None, model_server: ModelServer) -> AsyncIterator[Editor]:
    """An editor with every capability, its Lean warm; shared by all tests that leave it so."""
    async with connected_editor(full_capabilities(), session_options(model_server)) as editor:
        uri = editor.open("example : True := by\n  sorry\n", "Warm.lean")
        await editor.hover_text(uri, 1, 3)
        yield editor


@pytest.fixture(scope="session")
async def bare_editor(installed_lean: None, model_server: ModelServer) -> AsyncIterator[Editor]:
    """An editor with next to no capabilities."""
    async with connected_editor(bare_capabilities(), session_options(model_server)) as editor:
        yield editor
