import os

import pytest

from stepcheck.server.http.security import choose_token, hostname_of, is_loopback, read_token_file
from stepcheck.settings.loading import SettingsError
from stepcheck.settings.schema import ServerSettings

TOKEN = "a-token-of-the-tests"


def get(server, path="/health", **headers):
    with server.client() as client:
        return client.get(path, headers=headers)


def post(server, **headers):
    with server.client() as client:
        return client.post("/v1/suggest", json={"goal": "g"}, headers=headers)


class TestHost:
    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST:8010", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:8010"]
    )
    def test_names_of_loopback_are_answered(self, start_server, fake_generator, host):
        assert get(start_server(fake_generator()), Host=host).status_code == 200

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.168.1.20",
            "localhost:80:80",
            "[::1",
            "lo calhost",
            "",
        ],
    )
    @pytest.mark.parametrize("path", ["/health", "/info", "/nowhere"])
    def test_others_are_refused_as_in_dns_rebinding(
        self, start_server, fake_generator, expect_error, host, path
    ):
        response = get(start_server(fake_generator()), path, Host=host)

        assert "allowed_hosts" in expect_error(response, 400, "host_not_allowed").remedy

    def test_more_can_be_allowed(self, start_server, fake_generator):
        server = start_server(fake_generator(), allowed_hosts=["Tunnel.Example"])

        assert get(server, Host="tunnel.example").status_code == 200
        assert get(server, Host="other.example").status_code == 400

    def test_beyond_loopback_any_address_is_answered_but_no_name(
        self, start_server, fake_generator
    ):
        server = start_server(fake_generator(), host="0.0.0.0", token=TOKEN)

        assert get(server, Host="192.168.1.20:8010").status_code == 200
        assert get(server, Host="evil.example").status_code == 400

    def test_host_names_are_read_without_port(self):
        assert hostname_of("A.example.:80") == "a.example"
        assert hostname_of("[fe80::1]:80") == "fe80::1"
        assert hostname_of("a:b:c") == ""


class TestOrigin:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://localhost:3000", "file://", ""]
    )
    def test_posts_from_foreign_pages_are_refused(
        self, start_server, fake_generator, expect_error, origin
    ):
        generator = fake_generator()

        response = post(start_server(generator), Origin=origin)

        expect_error(response, 403, "origin_not_allowed")
        assert not generator.batches

    def test_posts_from_its_own_origin_and_from_allowed_ones_are_answered(
        self, start_server, fake_generator
    ):
        server = start_server(fake_generator(), allowed_origins=["https://lab.example"])

        assert post(server, Origin=server.url).status_code == 200
        assert post(server, Origin="https://lab.example").status_code == 200

    def test_no_page_is_let_in_by_cors(self, start_server, fake_generator):
        server = start_server(fake_generator(), allowed_origins=["https://lab.example"])

        with server.client() as client:
            preflight = client.options(
                "/v1/suggest",
                headers={
                    "Origin": "https://evil.example",
                    "Access-Control-Request-Method": "POST",
                    "Access-Control-Request-Headers": "content-type",
                },
            )

        for response in (preflight, get(server, Origin="https://evil.example")):
            assert not [name for name in response.headers if name.startswith("access-control")]


class TestToken:
    @pytest.fixture
    def server(self, start_server, fake_generator):
        return start_server(fake_generator(), token=TOKEN)

    def test_the_right_one_is_let_in(self, server):
        assert post(server, Authorization=f"Bearer {TOKEN}").status_code == 200
        assert post(server, Authorization=f"bearer  {TOKEN}").status_code == 200

    @pytest.mark.parametrize(
        "header",
        [
            None,
            "",
            TOKEN,
            "Bearer",
            f"Basic {TOKEN}",
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
            "Bearer \xe9",
        ],
    )
    @pytest.mark.parametrize("path", ["/v1/suggest", "/", "/info", "/ready", "/metrics"])
    def test_any_other_is_refused(self, server, expect_error, header, path):
        headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
        with server.client() as client:
            method = "POST" if path in ("/v1/suggest", "/") else "GET"
            response = client.request(method, path, headers=headers)

        expect_error(response, 401, "unauthorized")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert TOKEN not in response.text

    def test_health_needs_none(self, server):
        assert get(server).status_code == 200

    def test_loopback_needs_none_unless_one_is_set(self):
        assert choose_token(ServerSettings()) == (None, False)
        assert choose_token(ServerSettings(token=TOKEN)) == (TOKEN, False)

    def test_beyond_loopback_one_is_made_if_none_is_set(self):
        settings = ServerSettings(host="0.0.0.0")

        (first, is_new), (second, _) = choose_token(settings), choose_token(settings)

        assert is_new
        assert first is not None
        assert len(first) >= 32
        assert first != second

    def test_a_file_of_its_owner_is_read(self, tmp_path):
        file = tmp_path / "token"
        file.write_text(f"{TOKEN}\n")
        file.chmod(0o600)

        assert choose_token(ServerSettings(token_file=file)) == (TOKEN, False)

    @pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
    @pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620])
    def test_a_file_that_others_may_touch_is_refused_with_the_remedy(self, tmp_path, mode):
        file = tmp_path / "token"
        file.write_text(TOKEN)
        file.chmod(mode)

        with pytest.raises(SettingsError, match=f"chmod 600 {file}") as caught:
            read_token_file(file)

        assert TOKEN not in str(caught.value)

    @pytest.mark.parametrize("content", [b"", b" \n", b"two words", b"\xff\xfe", "é".encode()])
    def test_a_file_without_a_usable_token_is_refused(self, tmp_path, content):
        file = tmp_path / "token"
        file.write_bytes(content)
        file.chmod(0o600)

        with pytest.raises(SettingsError, match=r"server\.token_file"):
            read_token_file(file)

    def test_a_missing_file_is_named_with_the_command_that_makes_one(self, tmp_path):
        with pytest.raises(SettingsError, match="umask 077"):
            read_token_file(tmp_path / "token")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost.example", False),
    ],
)
def test_loopback_is_told_from_the_rest(host, expected):
    assert is_loopback(host) is expected
