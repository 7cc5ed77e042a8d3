"""Fixtures for all tests: model servers on real sockets, generators and small models."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx
import pytest

from stepcheck.server.http.schema import ErrorBody

from .chat_server import ChatServer, run_chat_server
from .fake_generator import FakeGenerator
from .running_server import RunningServer, running
from .tiny_models import write_chat_model, write_random_model

StartServer = Callable[..., RunningServer]


@pytest.fixture(scope="session", autouse=True)
def _without_kept_judgements() -> Iterator[None]:
    """Let commands judge afresh: what an earlier test run has kept would hide a fault."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEPCHECK_JUDGE_CACHE_MEGABYTES", "0")
        yield


@pytest.fixture
def run_server() -> Callable[..., AbstractContextManager[RunningServer]]:
    """Run a server for the length of a `with` block."""
    return running


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Start servers that are stopped after the test."""
    with ExitStack() as stack:
        yield lambda *generators, **options: stack.enter_context(running(*generators, **options))


@pytest.fixture
def fake_generator() -> type[FakeGenerator]:
    """The tests' fake of a model, to be made with the behaviour that a test needs."""
    return FakeGenerator


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real model of random weights, as transformers saves it."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_random_model(folder)
    return folder


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    with run_chat_server() as server:
        yield server


@pytest.fixture(scope="session")
def make_chat_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Make a folder with a small chat model, taught what to say to what, with its template."""

    def make(taught: dict[str, str], context: int, steps: int = 80) -> Path:
        folder = tmp_path_factory.mktemp("models") / "tiny-chat"
        write_chat_model(folder, taught, context, steps)
        return folder

    return make


@pytest.fixture
def expect_error() -> Callable[[httpx.Response, int, str], ErrorBody]:
    """Check an error's status, kind and shape, and return it."""

    def check(response: httpx.Response, status: int, kind: str) -> ErrorBody:
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"] == "application/json"
        body = ErrorBody.model_validate_json(response.content)
        assert body.error == kind
        assert body.message
        assert body.request_id == response.headers["X-Request-Id"]
        return body

    return check


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, ten seconds at most."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "it did not come true"
            time.sleep(0.01)

    return wait
