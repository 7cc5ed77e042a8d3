"""`stepcheck judge` of programs that read standard input."""

import json

import pytest
from typer.testing import CliRunner

from stepcheck.cli import app
from stepcheck.server.sandbox.sandbox import unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
PROBLEM = """Print how much larger the first number is.

-----Input-----
The only line contains two integers a and b (0 ≤ a, b ≤ 50).

-----Output-----
Print the difference, and 0 if it is not larger.

-----Examples-----
Input
5 3

Output
2

Input
3 5

Output
0
"""
RIGHT = "a, b = map(int, input().split())\nprint(max(0, a - b))\n"
WRONG = "a, b = map(int, input().split())\nprint(a - b)\n"
SUBTLE = "a, b = map(int, input().split())\nprint(max(0, a - b) if a < 20 else a)\n"


def judge(folder, code, **files):
    program = folder / "program.py"
    program.write_text(code)
    options = []
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
        options += [f"--{name}", str(folder / name)]
    return CliRunner().invoke(app, ["judge", str(program), *options, "--no-model", "--json"])


@pytest.mark.parametrize(("code", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_the_samples_of_a_problem_decide(tmp_path, code, status):
    assert judge(tmp_path, code, examples=PROBLEM).exit_code == status


@pytest.mark.parametrize(("code", "status"), [(RIGHT, 0), (WRONG, 1)])
def test_inputs_and_outputs_as_json_decide(tmp_path, code, status):
    tests = json.dumps({"inputs": ["9 4\n", "4 9\n"], "outputs": ["5\n", "0\n"]})

    assert judge(tmp_path, code, tests=tests).exit_code == status


def test_a_reference_shows_what_the_samples_do_not(tmp_path):
    alone = judge(tmp_path, SUBTLE, examples=PROBLEM)
    beside = judge(tmp_path, SUBTLE, examples=PROBLEM, reference=RIGHT)

    assert (alone.exit_code, beside.exit_code) == (0, 1)
    [fault] = json.loads(beside.stdout)["faults"]
    assert "it prints" in fault["message"]
