"""Claims of a model against facts; what can be run is run in the real sandbox."""

import pytest

from stepcheck.server.judge.model.parsing import Claim
from stepcheck.server.judge.model.refutation import verify
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Range, Severity
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

needs_sandbox = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
CODE = """import math
import os

def area(r):
    spare = 1
    return math.pi * r * r

def double(x):
    return x + x
"""


def verified(message, code=CODE, *, examples="", reference=None, language="python", **fields):
    sandbox = Sandbox(Limits(seconds=8, seconds_per_call=1))
    claim = Claim(message, Severity.MAJOR, **fields)
    task = Question(code, language, examples=examples, reference=reference)
    [found] = verify([claim], task, sandbox, lambda: False)
    return found


@pytest.mark.parametrize(
    "message",
    [
        "The name `math` is not defined.",
        "There is a missing import of math.",
        "NameError: pi is undefined",
        "`math` is imported but never used.",
        "The variable x is unused.",
        "There is a syntax error in line 3.",
    ],
)
def test_what_the_text_denies_is_refuted(message):
    assert verified(message).refuted


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("`os` is imported but never used.", CODE),
        ("The variable spare is unused.", CODE),
        ("There are unused imports.", CODE),
        ("The local variable r is unused in g.", "def f(r): return r\ndef g():\n    r = 1\n"),
        ("The name `cmath` is not defined.", "def f(x):\n    return cmath.sqrt(x)\n"),
        ("y may be undefined when xs is empty", "def f(xs):\n    for y in xs: pass\n    return y"),
        ("The name sqrt is not defined.", "from math import *\ndef f(x):\n    return sqrt(x)\n"),
        ("It ignores negative numbers.", CODE),
        ("There is a syntax error.", "def f(:\n"),
        ("It raises a SyntaxError on '1+'.", "def f(x):\n    return eval(x)\n"),
    ],
)
def test_what_the_text_does_not_deny_stands(message, code):
    assert not verified(message, code).refuted


def test_another_name_than_the_missing_one_is_refuted():
    code = "def f(x):\n    y = 1\n    return z + y\n"
    assert verified("The name y is not defined.", code).refuted
    assert not verified("The name z is not defined.", code).refuted


def test_a_quote_gives_the_lines_and_a_false_one_refutes():
    assert verified("Wrong.", quote="return math.pi * r * r").range == Range(6, 6)
    assert "not in the program" in verified("Wrong.", quote="return r ** 2").refuted
    assert verified("Wrong.", quote="return r ** 2", language="go").refuted
    twice = "def f(x):\n    x += 1\n    x += 1\n    return x\n"
    assert verified("Wrong.", twice, quote="x += 1") == verified("Wrong.", twice, quote="x += 1")
    assert verified("Wrong.", twice, quote="x += 1").range is None


@needs_sandbox
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("It fails.", {"call": "double(2)", "expected": "4"}),
        ("double(2) should return 4 but does not.", {}),
        ("It raises a TypeError.", {"call": "double(2)"}),
        ("It crashes on double('ab').", {}),
    ],
)
def test_a_call_that_goes_well_refutes(message, fields):
    assert verified(message, **fields).refuted


@needs_sandbox
@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("It fails.", {"call": "double(2)", "expected": "5"}),
        ("It crashes on double(None).", {}),
        ("It fails on double(2).", {}),
        ("It fails.", {"call": "double(2)", "expected": "__import__('os').getpid()"}),
        ("It fails.", {"call": "__import__('os').system('true')", "expected": "0"}),
        ("It fails.", {"call": "missing(2)", "expected": "4"}),
    ],
)
def test_a_call_that_does_not_stands(message, fields):
    assert not verified(message, **fields).refuted


@needs_sandbox
def test_what_the_run_gave_is_added():
    claim = verified("It fails.", call="double(2)", expected="5").claim
    assert "double(2) gives 4, not 5" in claim.message


@needs_sandbox
def test_examples_and_the_reference_know_better_than_the_claim():
    wrong = {"call": "double( 2 )", "expected": "5"}
    assert verified("It fails.", examples="double(2) => 4", **wrong).refuted
    assert verified("It fails.", reference="def double(x):\n    return 2 * x\n", **wrong).refuted
    assert not verified("It fails.", reference="def double(x):\n    return 5\n", **wrong).refuted
    assert verified("It fails on double(2).", examples="double(2) => 4").refuted


def test_nothing_is_run_in_another_language():
    assert not verified("It fails.", call="double(2)", expected="4", language="js").refuted
