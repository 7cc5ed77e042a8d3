"""A test's world is the world of the code."""

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, Verdict
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

from .world_cases import CASES

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


def judged(code, tests):
    return Judge(Sandbox()).judge(Question(code=code, tests=tests))


@pytest.mark.parametrize("name", CASES)
def test_real_objects_tell_right_from_wrong(name):
    right, wrong, tests = CASES[name]

    verdicts = [judged(code, tests).verdict for code in (right, wrong)]

    assert verdicts == [Verdict.CORRECT, Verdict.INCORRECT]


@pytest.mark.parametrize(
    "tests",
    [
        "def test_f(): pass\n",
        "def test_f(): f(1)\n",
        "def test_f():\n    assert True\n    f(1)\n",
        "f(1)\nprint('passed')\n",
        "def test_f(): assert 1 + 1 == 2\n",
        "def check(g): assert g(1) == 3\n",
        "import unittest\nclass TestF(unittest.TestCase):\n    def test_f(self): f(1)\n",
        "class Helper:\n    def check(self): assert f(1) == 3\ndef test_f(): f(1)\n",
        "import pytest\n@pytest.mark.skip\ndef test_f(): assert f(1) == 3\n",
    ],
)
def test_tests_that_assert_nothing_of_the_code_support_nothing(tests):
    judgement = judged("def f(x): return x + 1\n", tests)

    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.reason


def test_a_test_that_asserts_nothing_is_set_aside_beside_one_that_does():
    tests = "def test_runs(): f(2)\ndef test_f(): assert f(1) == 2\n"

    [shown] = [
        each
        for each in judged("def f(x): return x + 1\n", tests).evidence
        if each.kind is EvidenceKind.TESTS
    ]

    assert (shown.passed, shown.set_aside) == (1, 1)
    assert any("test_runs" in note for note in shown.notes)


@pytest.mark.parametrize(
    "tests",
    [
        "from helpers_that_nobody_has import make\ndef test_f(): assert f(make()) == 2\n",
        "def test_f(): assert f(make_input()) == 2\n",
        "def test_f(fixture_that_nobody_has): assert f(1) == 2\n",
        "import socket\ndef test_f():\n    socket.create_connection(('example.org', 80))\n"
        "    assert f(1) == 2\n",
    ],
)
def test_what_the_tests_lack_is_no_fault_of_the_code(tests):
    assert judged("def f(x): return x + 1\n", tests).verdict is Verdict.UNKNOWN


def test_each_test_finds_the_module_as_it_was():
    code = "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n"
    tests = "def test_one(): assert f(1) == 1\ndef test_two(): assert f(2) == 1\n"

    assert judged(code, tests).verdict is Verdict.CORRECT
