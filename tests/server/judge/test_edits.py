import pytest

from stepcheck.server.judge.edits import EditQuestion, judge_edit, judge_functions
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.languages.change import MODULE, ChangeKind
from stepcheck.server.judge.verdict import EvidenceKind, FaultKind, Range, Verdict
from stepcheck.server.sandbox.sandbox import CancelledError, Limits, Sandbox, unavailable_reason

needs_sandbox = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
JUDGE = Judge(Sandbox(Limits(seconds=8, seconds_per_call=1)))
BEFORE = '''import math


def square(x):
    """Square a number.

    >>> square(3)
    9
    """
    return x * x


def root(x):
    """The root.

    >>> root(9)
    3.0
    """
    return math.sqrt(x)
'''


def judged(before, after, **known):
    edit = judge_edit(JUDGE, EditQuestion(before=before, after=after, **known))
    return {function.name: function for function in edit.functions}


def edited(old, new, **known):
    assert old in BEFORE
    return judged(BEFORE, BEFORE.replace(old, new), **known)


@needs_sandbox
def test_each_function_gets_a_verdict_of_its_own():
    after = BEFORE.replace("x * x", "x + x").replace("math.sqrt(x)", "x ** 0.5")

    found = judged(BEFORE, after)

    assert {name: each.judgement.verdict for name, each in found.items()} == {
        "square": Verdict.INCORRECT,
        "root": Verdict.CORRECT,
    }
    [fault] = found["square"].judgement.faults
    assert (fault.kind, fault.message) == (FaultKind.WRONG_RESULT, "square(3) gives 6, not 9")
    assert found["square"].range.first_line == 4
    assert fault.range == Range(10, 10)


@needs_sandbox
def test_the_docstring_as_it_was_decides_over_that_of_the_edit():
    after = BEFORE.replace("x * x", "x + x").replace("    9\n", "    6\n", 1)

    assert judged(BEFORE, after)["square"].judgement.verdict is Verdict.INCORRECT


@needs_sandbox
def test_a_new_function_is_judged_by_its_own_docstring():
    new = '\n\ndef cube(x):\n    """Cube.\n\n    >>> cube(2)\n    8\n    """\n    return x**3\n'

    found = judged(BEFORE, BEFORE + new)

    assert found["cube"].change is ChangeKind.ADDED
    assert found["cube"].judgement.verdict is Verdict.CORRECT


@needs_sandbox
def test_an_example_of_the_intent_concerns_the_function_it_names():
    after = BEFORE.replace("x * x", "x * x + 0").replace("math.sqrt(x)", "math.sqrt(x) + 0")

    found = judged(BEFORE, after, intent="root(4) => 5")

    assert found["root"].judgement.verdict is Verdict.INCORRECT
    assert found["square"].judgement.verdict is Verdict.CORRECT


def test_a_name_that_nobody_defines_is_blamed_on_the_edit_that_did_it():
    assert edited("x * x", "y * x").keys() == {"square"}
    fault, *_ = edited("x * x", "y * x")["square"].judgement.faults
    assert fault.kind is FaultKind.UNDEFINED_NAME

    module = edited("import math", "import cmath")[MODULE].judgement
    assert module.verdict is Verdict.INCORRECT
    assert [fault.message for fault in module.faults] == ["the name math is not defined"]


def test_faults_that_were_there_before_are_not_the_module_codes():
    before = "x = 1\ndef f():\n    return missing\n"

    assert not judged(before, before.replace("1", "2"))[MODULE].judgement.faults


def test_a_function_that_is_gone_but_used_refutes():
    before = "def f():\n    return 1\n\ndef g():\n    return f()\n"
    used, unused = (
        before.replace("def f", "def h"),
        before.replace("def g():\n    return f()\n", ""),
    )

    assert judged(before, used.replace("1", "2"))["f"].judgement.verdict is Verdict.INCORRECT
    gone = judged(before, unused)["g"]
    assert (gone.change, gone.range) == (ChangeKind.DELETED, None)
    assert gone.judgement.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("after", ["def f(:\n", "def f():\n\treturn 1\n        return 2\n"])
def test_what_is_no_python_is_one_refuted_module(after):
    found = judged("def f(): pass\n", after)

    assert found.keys() == {MODULE}
    assert found[MODULE].judgement.verdict is Verdict.INCORRECT


def test_no_change_is_no_judgement():
    assert judged(BEFORE, BEFORE.replace("    return x * x", "    return (x * x)")) == {}


def test_another_language_is_unknown_as_a_whole():
    found = judged("x = 1", "x = 2", language="cobol")

    assert found[MODULE].judgement.verdict is Verdict.UNKNOWN
    assert judged("x = 1", "x = 1", language="cobol") == {}


@needs_sandbox
def test_judgements_come_one_by_one_and_stop_when_nobody_waits():
    left = False
    after = BEFORE.replace("x * x", "x + x").replace("math.sqrt(x)", "x ** 0.5")
    coming = judge_functions(JUDGE, EditQuestion(before=BEFORE, after=after), lambda: left)

    assert next(coming).name == "square"
    left = True
    with pytest.raises(CancelledError):
        next(coming)


@needs_sandbox
def test_tests_of_the_module_count_for_each_function():
    found = edited("x * x", "x * abs(x)", tests="assert square(-2) == 4")

    tests = [e for e in found["square"].judgement.evidence if e.kind is EvidenceKind.TESTS]
    assert found["square"].judgement.verdict is Verdict.INCORRECT
    assert [(evidence.passed, evidence.run) for evidence in tests] == [(0, 1)]
