"""The client against real servers, and against what is none."""

import asyncio
import socket
import socketserver
import threading
import time
from contextlib import aclosing, contextmanager

import pytest

from stepcheck.client.errors import (
    ClientError,
    ForeignServerError,
    RequestRefusedError,
    RequestTimeoutError,
    ServerBusyError,
    ServerFailedError,
    ServerUnreachableError,
)
from stepcheck.client.server_client import ServerClient, suggest
from stepcheck.server.api.suggest_schemas import Suggestion, SuggestRequest, SuggestResponse
from stepcheck.settings.schema import ClientSettings

REQUEST = SuggestRequest(goal="⊢ True", n=3)


def connect(url, **settings):
    return ServerClient(ClientSettings(server_url=url, **settings))


async def ask(client, method, request=REQUEST):
    """Everything that one of the two ways to ask yields."""
    if method == "suggest":
        return [await client.suggest(request)]
    return [item async for item in client.stream(request)]


@contextmanager
def answering(*answers: bytes):
    """A server that is not ours: each connection gets the next answer, the last one for ever."""
    remaining = list(answers)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(remaining.pop(0) if len(remaining) > 1 else remaining[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def http(status, body=b"", *headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class TestAnswers:
    async def test_suggestions_are_typed(self, start_server, fake_generator):
        async with connect(start_server(fake_generator()).url) as client:
            answer = await client.suggest(REQUEST)

        assert [each.text for each in answer.suggestions] == [
            f"step {rank} of ⊢ True" for rank in range(3)
        ]

    def test_they_can_be_had_without_asyncio(self, start_server, fake_generator):
        settings = ClientSettings(server_url=start_server(fake_generator()).url)

        assert len(suggest(settings, REQUEST).suggestions) == 3

    async def test_a_stream_yields_each_and_then_the_whole(self, start_server, fake_generator):
        request = SuggestRequest(goal="line\u2028break\x0c\x85", n=3)
        async with connect(start_server(fake_generator()).url) as client:
            items = [item async for item in client.stream(request)]

        assert all(isinstance(item, Suggestion) for item in items[:-1])
        assert isinstance(items[-1], SuggestResponse)
        assert items[-1].suggestions == items[:-1]
        assert items[0].text == "step 0 of line\u2028break\x0c\x85"

    async def test_a_stream_yields_before_generation_ends(self, start_server, fake_generator):
        generator = fake_generator(seconds_per_completion=0.05)
        request = SuggestRequest(goal="g", n=60)
        async with connect(start_server(generator).url) as client:
            started = time.monotonic()
            async with aclosing(client.stream(request)) as items:
                first = await anext(items)
            seconds = time.monotonic() - started

        assert isinstance(first, Suggestion)
        assert seconds < 60 * 0.05

    async def test_the_server_tells_of_itself(self, start_server, fake_generator):
        async with connect(start_server(fake_generator(name="small")).url) as client:
            info = await client.info()

        assert info.state == "ready"
        assert info.models[0].name == "small"

    async def test_the_token_is_sent(self, start_server, fake_generator):
        server = start_server(fake_generator(), token="a-token")

        async with connect(server.url, token="a-token") as client:
            assert (await client.suggest(REQUEST)).suggestions
        async with connect(server.url, token="another") as client:
            with pytest.raises(RequestRefusedError) as caught:
                await client.suggest(REQUEST)
        assert "STEPCHECK_CLIENT_TOKEN" in caught.value.remedy

    async def test_a_newer_server_may_add_fields(self):
        body = (
            b'{"suggestions": [{"text": "rfl", "score": -1, "log_probability": -2, "new": 1}], '
            b'"model": "m", "request_id": "r", "timing": {"queue": 0, "generation": 0}, "new": 1}'
        )
        with answering(http(200, body, "Content-Type: application/json")) as url:
            async with connect(url) as client:
                assert (await client.suggest(REQUEST)).suggestions[0].text == "rfl"


class TestCancellation:
    async def test_a_cancelled_call_stops_the_model(self, start_server, fake_generator, eventually):
        generator = fake_generator(seconds_per_completion=0.1)
        async with connect(start_server(generator).url) as client:
            call = asyncio.create_task(client.suggest(SuggestRequest(goal="g", n=60)))
            await asyncio.to_thread(generator.began.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.to_thread(eventually, lambda: generator.cancelled == ["g"])

    async def test_a_stream_left_early_stops_the_model(
        self, start_server, fake_generator, eventually
    ):
        generator = fake_generator(seconds_per_completion=0.1)
        async with connect(start_server(generator).url) as client:
            async with aclosing(client.stream(SuggestRequest(goal="g", n=60))) as items:
                await anext(items)
            await asyncio.to_thread(eventually, lambda: generator.cancelled == ["g"])

    async def test_the_client_is_usable_after_it(self, start_server, fake_generator):
        generator = fake_generator(seconds_per_completion=0.02)
        async with connect(start_server(generator).url) as client:
            for _ in range(3):
                async with aclosing(client.stream(SuggestRequest(goal="g", n=60))) as items:
                    await anext(items)
            assert (await client.suggest(REQUEST)).suggestions


class TestTime:
    @pytest.mark.parametrize("method", ["suggest", "stream"])
    async def test_the_deadline_covers_the_whole_call(self, start_server, fake_generator, method):
        server = start_server(fake_generator(seconds_per_completion=0.2))
        request = SuggestRequest(goal="g", n=60)
        async with connect(server.url, timeout_seconds=0.7) as client:
            with pytest.raises(RequestTimeoutError) as caught:
                await ask(client, method, request)

        assert "client.timeout_seconds" in caught.value.remedy

    async def test_time_spent_by_the_reader_of_a_stream_does_not_interrupt_it(
        self, start_server, fake_generator
    ):
        server = start_server(fake_generator())
        async with connect(server.url, timeout_seconds=0.4) as client:
            items = client.stream(REQUEST)
            await anext(items)
            await asyncio.sleep(0.8)  # is not cancelled
            await items.aclose()

    async def test_a_server_that_says_nothing_is_given_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            async with connect(
                f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.3
            ) as client:
                with pytest.raises(RequestTimeoutError):
                    await client.suggest(REQUEST)


class TestRetry:
    async def test_waits_while_the_model_is_loaded(self, start_server, fake_generator):
        def load():
            time.sleep(1)
            return [fake_generator()]

        server = start_server(load=load, wait=False)
        async with connect(server.url) as client:
            assert (await client.suggest(REQUEST)).suggestions

    async def test_tries_a_full_server_again_when_it_says(self, start_server, fake_generator):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator, queue_size=1)
        async with connect(server.url) as client:
            first = asyncio.create_task(client.suggest(REQUEST))
            await asyncio.to_thread(generator.began.wait, 10)
            second = asyncio.create_task(client.suggest(REQUEST))
            await asyncio.sleep(0.3)
            generator.gate.set()

            assert (await first).suggestions
            assert (await second).suggestions
        assert server.metric("stepcheck_rejected_total") >= 1

    async def test_gives_up_at_once_if_told_to_wait_longer_than_it_may(self):
        body = b'{"error": "queue_full", "message": "64 requests", "remedy": "later"}'
        with answering(http(429, body, "Retry-After: 50")) as url:
            async with connect(url, timeout_seconds=10) as client:
                started = time.monotonic()
                with pytest.raises(ServerBusyError, match="64 requests"):
                    await client.suggest(REQUEST)

        assert time.monotonic() - started < 5

    async def test_does_not_retry_a_model_that_could_not_be_loaded(self, start_server):
        def load():
            raise OSError("no such weights")

        async with connect(start_server(load=load).url) as client:
            with pytest.raises(ServerFailedError, match="no such weights"):
                await client.suggest(REQUEST)

    async def test_a_server_that_was_restarted_is_found_again(self, run_server, fake_generator):
        with run_server(fake_generator()) as first:
            client = connect(first.url)
            assert (await client.suggest(REQUEST)).suggestions
        with pytest.raises(ServerUnreachableError):
            await client.suggest(REQUEST)
        with run_server(fake_generator(), port=first.port):
            assert (await client.suggest(REQUEST)).suggestions
        await client.aclose()


class TestErrors:
    @pytest.mark.parametrize("method", ["suggest", "stream"])
    async def test_no_server_says_how_to_start_one(self, method):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        async with connect(f"http://127.0.0.1:{port}") as client:
            with pytest.raises(ServerUnreachableError) as caught:
                await ask(client, method)

        assert str(port) in str(caught.value)
        assert "stepcheck serve" in caught.value.remedy

    async def test_a_refused_request_says_what_to_change(self, start_server, fake_generator):
        server = start_server(fake_generator(), max_goal_characters=10)
        async with connect(server.url) as client:
            with pytest.raises(RequestRefusedError) as caught:
                await client.suggest(SuggestRequest(goal="x" * 11))

        assert "max_goal_characters" in caught.value.remedy

    @pytest.mark.parametrize("method", ["suggest", "stream"])
    async def test_a_failing_model_is_the_servers_error(self, start_server, fake_generator, method):
        server = start_server(fake_generator(failure=lambda _: ValueError("boom")))
        async with connect(server.url) as client:
            with pytest.raises(ServerFailedError, match="ValueError"):
                await ask(client, method)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (http(200, b"<html>hello</html>", "Content-Type: text/html"), ForeignServerError),
            (http(200, b'{"suggestions": ['), ForeignServerError),
            (http(200, b'{"suggestions": "rfl"}'), ForeignServerError),
            (http(200, b""), ForeignServerError),
            (http(302, b"", "Location: http://evil.example/"), ForeignServerError),
            (http(404, b"Not Found"), ForeignServerError),
            (http(500, b"<html>Oops</html>"), ForeignServerError),
            (http(503, b"Busy", "Retry-After: tomorrow"), ForeignServerError),
            (b"SSH-2.0-OpenSSH_9.6\r\n", ServerUnreachableError),
            (b"", ServerUnreachableError),
            (http(200, b"x" * 10)[:-5], ServerUnreachableError),
        ],
    )
    @pytest.mark.parametrize("method", ["suggest", "stream"])
    async def test_what_is_not_a_model_server_is_told(self, answer, error, method):
        with answering(answer) as url:
            async with connect(url) as client:
                with pytest.raises(ClientError) as caught:
                    await ask(client, method)

        assert type(caught.value) is error
        assert caught.value.remedy

    async def test_a_stream_that_breaks_off_is_told(self):
        events = (
            b"event: suggestion\n"
            b'data: {"text": "rfl", "score": -1, "log_probability": -2}\n\n: keep'
        )
        with answering(http(200, events, "Content-Type: text/event-stream")) as url:
            async with connect(url) as client:
                items = client.stream(REQUEST)
                assert await anext(items) == Suggestion(
                    text="rfl", score=-1.0, log_probability=-2.0
                )
                with pytest.raises(ServerUnreachableError, match="ended before"):
                    await anext(items)

    async def test_proxies_of_the_environment_are_not_used_for_loopback(
        self, start_server, fake_generator, monkeypatch
    ):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        async with connect(start_server(fake_generator()).url) as client:
            assert (await client.suggest(REQUEST)).suggestions


def test_the_client_brings_neither_flask_nor_torch():
    """It is what editors and the command line import at their start."""
    import subprocess
    import sys

    code = (
        "import sys, stepcheck.client.server_client\n"
        "print([name for name in ('flask', 'torch', 'transformers', 'waitress')"
        " if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert result.stdout.strip() == "[]"
