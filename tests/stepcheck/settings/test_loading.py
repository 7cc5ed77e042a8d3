from pathlib import Path

import pytest

from stepcheck.lean import cache
from stepcheck.settings.loading import (
    CACHE_VARIABLE,
    Flag,
    SettingsError,
    describe_settings,
    environment_variable,
    find_project_file,
    load_settings,
)
from stepcheck.settings.schema import Settings


@pytest.fixture
def load(tmp_path):
    """Load from the given texts only, not from this machine's files or environment."""
    project = tmp_path / "project"
    project.mkdir()

    def from_sources(flags=(), *, project_file=None, user_file=None, config=None, environment=None):
        def write(path, text):
            if text is not None:
                path.write_text(text, encoding="utf-8")
            return path

        write(project / "stepcheck.toml", project_file)
        return load_settings(
            flags,
            config=None if config is None else write(tmp_path / "chosen.toml", config),
            folder=project,
            environment=environment or {},
            user_file=write(tmp_path / "user.toml", user_file),
        )

    return from_sources


class TestPrecedence:
    def test_defaults_without_any_source(self, load):
        settings = load()

        assert settings == Settings()
        assert settings.client.server_url == f"http://127.0.0.1:{settings.server.port}"

    def test_each_source_overrides_the_one_below_it(self, load):
        sources = {
            "user_file": "[suggestion]\nn = 2",
            "project_file": "[suggestion]\nn = 3",
            "environment": {"STEPCHECK_SUGGESTION_N": "4"},
            "flags": [Flag("--n", "suggestion.n", 5)],
        }

        found = [
            load(**dict(list(sources.items())[:count])).suggestion.n
            for count in range(1, len(sources) + 1)
        ]

        assert found == [2, 3, 4, 5]

    def test_a_named_file_takes_the_place_of_the_projects(self, load):
        settings = load(
            project_file="[suggestion]\nn = 3\nmax_tokens = 33",
            user_file="[suggestion]\ntemperature = 0.5",
            config="[suggestion]\nn = 6",
        )

        assert settings.suggestion.n == 6
        assert settings.suggestion.max_tokens == Settings().suggestion.max_tokens
        assert settings.suggestion.temperature == 0.5

    def test_sources_are_merged_setting_by_setting(self, load):
        settings = load(
            project_file="[lean]\nworkers = 2",
            user_file="[lean]\nworkers = 3\nheartbeats = 5",
            environment={"STEPCHECK_LEAN_MEMORY_MEGABYTES": "1000"},
        )

        assert settings.lean.workers == 2
        assert settings.lean.heartbeats == 5
        assert settings.lean.memory_megabytes == 1000

    def test_a_flag_that_was_not_given_overrides_nothing(self, load):
        assert (
            load([Flag("--n", "suggestion.n", None)], config="[suggestion]\nn = 7").suggestion.n
            == 7
        )

    def test_which_settings_were_given_can_be_told(self, load):
        assert load(config="[lean]\nworkers = 1").lean.model_fields_set == {"workers"}

    def test_the_project_file_is_found_in_a_folder_above(self, tmp_path):
        file = tmp_path / "stepcheck.toml"
        file.touch()
        (tmp_path / "a" / "b").mkdir(parents=True)

        assert find_project_file(tmp_path / "a" / "b") == file


class TestTypes:
    def test_text_from_the_environment_is_parsed(self, load):
        settings = load(
            environment={
                "STEPCHECK_SERVER_PORT": "9000",
                "STEPCHECK_SERVER_DRAIN_SECONDS": "2.5",
                "STEPCHECK_SERVER_ALLOWED_HOSTS": "a.example, b.example,",
                "STEPCHECK_SERVER_TOKEN_FILE": "/run/token",
                "STEPCHECK_CLIENT_TOKEN": "secret",
                "PATH": "/bin",
            }
        )

        assert settings.server.port == 9000
        assert settings.server.drain_seconds == 2.5
        assert settings.server.allowed_hosts == ("a.example", "b.example")
        assert settings.server.token_file == Path("/run/token")
        assert settings.client.token.get_secret_value() == "secret"

    def test_toml_has_types_of_its_own(self, load):
        settings = load(
            config='[server]\nallowed_hosts = ["a"]\ndrain_seconds = 2\ntoken_file = "t"'
        )

        assert settings.server.allowed_hosts == ("a",)
        assert settings.server.drain_seconds == 2.0
        assert settings.server.token_file == Path("t")

    def test_a_trailing_slash_of_the_url_is_dropped(self, load):
        settings = load(config='[client]\nserver_url = "https://lab.example/lean/"')

        assert settings.client.server_url == "https://lab.example/lean"

    def test_secrets_do_not_show(self, load):
        assert "hush" not in repr(load(environment={"STEPCHECK_SERVER_TOKEN": "hush"}))


