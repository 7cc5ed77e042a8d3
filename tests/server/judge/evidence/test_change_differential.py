import pytest

from stepcheck.server.judge.evidence import change_differential
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Counterexample, Finding
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SANDBOX = Sandbox(Limits(seconds_per_call=1))
BEFORE = "def f(x: int) -> int:\n    return x * 2\n"


def compare(before, code, *, examples="", tests="", function=None):
    found = find(code, examples)
    question = Question(code=code, before=before, tests=tests, function=function)
    return change_differential.examine(question, found, SANDBOX, lambda: False)


def test_an_edit_that_changes_behaviour_is_told_by_a_call_and_refutes_nothing():
    evidence = compare(BEFORE, "def f(x: int) -> int:\n    return x * 2 if x < 3 else 0\n")

    assert evidence.finding is Finding.NOTHING
    assert evidence.counterexamples == (Counterexample("f(3)", "0", "6"),)
    assert evidence.notes == ("behaviour changed: f(3) was 6, is 0",)


def test_the_boundary_that_an_edit_moves_is_found():
    before = "def f(x: int) -> bool:\n    return x > 123456\n"

    evidence = compare(before, before.replace("> 1", ">= 1"))

    assert evidence.notes == ("behaviour changed: f(123456) was False, is True",)


def test_an_edit_that_changes_nothing_says_on_how_many_inputs():
    evidence = compare(BEFORE, "def f(x: int) -> int:\n    return x + x\n")

    assert evidence.finding is Finding.NOTHING
    assert evidence.passed == evidence.run > 20
    assert "behaves as before" in evidence.notes[0]


def test_an_exception_that_is_gone_is_a_change():
    before = "def f(x: int) -> int:\n    return 12 // x\n"
    after = "def f(x: int) -> int:\n    return 12 // x if x else 0\n"

    assert compare(before, after).notes == ("behaviour changed: f(0) was ZeroDivisionError, is 0",)


def test_calls_in_tests_show_what_inputs_are_like():
    before = "def f(x):\n    return x.upper()\n"
    after = "def f(x):\n    return x.upper().strip()\n"

    evidence = compare(before, after, tests="def test_f():\n    assert f('a b ') == 'A B '\n")

    assert evidence.counterexamples


def test_a_method_is_known_by_its_object():
    before = (
        "class Stack:\n    def __init__(self):\n        self.items = []\n"
        "    def push(self, x: int):\n        self.items.append(x)\n"
    )
    after = before.replace("append(x)", "append(x) if x else None")

    assert compare(before, before + "\n", function="Stack.push").run > 20
    [shown] = compare(before, after, function="Stack.push").counterexamples
    assert shown.call == "Stack().push(0)"


@pytest.mark.parametrize("before", ["", "def g(): pass\n", "raise ValueError\n", "def f(:\n"])
def test_where_there_is_nothing_to_compare_with_it_says_so(before):
    evidence = compare(before, "def f(x: int) -> int:\n    return x\n")

    assert evidence.finding is Finding.NOTHING
    assert evidence.notes


def test_an_edit_after_which_all_raises_as_before_is_said_to_raise():
    before = "def f(x: int) -> int:\n    raise ValueError(x)\n"

    evidence = compare(before, before.replace("ValueError(x)", "ValueError(x + 1)"))

    assert "only raises as before" in evidence.notes[0]
