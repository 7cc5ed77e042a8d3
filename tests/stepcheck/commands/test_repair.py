import json

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
CODE = 'def square(x):\r\n    """>>> square(3)\r\n    9\r\n    """\r\n    return x + x  # é\r\n'


@pytest.fixture
def code(tmp_path):
    file = tmp_path / "square.py"
    file.write_bytes(CODE.encode())
    return file


def run(*arguments):
    return CliRunner().invoke(app, ["repair", *map(str, arguments)])


def test_it_shows_the_difference_and_what_was_checked(code):
    result = run(code)

    assert result.exit_code == 0
    assert "+    return x * x  # é" in result.stdout
    assert "passes 1 example; nothing else was checked" in " ".join(result.stdout.split())
    assert code.read_bytes() == CODE.encode()


def test_the_first_fix_is_written_and_the_rest_of_the_file_stays(code):
    assert run(code, "--write").exit_code == 0
    assert code.read_bytes() == CODE.replace("x + x", "x * x").encode()


def test_without_a_fix_the_status_says_so_and_nothing_is_written(code):
    result = run(code, "--intent", "square(3) => 'never'", "--seconds", "1", "--write")

    assert result.exit_code == 1
    assert "edits passes every check" in " ".join(result.stdout.split())
    assert code.read_bytes() == CODE.encode()


def test_json_for_programs(code):
    answer = json.loads(run(code, "--json").stdout)

    assert answer["fixes"][0]["edits"] == [
        {
            "range": {"first_line": 5, "first_column": 13, "last_line": 5, "last_column": 14},
            "text": "*",
        }
    ]
