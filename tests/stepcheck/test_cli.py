import subprocess
import sys

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app


def loaded_by(*arguments):
    script = (
        "import sys\n"
        "from stepcheck.cli import app\n"
        f"app({list(arguments)}, standalone_mode=False)\n"
        "print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stderr.split())


def test_a_command_does_not_wait_for_what_the_others_need():
    loaded = loaded_by("settings")

    assert "stepcheck.commands.settings" in loaded
    assert not {"stepcheck.commands.judge", "stepcheck.commands.lean", "httpx"} & loaded


def test_every_command_is_listed_and_explains_itself():
    listed = CliRunner().invoke(app, ["--help"]).stdout

    for name in (
        "suggest",
        "check",
        "collect",
        "judge",
        "rank",
        "repair",
        "serve",
        "lsp",
        "bridge",
        "lean",
    ):
        assert f" {name} " in listed
        assert "Usage" in CliRunner().invoke(app, [name, "--help"]).stdout


@pytest.mark.parametrize("name", ["nonsense", "_load", ""])
def test_an_unknown_command_is_a_usage_error(name):
    result = CliRunner().invoke(app, [name])

    assert result.exit_code == 2
    assert "No such command" in result.stderr


def test_a_slip_of_the_pen_is_understood():
    assert "Did you mean 'suggest'?" in CliRunner().invoke(app, ["sugest"]).stderr
