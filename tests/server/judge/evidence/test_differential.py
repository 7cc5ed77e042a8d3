import pytest

from stepcheck.server.judge.benchmark.preludes import LEETCODE
from stepcheck.server.judge.evidence import differential
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import FaultKind, Finding, Severity
from stepcheck.server.sandbox.sandbox import CancelledError, Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
REFERENCE = "def total(numbers):\n    return sum(numbers)\n"
EXAMPLES = "total([1, 2]) => 3\ntotal([2, 2]) => 4"
SANDBOX = Sandbox(Limits(seconds_per_call=1))


def examine(code, reference=REFERENCE, examples=EXAMPLES, is_cancelled=lambda: False):
    found = find(code, examples)
    question = Question(code=code, reference=reference)
    return differential.examine(question, found, SANDBOX, is_cancelled)


def test_the_same_by_other_means_supports():
    code = "def total(numbers):\n    a = 0\n    for n in numbers: a += n\n    return a\n"

    evidence = examine(code)

    assert evidence.finding is Finding.SUPPORTS
    assert evidence.passed == evidence.run > 20


def test_what_only_meets_the_examples_is_refuted_with_a_small_input():
    evidence = examine("def total(numbers):\n    return 3 if numbers == [1, 2] else 4\n")

    assert evidence.finding is Finding.REFUTES
    [shown] = evidence.counterexamples
    assert len(shown.call) <= len("total([1, 1])")
    assert evidence.faults[0].message == f"{shown.call} gives {shown.got}, not {shown.wanted}"


def test_a_rare_difference_decides_nothing_and_is_reported():
    evidence = examine(
        "def total(numbers):\n    return sum(numbers) + (numbers[0] > numbers[-1] + 6)\n",
        examples="total([1, 2]) => 3\ntotal([2, 3, 5, 7]) => 17",
    )

    assert evidence.finding is Finding.NOTHING
    assert [fault.severity for fault in evidence.faults] == [Severity.SMALL]
    assert "rarely" in evidence.notes[0]


def test_an_exception_names_its_line():
    code = (
        "def total(numbers):\n    if len(numbers) > 2:\n        return numbers[9]\n"
        "    return sum(numbers)\n"
    )

    [fault] = examine(code).faults

    assert (fault.kind, fault.range.first_line) == (FaultKind.EXCEPTION, 3)


def test_a_crash_refutes():
    code = (
        "import os\ndef total(numbers):\n    if 1 not in numbers: os._exit(0)\n"
        "    return sum(numbers)\n"
    )

    assert examine(code).faults[0].kind is FaultKind.CRASH


def test_inputs_that_the_reference_refuses_do_not_count():
    careful = (
        "def total(numbers):\n    if len(numbers) != 2: raise ValueError\n    return sum(numbers)\n"
    )

    evidence = examine("def total(numbers):\n    return numbers[0] + numbers[1]\n", careful)

    assert evidence.finding is Finding.SUPPORTS
    assert evidence.set_aside > 0


def test_what_the_candidate_refuses_at_once_may_not_be_allowed():
    code = (
        "def total(numbers):\n    if len(numbers) == 1:\n        raise ValueError('one')\n"
        "    return sum(numbers)\n"
    )

    assert examine(code).finding is Finding.SUPPORTS


def test_chance_decides_nothing():
    code = "import random\ndef total(numbers):\n    return random.random()\n"

    assert examine(code, examples="total([1, 2])\nOutput: 3").finding is not Finding.SUPPORTS
    assert examine(REFERENCE, code).finding is Finding.NOTHING


def test_without_examples_annotations_show_the_inputs():
    annotated = "def total(numbers: list[int]) -> int:\n    return "

    assert examine(REFERENCE, examples="").finding is Finding.NOTHING
    assert examine(f"{annotated}sum(numbers)", examples="").finding is Finding.SUPPORTS
    assert examine(f"{annotated}len(numbers)", examples="").finding is Finding.REFUTES


def test_slowness_on_larger_inputs_decides_nothing():
    evidence = examine(
        "def total(numbers):\n    while len(numbers) > 2: pass\n    return sum(numbers)\n"
    )

    assert evidence.finding is Finding.NOTHING
    assert evidence.faults == ()


def test_methods_and_nodes_are_compared_too():
    code = LEETCODE + (
        "class Solution:\n    def last(self, head: Optional[ListNode]) -> int:\n"
        "        while head.next: head = head.next\n        return head.val"
    )
    text = "Input: head = [1,2]\nOutput: 2\n\nInput: head = [3,1,4]\nOutput: 4"

    assert examine(code + "\n", code, text).finding is Finding.SUPPORTS
    assert examine(code + " % 4\n", code, text).finding is Finding.REFUTES


def test_the_same_question_gets_the_same_answer():
    code = "def total(numbers):\n    return max(numbers) * 2\n"

    assert examine(code) == examine(code)


def test_it_ends_when_whoever_asked_has_left():
    with pytest.raises(CancelledError):
        examine(REFERENCE, is_cancelled=lambda: True)
