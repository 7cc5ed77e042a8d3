import json

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


@pytest.fixture
def code(tmp_path):
    file = tmp_path / "square.py"
    file.write_text("def square(x):\n    return x * x\n")
    return str(file)


def run(*arguments):
    return CliRunner().invoke(app, ["judge", *arguments])


@pytest.mark.parametrize(
    ("intent", "verdict", "status"),
    [
        ("square(3) => 9", "correct", 0),
        ("square(3) => 6", "incorrect", 1),
        ("Square a number.", "unknown", 8),
    ],
)
def test_the_exit_status_is_the_verdict(code, intent, verdict, status):
    result = run(code, "--intent", intent)

    assert result.stdout.startswith(verdict)
    assert result.exit_code == status


def test_json_for_programs(code, tmp_path):
    examples = tmp_path / "examples.txt"
    examples.write_text("square(3) => 6")

    result = run(code, "--examples", str(examples), "--json")

    assert json.loads(result.stdout)["faults"][0]["kind"] == "wrong_result"


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 10_000_001])
def test_a_file_that_is_no_text_of_sane_size_is_refused(tmp_path, content):
    file = tmp_path / "bad.py"
    file.write_bytes(content)

    assert run(str(file)).exit_code == 2


def test_no_file_is_a_usage_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run().exit_code == 2
    assert run(str(tmp_path / "missing.py")).exit_code == 2


def test_a_benchmark_of_another_schema_is_refused(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text("{}\n")

    result = run("--benchmark", str(rows))

    assert result.exit_code == 2
    assert "line 1" in result.stderr


def test_a_benchmark_prints_figures_by_language(tmp_path):
    row = {
        "language": "python",
        "problem": "Square a number.",
        "examples": "square(3) => 9",
        "declaration": "def square(x):\n",
        "reference": "    return x * x\n",
        "tests": "assert square(2) == 4",
    }
    right = row | {"id": "1", "candidate": "    return x ** 2\n", "label": True}
    wrong = row | {"id": "2", "candidate": "    return x + x\n", "label": False}
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(right) + "\n" + json.dumps(wrong) + "\n")

    table = run("--benchmark", str(rows))
    lines = run("--benchmark", str(rows), "--json")

    assert table.exit_code == 0, table.output
    [published] = [line for line in table.stdout.splitlines() if "published" in line]
    assert [cell.strip() for cell in published.split("│")[1:8]] == [
        "python",
        "published",
        "2",
        "1.000",
        "1.000",
        "1.000",
        "1.000",
    ]
    verdicts = [json.loads(line)["verdict"] for line in lines.stdout.splitlines()]
    assert verdicts == ["correct", "incorrect"]
