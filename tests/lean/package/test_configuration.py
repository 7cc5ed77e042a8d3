"""Where the tactics' settings come from, and what is said about wrong ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stepcheck.settings.loading import environment_variable, user_settings_file
from stepcheck.settings.schema import ClientSettings, Settings

from .probing import Probe

ALL_CLIENT = (
    '[client]\nserver_url = "https://user.example/"\ntoken = "from-user"\nspool = "/user"\n'
    "timeout_seconds = 2.5\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's home folder, with a project in it."""
    (tmp_path / "project" / "deep" / "inside").mkdir(parents=True)
    return tmp_path


def user_file(home: Path) -> Path:
    file = home / ".config" / "stepcheck" / "stepcheck.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def settings(
    probe: Probe,
    home: Path,
    options: Mapping[str, str] | None = None,
    **environment: str,
) -> dict[str, Any]:
    """The settings in force deep in the project, or `{"error": …}`."""
    set_options = "".join(
        f"set_option llmstep.{name} {value} in\n" for name, value in (options or {}).items()
    )
    variables = home / "variables.json"
    variables.write_text(json.dumps({"HOME": str(home), **environment}))
    folder = home / "project" / "deep" / "inside"
    run = probe.run(f'{set_options}#configuration_in "{folder}" "{variables}"')
    if run.errors:
        (error,) = run.errors
        return {"error": error}
    return dict(json.loads(run.information[0]))


def test_defaults_and_names_are_those_of_the_other_clients(probe: Probe, home: Path) -> None:
    found = settings(probe, home)
    default = Settings()
    assert found["url"] == default.client.server_url
    assert found["token"] == ""
    assert found["spool"] == default.client.spool
    assert found["timeout"] == 1000 * default.client.timeout_seconds
    assert found["n"] == default.suggestion.n
    assert found["maxHeartbeats"] == default.lean.heartbeats
    assert found["candidateTimeout"] == default.lean.milliseconds_per_candidate
    assert found["proposalTimeout"] == 1000 * default.suggestion.seconds
    assert sorted(found["clientKeys"]) == sorted(ClientSettings.model_fields)


def test_every_place_is_read_and_the_nearer_counts(probe: Probe, home: Path) -> None:
    user_file(home).write_text(
        f"{ALL_CLIENT}[suggestion]\nn = 20\nseconds = 0.25\n"
        "[lean]\nheartbeats = 20\nworkers = 3\n[server]\nx=1\n"
    )
    (home / "project" / "stepcheck.toml").write_text(
        "[lean]\nheartbeats = 30\nmilliseconds_per_candidate = 30\n"
    )
    found = settings(
        probe,
        home,
        {"maxHeartbeats": "40", "context": "7", "timeout": "1"},
        **{
            environment_variable("suggestion.n"): "50",
            environment_variable("lean.milliseconds_per_candidate"): "50",
        },
    )
    assert (found["url"], found["token"]) == ("https://user.example", "from-user")
    assert (found["spool"], found["timeout"]) == ("/user", 1)
    assert (found["n"], found["candidateTimeout"]) == (20, 30)
    assert found["proposalTimeout"] == 250
    assert (found["maxHeartbeats"], found["context"]) == (40, 7)


def test_lean_looks_from_the_folder_that_it_runs_in(probe: Probe, home: Path) -> None:
    (home / "project" / "stepcheck.toml").write_text("[lean]\nheartbeats = 30\n")
    variables = home / "variables.json"
    variables.write_text(json.dumps({"HOME": str(home)}))
    run = probe.package.run(
        f'import ClientProbe\n#configuration "{variables}"\n',
        readable=[home],
        working_directory=home / "project" / "deep" / "inside",
    )
    assert json.loads(run.information[0])["maxHeartbeats"] == 30


def test_environment_is_read_last(probe: Probe, home: Path) -> None:
    variables = {
        "client.server_url": "http://env.example:1/x",
        "client.token": "from-env",
        "client.spool": "/env",
        "client.timeout_seconds": "0.25",
        "suggestion.n": "50",
        "lean.heartbeats": "60",
        "lean.milliseconds_per_candidate": "70",
    }
    found = settings(
        probe, home, **{environment_variable(name): value for name, value in variables.items()}
    )
    assert (found["url"], found["token"]) == ("http://env.example:1/x", "from-env")
    assert (found["spool"], found["timeout"]) == ("/env", 250)
    assert (found["n"], found["maxHeartbeats"], found["candidateTimeout"]) == (50, 60, 70)


