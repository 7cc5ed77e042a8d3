"""Which evidence a program, a module, or what is both, is judged by."""

import json

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, Finding, Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SAMPLES = "Examples\nInput\n5 -7\n\nOutput\n-2\n\nInput\n1 2\n\nOutput\n3\n"
BOTH = (
    'def square(n):\n    """Square.\n\n    >>> square(2)\n    {}\n    """\n    return n * n\n'
    "if __name__ == '__main__':\n    print(sum(map(int, input().split())))\n"
)
ADD = "def add(a, b):\n    return a + b\n"


def judge(code, **known):
    return Judge(Sandbox(Limits(seconds_per_call=2))).judge(Question(code, **known))


def findings(judgement, kind):
    return [each.finding for each in judgement.evidence if each.kind is kind]


def test_samples_are_of_the_program_and_sessions_of_its_functions():
    right, wrong = (judge(BOTH.format(shown), intent=SAMPLES) for shown in (4, 5))

    assert right.verdict is Verdict.CORRECT
    assert findings(right, EvidenceKind.EXAMPLES) == [Finding.SUPPORTS, Finding.SUPPORTS]
    assert findings(wrong, EvidenceKind.EXAMPLES) == [Finding.SUPPORTS, Finding.REFUTES]


def test_a_program_that_reads_when_imported_is_not_imported():
    code = BOTH.format(4).replace("if __name__ == '__main__':\n    ", "")

    assert findings(judge(code, intent=SAMPLES), EvidenceKind.EXAMPLES) == [Finding.SUPPORTS]


def test_the_functions_of_a_reference_are_its_own_affair():
    reference = "def solve():\n    print(sum(map(int, input().split())))\nsolve()\n"
    code = "a, b = map(int, input().split())\nprint(a + b)\n"

    assert judge(code, intent=SAMPLES, reference=reference).verdict is Verdict.CORRECT


def test_samples_in_its_own_docstring_count_as_its_own():
    code = f'"""Add.\n\n{SAMPLES}"""\nprint(sum(map(int, input().split())))\n'

    judgement = judge(code)

    assert judgement.verdict is Verdict.CORRECT
    assert "the samples are the code's own" in judgement.evidence[-1].notes


def test_a_function_beside_prose_is_called_as_ever():
    judgement = judge("def double(n):\n    return 2 * n\n", intent="double(3) => 6")

    assert judgement.verdict is Verdict.CORRECT


def test_a_function_with_a_demonstration_is_no_program():
    code = "def double(n):\n    return 2 * n\nif __name__ == '__main__':\n    print(double(4))\n"

    assert judge(code, intent="double(3) => 6").verdict is Verdict.CORRECT


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (ADD, Verdict.CORRECT),
        (ADD.replace("+", "-"), Verdict.INCORRECT),
        ("class Solution:\n    def add(self, a, b):\n        return a + b\n", Verdict.CORRECT),
        ("class Solution:\n    def add(self, a, b):\n        return a\n", Verdict.INCORRECT),
        ("def other(a):\n    return a\n", Verdict.UNKNOWN),
    ],
)
@pytest.mark.parametrize("outputs", [[3, 7], [[3], [7]]])
def test_calls_given_as_data(code, verdict, outputs):
    data = {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": outputs}

    assert judge(code, tests=json.dumps(data)).verdict is verdict


def test_data_has_no_tuples():
    code = "def pair(a, b):\n    return a, b\n"
    data = {"fn_name": "pair", "inputs": [[1, 2]], "outputs": [[1, 2]]}

    assert judge(code, tests=json.dumps(data)).verdict is Verdict.CORRECT


def test_tests_of_a_program_say_nothing_of_a_function():
    data = json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]})

    judgement = judge(ADD, tests=data)

    assert judgement.verdict is Verdict.UNKNOWN
    assert "what a program reads and prints" in judgement.reason


def test_without_a_reference_small_inputs_show_what_fails():
    text = (
        "-----Input-----\nThe first line contains an integer n (1 ≤ n ≤ 50). The second line "
        "contains n integers a_i (0 ≤ a_i ≤ 9).\n-----Output-----\nPrint the difference of the "
        "first two.\n-----Example-----\nInput\n2\n5 3\nOutput\n2\n"
    )
    code = "n = int(input())\na = list(map(int, input().split()))\nprint(a[0] - a[1])\n"

    judgement = judge(code, intent=text)

    assert judgement.verdict is Verdict.INCORRECT
    assert "IndexError" in judgement.faults[0].message
    assert judgement.faults[0].range.first_line == 3


def test_a_sample_that_the_reference_fails_is_set_aside():
    wrong = SAMPLES.replace("\n3\n", "\n4\n")
    code = "print(sum(map(int, input().split())))"

    judgement = judge(code, intent=wrong, reference=code + "\n")

    assert judge(code, intent=wrong).verdict is Verdict.INCORRECT
    assert judgement.verdict is Verdict.CORRECT
    assert judgement.evidence[1].set_aside == 1
