"""The list of attacks that the bench shows: contained, reported, and never judged correct."""

import importlib.util
import sys
from pathlib import Path

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


def load(name):
    path = Path(__file__).parents[3] / "bench" / f"{name}.py"
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


attacks = load("attacks")
on_tests = load("attacks_on_tests")
LIMITS = Limits(seconds=60, seconds_per_call=0.5)


@pytest.mark.parametrize("attack", attacks.ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_gains_nothing_and_is_reported(attack):
    judgement = Judge(Sandbox(LIMITS)).judge(Question(attack.code, intent=attacks.EXAMPLE))

    assert judgement.verdict is not Verdict.CORRECT
    if attack.calls_for:
        assert judgement.verdict == attack.calls_for, judgement
    told = [*judgement.faults, *(note for part in judgement.evidence for note in part.notes)]
    assert told


@pytest.mark.parametrize(
    ("code", "tests"), [pytest.param(*rest, id=name) for name, *rest in on_tests.ALL]
)
def test_an_attack_on_its_tests_gains_nothing_and_is_reported(code, tests):
    judgement = Judge(Sandbox(LIMITS)).judge(Question(code, tests=tests))

    assert judgement.verdict is not Verdict.CORRECT
    assert any(part.faults or part.notes for part in judgement.evidence)


@pytest.mark.parametrize("tests", [on_tests.TESTS, on_tests.PYTEST])
def test_the_tests_tell_right_from_wrong(tests):
    judge = Judge(Sandbox(LIMITS))

    right, wrong = (judge.judge(Question(f"def f(x): return x + {n}", tests=tests)) for n in (1, 2))

    assert (right.verdict, wrong.verdict) == (Verdict.CORRECT, Verdict.INCORRECT)


def test_the_example_tells_right_from_wrong():
    judge = Judge(Sandbox(LIMITS))

    right, wrong = (
        judge.judge(Question(f"def f(x): return x + {n}", intent=attacks.EXAMPLE)) for n in (1, 2)
    )

    assert (right.verdict, wrong.verdict) == (Verdict.CORRECT, Verdict.INCORRECT)
