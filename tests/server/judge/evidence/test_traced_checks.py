import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Range
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
CODE = """\
def sign(x):
    if x > 0:
        return 1
    if x < 0:
        return 1
    return 0
"""


@pytest.mark.parametrize(
    "known",
    [
        {"examples": "sign(3) => 1\nsign(-2) => -1\nsign(0) => 0"},
        {"tests": "def test_none(): assert sign(0) == 0\ndef test_down(): assert sign(-2) == -1\n"},
    ],
)
def test_the_line_that_only_failing_checks_run_is_to_blame(known):
    judgement = Judge(Sandbox()).judge(Question(code=CODE, **known))

    assert [fault.range for fault in judgement.faults] == [Range(5, 5)]


def test_where_every_run_takes_the_same_lines_looks_decide():
    code = "def area(width, height):\n    sides = width, height\n    return width + height\n"

    [fault] = Judge(Sandbox()).judge(Question(code=code, examples="area(2, 3) => 6")).faults

    assert fault.range == Range(3, 3)


def test_an_error_is_to_blame_where_it_was_raised():
    code = "def half(x):\n    y = x\n    return y / 0\n"

    [fault] = Judge(Sandbox()).judge(Question(code=code, examples="half(2) => 1")).faults

    assert fault.range == Range(3, 3)