def test_users_folder_is_the_one_that_the_other_clients_read(
    probe: Probe, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = home / "xdg"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(configuration))
    file = user_settings_file()
    if not file.is_relative_to(configuration):
        pytest.skip("the system has another convention than the embedded Lean")
    file.parent.mkdir(parents=True)
    file.write_text(ALL_CLIENT)
    assert settings(probe, home, XDG_CONFIG_HOME=str(configuration))["token"] == "from-user"


@pytest.mark.parametrize("setting", ["server_url", "token", "spool"])
def test_project_may_not_say_where_requests_go(probe: Probe, home: Path, setting: str) -> None:
    file = home / "project" / "stepcheck.toml"
    file.write_text(f'[client]\n{setting} = "http://thief.example"\n')
    found = settings(probe, home, {"url": '"http://mine.example"'})
    for part in (f"client.{setting}", str(file), "may not", "STEPCHECK_CLIENT_", "thief"):
        assert (part in found["error"]) is (part != "thief")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[suggestion]\nn = 0\n", ["suggestion.n", "from 1 to 64", "0"]),
        ("[suggestion]\nn = 65\n", ["suggestion.n", "from 1 to 64", "65"]),
        ("[suggestion]\nseconds = 601\n", ["suggestion.seconds", "at most 600", "601"]),
        ('[suggestion]\nn = "10"\n', ["suggestion.n", '"10"']),
        ("[client]\ntimeout_seconds = -1\n", ["client.timeout_seconds", "seconds", "-1"]),
        ("[client]\ntimeout_seconds = nan\n", ["client.timeout_seconds", "seconds"]),
        ("[client]\ntimeout = 3\n", ["client.timeout", "timeout_seconds"]),
        ("[client]\n\nn = = 3\n", ["line 3"]),
        ("[client\n", ["line 1"]),
        ("# " + "x" * 300_000, ["more than 262144"]),
    ],
)
def test_wrong_files_are_named_with_what_is_wrong(
    probe: Probe, home: Path, text: str, parts: list[str]
) -> None:
    file = home / "project" / "stepcheck.toml"
    file.write_text(text)
    found = settings(probe, home)
    for part in (*parts, str(file)):
        assert part in found["error"]


def test_file_that_is_not_utf8_is_named(probe: Probe, home: Path) -> None:
    file = home / "project" / "stepcheck.toml"
    file.write_bytes(b"# \xff\n")
    assert str(file) in settings(probe, home)["error"]


def test_wrong_token_is_not_shown(probe: Probe, home: Path) -> None:
    user_file(home).write_text('[client]\ntoken = "se cret"\n')
    found = settings(probe, home)
    assert "client.token" in found["error"]
    assert "cret" not in found["error"]


def test_wrong_options_are_named(probe: Probe, home: Path) -> None:
    wrong = [
        ("url", '"ftp://x"'),
        ("url", '""'),
        ("url", '"http://a\\r\\nX: y"'),
        ("token", '"a\\r\\nX: y"'),
        ("n", "0"),
        ("timeout", "0"),
        ("timeout", "99999999999"),
        ("maxHeartbeats", "0"),
        ("candidateTimeout", "0"),
    ]
    variables = home / "variables.json"
    variables.write_text("{}")
    commands = [
        f'set_option llmstep.{option} {value} in\n#configuration "{variables}"\n'
        for option, value in wrong
    ]
    errors = probe.run("".join(commands)).errors
    for (option, _), error in zip(wrong, errors, strict=True):
        assert f"The option `llmstep.{option}` must be" in error


def test_empty_options_undo_what_files_set(probe: Probe, home: Path) -> None:
    user_file(home).write_text(ALL_CLIENT)
    found = settings(probe, home, {"spool": '""', "token": '""'})
    assert (found["spool"], found["token"]) == ("", "")
    assert found["url"] == "https://user.example"
