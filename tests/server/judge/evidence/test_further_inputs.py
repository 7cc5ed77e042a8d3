"""Inputs aimed at what the first ones missed: guards that hold for few values."""

import pytest

from stepcheck.server.judge.decision import conclude
from stepcheck.server.judge.evidence import differential
from stepcheck.server.judge.evidence.examples import find
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Adequacy, Evidence, EvidenceKind, Finding
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")

DOUBLE = '''def f(n: int) -> int:
    """
    >>> f(3)
    6
    >>> f(10)
    20
    """
'''
SUM = '''def f(n: int, k: int) -> int:
    """
    >>> f(3, 1)
    4
    >>> f(10, 20)
    30
    """
'''
GREET = '''def f(name: str) -> str:
    """
    >>> f('ann')
    'hello ann'
    >>> f('bob smith')
    'hello bob smith'
    """
'''


def examine(code, reference):
    question = Question(code=code, reference=reference)
    return differential.examine(question, find(code, "", None), Sandbox(), lambda: False)


@isolated
@pytest.mark.parametrize(
    ("head", "right", "wrong"),
    [
        (DOUBLE, "return n * 2", "return 0 if n == 7777 else n * 2"),
        (DOUBLE, "return n * 2", "return 0 if n * 3 == 3 * 451 else n * 2"),
        (SUM, "return n + k", "return 1 if n > 12 and k == 613 else n + k"),
        (SUM, "return n + k", "return 1 if n == k + 40 else n + k"),
        (GREET, "return 'hello ' + name", "return 'x' if 'zeta' in name else 'hello ' + name"),
    ],
)
def test_a_guard_that_holds_for_few_values_is_met(head, right, wrong):
    found = examine(f"{head}    {wrong}\n", f"{head}    {right}\n")

    assert found.finding is Finding.REFUTES
    assert found.counterexamples


@isolated
@pytest.mark.parametrize(
    "body",
    [
        "return n * 2",
        "if n == 7777:\n        return 15554\n    return n * 2",
        "total = 0\n    for _ in range(2):\n        total += n\n    return total",
    ],
)
def test_right_code_is_supported_with_all_that_it_does_shown(body):
    found = examine(f"{DOUBLE}    {body}\n", f"{DOUBLE}    return n * 2\n")

    assert found.finding is Finding.SUPPORTS
    assert found.adequacy.branches_reached == found.adequacy.branches


@isolated
def test_agreement_on_inputs_that_would_miss_most_faults_supports_nothing():
    # Nothing leads to the branches: what they hold could be anything.
    hidden = "".join(
        f"    if hash((n, {key})) == {key}:\n        return {key}\n" for key in range(5)
    )
    code = f"{DOUBLE}{hidden}    return n * 2\n"

    found = examine(code, f"{DOUBLE}    return n * 2\n")

    assert found.finding is Finding.NOTHING
    assert found.passed == found.run > 0
    assert any("tell too little" in note for note in found.notes)


def test_the_less_the_inputs_would_show_the_less_sure_is_the_judge():
    def confidence(adequacy):
        agreed = Evidence(EvidenceKind.DIFFERENTIAL, Finding.SUPPORTS, 60, 60, adequacy=adequacy)
        passed = Evidence(EvidenceKind.EXAMPLES, Finding.SUPPORTS, 2, 2)
        return conclude([passed, agreed]).confidence

    told = [confidence(Adequacy(4, reached, 12, shown)) for reached, shown in ((4, 12), (1, 1))]

    assert told[0] > told[1]


def test_the_power_of_inputs_rises_with_what_they_show():
    powers = [Adequacy(4, 4, 12, shown).power for shown in range(13)]

    assert powers == sorted(powers)
    assert 0 < Adequacy(9, 0, 9, 0).power < 0.1
    assert powers[-1] < 1
