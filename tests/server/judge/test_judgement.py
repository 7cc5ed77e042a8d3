import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, FaultKind, Verdict
from stepcheck.server.sandbox import sandbox as sandbox_module
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
RIGHT = "def square(x):\n    return x * x\n"
WRONG = "def square(x):\n    return x + x\n"


def judged(code, **known):
    return Judge(Sandbox(Limits(seconds=8, seconds_per_call=1))).judge(Question(code=code, **known))


def test_examples_decide_both_ways():
    assert judged(RIGHT, examples="square(3) => 9").verdict is Verdict.CORRECT
    assert judged(WRONG, intent="square(3) should return 9").verdict is Verdict.INCORRECT


def test_tests_decide_both_ways():
    tests = "from squares import square\ndef test_three():\n    assert square(3) == 9\n"

    assert judged(RIGHT, tests=tests).verdict is Verdict.CORRECT
    assert judged(WRONG, tests=tests).verdict is Verdict.INCORRECT


def test_the_docstring_holds_examples_too():
    code = 'def double(x):\n    """Double.\n\n    >>> double(2)\n    5\n    """\n    return 2 * x\n'

    [fault] = judged(code).faults

    assert fault.kind is FaultKind.WRONG_RESULT
    assert fault.message == "double(2) gives 4, not 5"


def test_a_docstring_of_its_own_adds_nothing_to_examples_from_outside():
    code = 'def square(x):\n    """Square.\n\n    >>> square(0)\n    0\n    """\n    return x + x\n'

    with_examples, alone = judged(code, examples="square(2) => 4"), judged(code)

    assert [e.run for e in with_examples.evidence if e.kind is EvidenceKind.EXAMPLES] == [1]
    assert alone.verdict is Verdict.CORRECT
    assert "the examples are the code's own" in alone.evidence[-1].notes


def test_an_example_that_the_reference_fails_is_set_aside():
    examples = "square(3) => 9\nsquare(2) => 5"

    judgement = judged(RIGHT, examples=examples, reference=RIGHT)

    assert judged(RIGHT, examples=examples).verdict is Verdict.INCORRECT
    assert judgement.verdict is Verdict.CORRECT
    assert [e.set_aside for e in judgement.evidence if e.kind is EvidenceKind.EXAMPLES] == [1]


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"intent": "Square a number."},
        {"language": "cobol", "examples": "square(3) => 9"},
        {"tests": "assert True"},
        {"tests": "this is no Python"},
        {"examples": "No example.", "reference": RIGHT},
    ],
)
def test_where_nothing_decides_it_says_so(known):
    judgement = judged(RIGHT, **known)

    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.confidence == 0
    assert judgement.reason
    assert any(evidence.notes for evidence in judgement.evidence)


def test_where_nothing_can_be_isolated_the_verdict_is_unknown(monkeypatch):
    monkeypatch.setattr(sandbox_module, "unavailable_reason", lambda: "the test says so")

    judgement = judged(RIGHT, examples="square(3) => 9")

    assert judgement.verdict is Verdict.UNKNOWN
    assert "the test says so" in judgement.evidence[-1].notes[0]


@pytest.mark.parametrize(
    "code", ["", "\n", "import os\nos._exit(0)", "square = 3", "x" * 10_000_000]
)
def test_what_defines_no_working_function_is_never_correct(code):
    assert judged(code, examples="square(3) => 9").verdict is not Verdict.CORRECT


def test_the_same_question_gets_the_same_answer():
    assert judged(WRONG, examples="square(3) => 9") == judged(WRONG, examples="square(3) => 9")
