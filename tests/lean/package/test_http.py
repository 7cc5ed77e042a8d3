"""The bytes of requests and responses, and curl's part: all but the sockets of Lean itself."""

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from .probing import Probe

GOAL = 'h : 𝔸 = “x” ∧ ∃ ε\n⊢ \\frac "1" ≠ ﷽'
REPLY = {"suggestions": [{"text": "exact ⟨𝔸, h⟩", "score": -0.25}], "model": "m"}
LIMIT = 4_194_304


def http(
    body: bytes | str, status: str = "200 OK", *fields: str, length: int | None = None
) -> bytes:
    """A response with a Content-Length."""
    content = body.encode() if isinstance(body, str) else body
    size = len(content) if length is None else length
    head = [f"HTTP/1.1 {status}", f"Content-Length: {size}", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


def in_chunks(parts: Sequence[bytes], last: bytes = b"0\r\n\r\n") -> bytes:
    """A response in chunks."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    return head + b"".join(b"%X;a=b\r\n%s\r\n" % (len(part), part) for part in parts) + last


def answer(**changes: Any) -> str:
    return json.dumps(REPLY | changes, ensure_ascii=False)


def read(probe: Probe, folder: Path, *responses: bytes, command: str = "response") -> list[Any]:
    """What the client makes of each response."""
    files = []
    for index, response in enumerate(responses):
        file = folder / f"response-{index}"
        file.write_bytes(response)
        files.append(str(file))
    listing = folder / "listing.json"
    listing.write_text(json.dumps(files))
    (answers,) = probe.ask(f'#{command} "{listing}"')
    return list(answers)


def results(probe: Probe, folder: Path, *responses: bytes) -> list[Any]:
    return [found["result"] for found in read(probe, folder, *responses)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_server_answers_what_is_sent(
    probe: Probe,
    tmp_path: Path,
    start_server: Callable[..., Any],
    fake_generator: Any,
    host: str,
) -> None:
    generator = fake_generator()
    server = start_server(generator)
    file = tmp_path / "request"
    goal = json.dumps(GOAL, ensure_ascii=False)
    url = f"http://{host}:{server.port}/"
    probe.ask(f'#request_bytes "{url}" "secret" {goal} "{file}"')
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.sendall(file.read_bytes())
        received = b"".join(iter(lambda: connection.recv(7), b""))
    (result,) = results(probe, tmp_path, received)
    assert [suggestion["text"] for suggestion in result["suggestions"]] == [
        f"step {rank} of {GOAL}" for rank in range(5)
    ]
    assert generator.batches[0][0].prompt.goal == GOAL
    assert generator.batches[0][0].n == 5


def test_server_stops_for_a_client_that_ends_its_half_of_the_connection(
    start_server: Callable[..., Any],
    fake_generator: Any,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    """What the client does when it gives up: what it has asked for is still to be received."""
    generator = fake_generator(seconds_per_completion=0.05)
    server = start_server(generator)
    body = json.dumps({"goal": GOAL, "n": 64}).encode()
    head = f"POST /v1/suggest HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        connection.sendall((head + fields).encode() + body)
        eventually(generator.began.is_set)
        connection.shutdown(socket.SHUT_WR)
        eventually(lambda: generator.cancelled == [GOAL])


def test_request_counts_bytes_and_carries_the_token(probe: Probe, tmp_path: Path) -> None:
    file = tmp_path / "request"
    goal = json.dumps(GOAL, ensure_ascii=False)
    url = "http://[::1]:80/base"
    probe.ask(f'#request_bytes "{url}" "to\\"ken" {goal} "{file}"')
    head, _, body = file.read_bytes().partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /base/v1/suggest HTTP/1.1",
        b"Host: [::1]",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        b"Content-Type: application/json",
        b"Accept: application/json",
        b'Authorization: Bearer to"ken',
    ]
    assert json.loads(body)["goal"] == GOAL


def test_answer_in_every_framing(probe: Probe, tmp_path: Path) -> None:
    body = answer(unknown=[1]).encode()
    halves = [body[:1], body[1:40], body[40:]]
    one_by_one = [bytes([byte]) for byte in body]
    assert any(len(half.decode("utf-8", "ignore").encode()) != len(half) for half in one_by_one)
    framed = [
        http(body),
        http(body, "200"),
        http(body, "200 OK", f"content-length: {len(body)}"),
        http(b"", "100 Continue").replace(b"Content-Length: 0\r\n", b"") + http(body),
        in_chunks(halves),
        in_chunks(one_by_one),
        in_chunks(halves, b"0\r\nTrailer: x\r\n\r\n"),
        b"HTTP/1.0 200 OK\r\n\r\n" + body,
        b"HTTP/1.1 200 OK\r\nX: \xff\r\nConnection: close\r\n\r\n" + body,
    ]
    assert results(probe, tmp_path, *framed) == [REPLY] * len(framed)


def test_unfinished_answers_are_waited_for(probe: Probe, tmp_path: Path) -> None:
    body = answer().encode()
    wholes = [http(body), in_chunks([body[:9], body[9:]])]
    prefixes = [whole[:cut] for whole in wholes for cut in range(0, len(whole) - 5, 7)]

    *waiting, first, second = read(probe, tmp_path, *prefixes, *wholes, command="open_response")
    ended = read(probe, tmp_path, *prefixes)

    assert [found["result"] for found in waiting] == [None] * len(prefixes)
    assert [first["result"], second["result"]] == [REPLY, REPLY]
    assert all(found["result"]["problem"] for found in ended)


def test_scores_may_be_missing_but_texts_may_not(probe: Probe, tmp_path: Path) -> None:
    suggestions = [{"text": "a", "score": None}, {"text": "b"}, {"text": "c", "score": 1, "x": {}}]
    unscored, textless, wordy, listless, nameless = results(
        probe,
        tmp_path,
        http(answer(suggestions=suggestions)),
        http(answer(suggestions=[{"score": 1}])),
        http(answer(suggestions=[{"text": "a", "score": "high"}])),
        http(json.dumps(["a"])),
        http(json.dumps({"suggestions": []})),
    )
    assert [suggestion["score"] for suggestion in unscored["suggestions"]] == [0, 0, 1]
    assert "text" in textless["problem"]
    assert "is not one of a model server" in wordy["problem"]
    assert "is not one of a model server" in listless["problem"]
    assert nameless == {"suggestions": [], "model": ""}


def test_errors_of_a_server_keep_their_words(probe: Probe, tmp_path: Path) -> None:
    body = {"error": "queue_full", "message": "Too much to do.", "remedy": "Try again."}
    (result,) = results(probe, tmp_path, http(json.dumps(body), "503 Service Unavailable"))
    assert result == {"problem": "Too much to do.", "remedy": "Try again."}


GARBAGE = [
    (b"", "closed the connection without an answer"),
    (b"\x15\x03\x01\x00\x02", "ends too early"),
    (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "begins with"),
    (b"HTTP/1.1 banana\r\n\r\n", "begins with"),
    (http("<html>\n<h1>Hello</h1>"), "not JSON"),
    (http("<html>gone</html>", "404 Not Found"), "status 404"),
    (http("", "500 Oops"), "status 500"),
    (http("{}", "500 Oops"), "status 500"),
    (http("", "302 Found", "Location: https://elsewhere/"), "https://elsewhere/"),
    (http("", "301 Moved"), "redirects"),
    (http("", "204 No Content"), "204"),
    (http(answer()[:30]), "not JSON"),
    (http(answer(), length=5000), "ends too early"),
    (http(b'{"suggestions": "\xff"}'), "not UTF-8"),
    (http(answer(), "200 OK", "Content-Length: 3"), "several lengths"),
    (http(answer()).replace(b"Length: ", b"Length: -"), "its length is"),
    (http(answer()).replace(b"Length: ", b"Length: 9999999999"), "more than"),
    (http(answer(), "200 OK", "Transfer-Encoding: gzip"), "encoded as"),
    (in_chunks([b"{}"]).replace(b"2;a", b"G;a"), "no size"),
    (in_chunks([b"{}"]).replace(b"2;a", b"FFFFFFFFFFFFFFFFFFFFFF;a"), "more than"),
    (in_chunks([b"{}"]).replace(b"2;a", b"1;a"), "another size"),
    (in_chunks([b"{}"], b""), "ends too early"),
    (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "head does not end"),
    (http("[" * 200_000), "nested too deep"),
    (http('{"a":' * 200_000), "nested too deep"),
    (http('{"score": 1e999999999}'), "too long"),
    (http('{"score": 1E+9999}'), "too long"),
    (http("9" * 100_000), "too long"),
]


def test_garbage_is_an_error_with_a_remedy(probe: Probe, tmp_path: Path) -> None:
    found = results(probe, tmp_path, *(response for response, _ in GARBAGE))
    for (response, words), result in zip(GARBAGE, found, strict=True):
        assert words in result["problem"], response[:100]
        assert len(result["problem"]) < 400
        assert "\n" not in result["problem"]
        assert result["remedy"]


def test_large_answers_are_read_and_larger_ones_refused_at_once(
    probe: Probe, tmp_path: Path
) -> None:
    text = "simp [𝔸] " * 1500
    suggestions = [{"text": f"{text}{index}", "score": 0} for index in range(64)]
    large = answer(suggestions=suggestions).encode()
    assert len(large) > 1_000_000
    chunks = [large[start : start + 1000] for start in range(0, len(large), 1000)]
    whole, chunked, huge, endless = read(
        probe,
        tmp_path,
        http(large),
        in_chunks(chunks),
        http(answer(suggestions=suggestions * 50)),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000_000,
    )
    assert whole["result"] == chunked["result"] == REPLY | {"suggestions": suggestions}
    for refused in (huge, endless):
        assert f"more than {LIMIT} bytes" in refused["result"]["problem"]
        assert refused["milliseconds"] < 100


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_sends_what_it_is_given(
    probe: Probe, tmp_path: Path, start_server: Callable[..., Any], fake_generator: Any
) -> None:
    generator = fake_generator()
    server = start_server(generator, token='to"k\\en')
    configuration, body = tmp_path / 'curl "1".conf', tmp_path / 'body "1".json'
    goal = json.dumps(GOAL, ensure_ascii=False)
    quoted = [json.dumps(str(path)) for path in (body, configuration)]
    _, arguments = probe.ask(
        f"#body {goal} {quoted[0]}\n#curl_configuration "
        f'"{server.url}" "to\\"k\\\\en" {quoted[0]} 20000 {quoted[1]}'
    )
    finished = subprocess.run(
        ["curl", *arguments],
        env={"http_proxy": "http://127.0.0.1:9", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    (result,) = results(probe, tmp_path, finished.stdout)
    assert len(result["suggestions"]) == 5
    assert generator.batches[0][0].prompt.goal == GOAL
    assert all("en" not in re.split(r"\W", argument) for argument in arguments)
