"""`stepcheck judge` in real repositories, running real code in the real sandbox."""

import json
import os
import subprocess

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
BEFORE = '''def square(x):
    """Square a number.

    >>> square(3)
    9
    """
    return x * x


def halve(x):
    return x / 2
'''
WRONG = BEFORE.replace("x * x", "x + x")
RIGHT = BEFORE.replace("x * x", "x**2")
UNKNOWN = BEFORE.replace("x / 2", "x // 2")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "squares.py").write_text(BEFORE)
    git("init", "--quiet", "--initial-branch=main")
    commit()
    return folder


def git(*arguments):
    identity = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    identity |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
    subprocess.run(["git", *arguments], env=os.environ | identity, check=True, capture_output=True)


def commit():
    git("add", "--all")
    git("commit", "--quiet", "--message", "more")


def run(*arguments):
    return CliRunner().invoke(app, ["judge", *map(str, arguments)])


@pytest.mark.parametrize(
    ("after", "options", "status"),
    [
        (BEFORE, [], 0),
        (BEFORE.replace("\n\n\n", "\n\n# spelling\n\n"), ["--strict"], 0),
        (RIGHT, ["--strict"], 0),
        (WRONG, [], 1),
        (UNKNOWN, [], 0),
        (UNKNOWN, ["--strict"], 8),
        (UNKNOWN, ["--intent", "halve(5) => 2.5"], 1),
        (UNKNOWN, ["--intent", "halve(5) => 2", "--strict"], 0),
    ],
)
def test_the_exit_status_is_the_worst_verdict(repository, after, options, status):
    (repository / "squares.py").write_text(after)

    assert run(*options).exit_code == status


def test_each_function_is_shown_with_its_verdict_place_and_faults(repository):
    (repository / "squares.py").write_text(WRONG.replace("x / 2", "x // 2"))

    shown = run().stdout

    assert "✗ square (1-7) incorrect" in shown
    assert "squares.py:" in shown
    assert "square(3) gives 6, not 9" in shown
    assert "? halve (10-11) unknown" in shown
    assert "2 changed: 1 incorrect, 1 unknown." in shown


def test_json_has_a_line_for_each_file(repository):
    (repository / "squares.py").write_text(WRONG)
    (repository / "bad.py").write_bytes(b"\xff")

    bad, squares = map(json.loads, run("--json").stdout.splitlines())

    assert (bad["path"], bad["functions"]) == ("bad.py", [])
    assert "UTF-8" in bad["skipped"]
    [function] = squares["functions"]
    assert (function["name"], function["verdict"]) == ("square", "incorrect")


def test_a_branch_is_judged_as_a_whole(repository):
    git("checkout", "--quiet", "-b", "topic")
    (repository / "squares.py").write_text(WRONG)
    commit()

    assert run().exit_code == 0
    assert run("--against", "main").exit_code == 1
    assert run("--against", "main", repository).exit_code == 1


def test_only_what_is_staged_is_judged_if_asked(repository):
    (repository / "squares.py").write_text(RIGHT)
    git("add", "squares.py")
    (repository / "squares.py").write_text(WRONG)

    assert run("--staged").exit_code == 0
    assert run().exit_code == 1


def test_the_faults_are_written_as_sarif(repository, tmp_path):
    (repository / "squares.py").write_text(WRONG)

    result = run("--sarif", tmp_path / "log.sarif")

    [run_log] = json.loads((tmp_path / "log.sarif").read_text())["runs"]
    assert result.exit_code == 1
    assert [each["ruleId"] for each in run_log["results"]] == ["wrong_result"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--against", "nowhere"],
        ["missing.py"],
        ["--staged", "--examples", "squares.py"],
        ["--sarif", "no/such/folder/log.sarif"],
        ["--against", "HEAD", ".."],
    ],
)
def test_a_wrong_use_is_refused_with_a_reason(repository, arguments):
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stderr.strip()


def test_a_file_outside_git_is_judged_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "squares.py").write_text(BEFORE)

    assert run("squares.py", "--intent", "halve(4) => 2").stdout.startswith("correct")
    assert run().exit_code == 2


def test_tests_of_the_caller_count_for_edits(repository):
    (repository / "squares.py").write_text(UNKNOWN)
    (repository / "checks.txt").write_text("assert halve(3) == 1.5\n")

    assert run("--against", "HEAD", "squares.py", "--tests", "checks.txt").exit_code == 1


def test_code_sees_the_modules_of_its_project(repository):
    (repository / "lengths.py").write_text("UNIT = 2\n")
    after = BEFORE.replace("def square", "from lengths import UNIT\n\n\ndef square")
    (repository / "squares.py").write_text(after.replace("x * x", "x**UNIT"))

    shown = run("squares.py").stdout

    assert "✓ square" in shown


def test_judgements_are_remembered_until_told_otherwise(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("STEPCHECK_JUDGE_CACHE_MEGABYTES", "10")
    monkeypatch.setenv("STEPCHECK_CACHE", str(tmp_path / "cache"))
    (repository / "squares.py").write_text(WRONG)

    assert run("--no-cache").exit_code == 1
    assert run("--clear-cache").stdout.startswith("0 ")
    first, second = run(), run()
    assert first.stdout == second.stdout
    assert run("--clear-cache").stdout.startswith("1 ")
