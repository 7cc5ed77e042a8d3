import socket

import pytest

from stepcheck.server.http.schema import ErrorBody


@pytest.fixture
def server(start_server, fake_generator):
    return start_server(fake_generator(), max_goal_characters=1000, max_suggestions=20)


def post(server, content, content_type="application/json"):
    with server.client() as client:
        return client.post("/v1/suggest", content=content, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"goal": "a"',
        b"goal=a",
        b'{"goal": "a"} trailing',
        b"[" * 100_000,
        b'{"goal": ' * 50_000,
        b'\xff\xfe{\x00"\x00',
    ],
)
def test_malformed_json_is_a_400(server, expect_error, content):
    assert expect_error(post(server, content), 400, "malformed_json").remedy


@pytest.mark.parametrize(
    "content", [b'{"goal": "\\ud800"}', b'{"goal": "\\ude00x"}', b'{"goal": "\xff"}']
)
def test_text_that_is_not_unicode_is_a_422(server, expect_error, content):
    assert "surrogate" in expect_error(post(server, content), 422, "invalid_unicode").remedy


@pytest.mark.parametrize(
    ("content", "mentioned"),
    [
        (b"[]", "object"),
        (b"null", "object"),
        (b"{}", "goal: Field required"),
        (b'{"goal": 1}', "goal: "),
        (b'{"goal": "a\\u0000b"}', "goal: Must not contain a NUL"),
        (b'{"goal": "a", "prefix": "\\u0000"}', "prefix: "),
        (b'{"goal": "a", "gaol": "b"}', "gaol: Extra"),
        (b'{"goal": "a", "n": "3"}', "n: "),
        (b'{"goal": "a", "n": 2.5}', "n: "),
        (b'{"goal": "a", "n": 0}', "n: "),
        (b'{"goal": "a", "n": 65}', "n: "),
        (b'{"goal": "a", "n": true}', "n: "),
        (b'{"goal": "a", "temperature": NaN}', "temperature: "),
        (b'{"goal": "a", "temperature": Infinity}', "temperature: "),
        (b'{"goal": "a", "temperature": -1}', "temperature: "),
        (b'{"goal": "a", "temperature": "hot"}', "temperature: "),
        (b'{"goal": "a", "max_tokens": 99999999999999999999}', "max_tokens: "),
        (b'{"goal": "a", "method": "magic"}', "method: "),
        (b'{"goal": "a", "model": 1}', "model: "),
    ],
)
def test_wrong_values_are_a_422_that_names_the_field(server, expect_error, content, mentioned):
    assert mentioned in expect_error(post(server, content), 422, "invalid_request").message


def test_all_wrong_fields_are_named_up_to_a_few(server, expect_error):
    many = ", ".join(f'"field{index}": 1' for index in range(9))

    message = expect_error(post(server, f"{{{many}}}".encode()), 422, "invalid_request").message

    assert "field3" in message
    assert "5 more" in message


@pytest.mark.parametrize(
    ("fields", "setting"),
    [
        ({"goal": "⊢" * 1001}, "server.max_goal_characters"),
        ({"prefix": "x" * 2001}, "server.max_prefix_characters"),
        ({"n": 21}, "server.max_suggestions"),
        ({"max_tokens": 513}, "server.max_tokens"),
    ],
)
def test_beyond_a_limit_is_a_422_that_names_the_setting(server, expect_error, fields, setting):
    assert setting in expect_error(server.suggest(**fields), 422, "limit_exceeded").remedy


def test_at_the_limits_is_accepted(server):
    response = server.suggest(goal="⊢" * 1000, prefix="x" * 2000, n=20, max_tokens=512)

    assert response.status_code == 200


def test_a_goal_of_ten_megabytes_is_a_413_and_the_server_lives_on(server, expect_error):
    expect_error(server.suggest(goal="x" * 10_000_000), 413, "request_entity_too_large")

    assert server.suggest().status_code == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
@pytest.mark.parametrize("path", ["/v1/suggest", "/"])
def test_what_a_web_page_can_send_without_asking_is_a_415(server, expect_error, content_type, path):
    with server.client() as client:
        response = client.post(
            path,
            content=b'{"goal": "a", "tactic_state": "a", "prefix": ""}',
            headers={"Content-Type": content_type},
        )

    expect_error(response, 415, "unsupported_media_type")


def test_an_unknown_path_is_a_404(server, expect_error):
    with server.client() as client:
        assert expect_error(client.get("/v2/suggest"), 404, "not_found").remedy


def test_a_wrong_method_is_a_405_that_names_the_right_one(server, expect_error):
    with server.client() as client:
        response = client.get("/v1/suggest")

    expect_error(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nBroken\r\n\r\n", 400),
        ((b"GET / HTTP/1.1\r\nX: " + b"x" * 2**16)[: 2**16], 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", 413),
    ],
)
def test_what_is_not_proper_http_still_gets_an_error_body(server, sent, status):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk

    head, _, body = received.partition(b"\r\n\r\n")
    assert int(head.split(b" ")[1]) == status
    assert ErrorBody.model_validate_json(body).message


def test_a_request_id_is_taken_over_only_if_harmless(server):
    with server.client() as client:
        kept = client.get("/health", headers={"X-Request-Id": "editor-42"})
        replaced = client.get("/health", headers={"X-Request-Id": "x" * 65})

    assert kept.headers["X-Request-Id"] == "editor-42"
    assert len(replaced.headers["X-Request-Id"]) == 16
