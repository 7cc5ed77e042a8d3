import pytest

from stepcheck.server.judge.evidence.differential import examine
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.evidence.sandbox import Limits, Sandbox, unavailable_reason
from stepcheck.server.judge.verdict import Finding, Severity

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
REFERENCE = "def total(numbers):\n    return sum(numbers)\n"
EXAMPLES = "total([1, 2]) => 3\ntotal([2, 2]) => 4"


def compare(code, reference=REFERENCE, examples=EXAMPLES):
    sandbox = Sandbox(Limits(seconds_per_call=1))
    return examine(code, find(code, examples), reference, sandbox, lambda: False)


def test_the_same_by_other_means_supports():
    code = "def total(numbers):\n    a = 0\n    for n in numbers: a += n\n    return a\n"

    evidence = compare(code)

    assert evidence.finding is Finding.SUPPORTS
    assert evidence.passed == evidence.run > 20


def test_what_only_meets_the_examples_is_refuted_with_an_input():
    evidence = compare("def total(numbers):\n    return 3 if numbers == [1, 2] else 4\n")

    assert evidence.finding is Finding.REFUTES
    assert evidence.faults[0].message.startswith("total([")


def test_a_rare_difference_decides_nothing_and_is_reported():
    evidence = compare("def total(numbers):\n    return sum(numbers) + (numbers == [2, 1])\n")

    assert evidence.finding is Finding.NOTHING
    assert [fault.severity for fault in evidence.faults] == [Severity.SMALL]
    assert evidence.notes


def test_inputs_that_the_reference_refuses_do_not_count():
    careful = (
        "def total(numbers):\n    if len(numbers) != 2: raise ValueError\n    return sum(numbers)\n"
    )

    evidence = compare("def total(numbers):\n    return numbers[0] + numbers[1]\n", careful)

    assert evidence.finding is Finding.SUPPORTS
    assert evidence.set_aside > 0


def test_without_examples_there_are_no_inputs():
    assert compare(REFERENCE, examples="").finding is Finding.NOTHING


def test_slowness_on_larger_inputs_decides_nothing():
    evidence = compare(
        "import time\n"
        "def total(numbers):\n"
        "    if len(numbers) > 2: time.sleep(9)\n"
        "    return sum(numbers)\n"
    )

    assert evidence.finding is Finding.NOTHING
    assert evidence.faults == ()