class TestErrors:
    def error(self, load, **sources):
        with pytest.raises(SettingsError) as caught:
            load(**sources)
        return str(caught.value)

    @pytest.mark.parametrize(
        ("text", "mentioned"),
        [
            ('[server]\nport = "8010"', ["server.port", "chosen.toml", "'8010'", "integer"]),
            ("[server]\nport = 99999", ["server.port", "99999", "65535", "8010"]),
            ("[server]\nport = 1.5", ["server.port", "1.5"]),
            ("[server]\nport = true", ["server.port"]),
            ("[server]\nport = 2026-11-20", ["server.port"]),
            ("[suggestion]\ntemperature = nan", ["suggestion.temperature"]),
            ("[suggestion]\ntemperature = inf", ["suggestion.temperature"]),
            ('[suggestion]\nmethod = "magic"', ["suggestion.method", "sample", "beam"]),
            ("[server]\nprot = 8010", ["server.prot", "chosen.toml", "mean server.port?"]),
            ("[sever]\nport = 8010", ["[sever]", "chosen.toml", "mean server?"]),
            ("[zzz]", ["[zzz]", "server", "lean"]),
            ("server = 3", ["server", "chosen.toml", "[server]"]),
            ("port = 3", ["port", "chosen.toml"]),
            ('[client]\nserver_url = "localhost:8010"', ["client.server_url", "URL"]),
            ('[client]\nserver_url = "ftp://x"', ["client.server_url", "http"]),
            ("[server\n", ["chosen.toml", "TOML", "line 1"]),
        ],
    )
    def test_a_wrong_file_is_named_with_the_setting_and_the_remedy(self, load, text, mentioned):
        message = self.error(load, config=text)

        for words in mentioned:
            assert words in message

    def test_a_wrong_variable_is_named(self, load):
        message = self.error(load, environment={"STEPCHECK_SERVER_PORT": "http"})

        assert "STEPCHECK_SERVER_PORT" in message
        assert "'http'" in message

    def test_an_unknown_variable_is_named_with_the_likely_one(self, load):
        message = self.error(load, environment={"STEPCHECK_SERVER_PROT": "1"})

        assert "STEPCHECK_SERVER_PROT" in message
        assert "mean STEPCHECK_SERVER_PORT?" in message

    def test_a_wrong_flag_is_named(self, load):
        message = self.error(load, flags=[Flag("--port", "server.port", -1)])

        assert "--port" in message
        assert "server.port" in message

    @pytest.mark.parametrize("token", ["", " ", "two words", "caf\u00e9", "line\nbreak"])
    @pytest.mark.parametrize("section", ["SERVER", "CLIENT"])
    def test_a_token_that_no_header_can_carry_is_refused(self, load, section, token):
        message = self.error(load, environment={f"STEPCHECK_{section}_TOKEN": token})

        assert "without spaces" in message
        assert token.strip() == "" or token not in message

    def test_a_wrong_token_is_not_repeated(self, load):
        message = self.error(load, config="[client]\ntoken = 12345678")

        assert "client.token" in message
        assert "12345678" not in message

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(SettingsError, match=r"nowhere\.toml"):
            load_settings(config=tmp_path / "nowhere.toml", environment={})

    def test_a_file_that_is_not_text_is_named(self, tmp_path):
        file = tmp_path / "binary.toml"
        file.write_bytes(b"\xff\xfe\x00")

        with pytest.raises(SettingsError, match=r"binary\.toml"):
            load_settings(config=file, environment={})


class TestTrust:
    """A cloned repository must not lead the user's goals, token or computer elsewhere."""

    @pytest.mark.parametrize(
        "text",
        [
            '[client]\nserver_url = "https://evil.example"',
            '[client]\ntoken = "x"',
            '[server]\ntoken = "x"',
            '[server]\ntoken_file = "x"',
            '[server]\nallowed_hosts = ["evil.example"]',
            '[server]\nallowed_origins = ["https://evil.example"]',
            '[lean]\ntoolchain = "./evil"',
        ],
    )
    def test_a_project_file_may_not_set_what_is_the_users(self, load, text):
        with pytest.raises(SettingsError, match="project file") as caught:
            load(project_file=text)

        assert "STEPCHECK_" in str(caught.value)
        load(user_file=text, project_file="")
        load(config=text)

    def test_it_may_set_the_rest(self, load):
        assert load(project_file="[lean]\nworkers = 4").lean.workers == 4


def test_every_setting_is_described():
    described = {each.name: each for each in describe_settings()}

    assert set(described) == {
        f"{section}.{key}" for section, group in Settings() for key in type(group).model_fields
    }
    assert all(each.description.endswith((".", "…")) for each in described.values())
    port = described["server.port"]
    assert (port.type, port.default) == ("int", 8010)
    assert port.environment_variable == environment_variable("server.port")
    assert described["client.token"].user_only
    assert not port.user_only


def test_the_cache_variable_of_the_lean_driver_is_no_unknown_setting(load):
    assert CACHE_VARIABLE == cache.CACHE_VARIABLE
    assert load(environment={CACHE_VARIABLE: "/somewhere"}) == Settings()
