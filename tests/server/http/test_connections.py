"""Clients that do not finish what they begin, over real sockets."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from flask import Flask

from stepcheck.server.api.health import PATHS
from stepcheck.server.http.connections import ConnectionLimits
from stepcheck.server.http.wsgi_server import HttpServer, listen
from stepcheck.settings.schema import ServerSettings

HEAD = b"POST /v1/suggest HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.fixture
def connect():
    """Open connections that are closed after the test."""
    with ExitStack() as stack:

        def open_one(server, sent=b""):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            one.sendall(sent)
            return one

        yield open_one


def read_answer(connection):
    """Return the status and the body of an answer that ends the connection."""
    received = b""
    while part := connection.recv(4096):
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def test_a_head_that_does_not_end_is_refused_however_often_a_byte_comes(
    start_server, fake_generator, connect
):
    server = start_server(fake_generator(), head_seconds=1.0)
    slow = connect(server, HEAD + b"X-Slow: ")
    stop = threading.Event()

    def dribble():
        while not stop.wait(0.2):
            try:
                slow.sendall(b"n")
            except OSError:
                return

    threading.Thread(target=dribble, daemon=True).start()
    began = time.monotonic()
    status, body = read_answer(slow)
    stop.set()

    assert (status, body["error"]) == (408, "request_timeout")
    assert "server.head_seconds" in body["remedy"]
    assert 0.9 < time.monotonic() - began < 8


def test_a_body_that_does_not_come_is_refused(start_server, fake_generator, connect):
    server = start_server(fake_generator(), body_seconds=1.0)

    status, body = read_answer(connect(server, HEAD + b'Content-Length: 99\r\n\r\n{"goal": '))

    assert (status, body["error"]) == (408, "request_timeout")
    assert "server.body_seconds" in body["remedy"]


def test_a_slow_request_that_is_whole_in_time_is_answered(start_server, fake_generator, connect):
    server = start_server(fake_generator(), head_seconds=3.0, body_seconds=3.0)
    content = json.dumps({"goal": "⊢ True"}).encode()
    slow = connect(server)
    for part in (HEAD, b"Connection: close\r\nContent-Length: ", b"%d\r\n\r\n" % len(content)):
        slow.sendall(part)
        time.sleep(0.4)
    for at in range(0, len(content), 8):
        slow.sendall(content[at : at + 8])
        time.sleep(0.4)

    assert read_answer(slow)[0] == 200


def test_a_request_may_come_while_another_of_its_connection_is_answered(
    start_server, fake_generator, connect
):
    generator = fake_generator()
    generator.gate.clear()
    server = start_server(generator, head_seconds=1.0)
    content = json.dumps({"goal": "⊢ True"}).encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(content) + content
    pipelined = connect(server, whole + HEAD)
    generator.began.wait(10)
    time.sleep(2.5)
    generator.gate.set()
    pipelined.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content)

    received = b""
    while part := pipelined.recv(4096):
        received += part

    assert received.count(b"HTTP/1.1 200") == 2


def test_many_half_open_connections_do_not_keep_others_out(start_server, fake_generator, connect):
    server = start_server(fake_generator(), queue_size=4)
    # Twelve threads: 48 connections, of which one client may leave 12 unfinished.
    half_open = [connect(server, HEAD) for _ in range(60)]
    silent = [connect(server) for _ in range(60)]

    assert server.suggest().status_code == 200
    status, body = read_answer(half_open[0])
    assert (status, body["error"]) == (408, "request_timeout")
    assert len(silent) == 60


def test_idle_connections_give_way_to_new_ones(start_server, fake_generator, connect):
    server = start_server(fake_generator(), queue_size=4)
    clients = [server.client() for _ in range(60)]
    with ExitStack() as stack:
        for client in clients:
            stack.enter_context(client)
            assert client.get("/health").status_code == 200

        assert server.suggest().status_code == 200


@pytest.fixture
def blocked():
    """A server all of whose threads wait, with the requests that they answer; yields its URL."""
    app = Flask(__name__)
    free = threading.Event()
    waiting = threading.Semaphore(0)

    @app.get("/work")
    def work():
        waiting.release()
        free.wait(30)
        return "done"

    @app.get("/health")
    def health():
        return "ok"

    settings = ServerSettings(port=0, queue_size=1)
    http = HttpServer(app, listen("127.0.0.1", 0), settings, ["/health"])
    http.start()
    url = f"http://127.0.0.1:{http.port}"
    threads = 9
    with ThreadPoolExecutor(2 * threads) as pool:
        answers = [
            pool.submit(lambda: httpx.get(f"{url}/work", timeout=60)) for _ in range(2 * threads)
        ]
        for _ in range(threads):
            assert waiting.acquire(timeout=10)
        time.sleep(0.5)
        try:
            yield url
        finally:
            free.set()
    http.stop_accepting()
    http.close()
    assert {answer.result().text for answer in answers} == {"done"}


def test_health_is_answered_while_every_thread_is_busy(blocked):
    assert httpx.get(f"{blocked}/health", timeout=5).text == "ok"


def test_a_request_for_which_there_is_no_room_is_refused_at_once(blocked):
    refused = httpx.get(f"{blocked}/work", timeout=5)

    assert (refused.status_code, refused.json()["error"]) == (503, "busy")
    assert refused.headers["Retry-After"] == "2"


def test_a_server_that_stops_finishes_what_runs_and_refuses_what_comes(
    start_server, fake_generator, expect_error
):
    generator = fake_generator()
    generator.gate.clear()
    server = start_server(generator)
    answers = []
    running = threading.Thread(target=lambda: answers.append(server.suggest().status_code))
    running.start()
    generator.began.wait(10)

    server.http.refuse_requests()
    with server.client() as client:
        expect_error(client.post("/v1/judge", json={"after": "x = 1"}), 503, "stopping")
        assert client.get("/health").status_code == 200
    generator.gate.set()
    server.http.wait_until_answered(10)
    running.join(10)

    assert answers == [200]


def test_one_client_may_not_have_every_connection():
    with pytest.raises(ValueError, match="every connection"):
        ConnectionLimits(1, 1, connections=8, unfinished_per_client=8, waiting=1)


def test_the_quick_paths_are_routes(start_server, fake_generator):
    server = start_server(fake_generator())

    assert [httpx.get(server.url + path).status_code for path in PATHS] == [200] * len(PATHS)
