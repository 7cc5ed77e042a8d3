"""What a reference shows of a program, on inputs made from the text or from its samples."""

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, FaultKind, Finding, Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
BOUNDED = """-----Input-----
The only line contains an integer n (1 ≤ n ≤ 10^6).
-----Output-----
Print it.{more}
-----Example-----
Input
4
Output
{shown}
"""


def compare(code, reference, text):
    judge = Judge(Sandbox(Limits(seconds_per_call=1)))
    judgement = judge.judge(Question(code, intent=text, reference=reference))
    [found] = [each for each in judgement.evidence if each.kind is EvidenceKind.DIFFERENTIAL]
    return judgement, found


def test_one_difference_refutes_where_all_is_read():
    text = BOUNDED.format(more="", shown="4")

    judgement, found = compare(
        "n = int(input())\nprint(n or 1)\nif n == 1: print(2)", "print(input())", text
    )

    assert judgement.verdict is Verdict.INCORRECT
    assert found.passed >= 0.9 * found.run
    [shown] = found.counterexamples
    assert (shown.call, shown.got, shown.wanted) == ("1\n", "1\n2\n", "1\n")


def test_an_exception_is_told_with_its_line():
    text = BOUNDED.format(more="", shown="4")

    _, found = compare("n = int(input())\n1 / (n - 1)\nprint(n)", "print(input())", text)

    [fault] = found.faults
    assert (fault.kind, fault.range.first_line) == (FaultKind.EXCEPTION, 2)


def test_another_answer_is_set_aside_where_any_will_do():
    text = BOUNDED.format(more=" If there are multiple answers, print any of them.", shown="4")

    judgement, found = compare(
        "n = int(input())\nprint(n if n == 4 else n + 1)", "print(input())", text
    )

    assert judgement.verdict is Verdict.CORRECT
    assert found.finding is Finding.NOTHING
    assert "as good" in found.notes[0]


def test_what_the_reference_does_not_answer_is_set_aside():
    text = BOUNDED.format(more="", shown="4")

    _, found = compare(
        "n = int(input())\nprint(n)", "n = int(input())\nassert n % 2 == 0\nprint(n)", text
    )

    assert found.finding is Finding.SUPPORTS
    assert found.set_aside > 5


def test_a_far_faster_reference_shows_what_does_not_end():
    text = BOUNDED.format(more="", shown="4")

    judgement, found = compare(
        "n = int(input())\nwhile n == 1: pass\nprint(n)", "print(input())", text
    )

    assert judgement.verdict is Verdict.INCORRECT
    assert found.faults[0].kind is FaultKind.TIMEOUT


def test_a_reference_that_is_slow_as_well_shows_nothing():
    text = BOUNDED.format(more="", shown="4")
    slow = "n = int(input())\nfor _ in range({}): pass\nprint(n)"

    judgement, found = compare(slow.format("10**8 * (n == 1)"), slow.format("8 * 10**6"), text)

    assert judgement.verdict is not Verdict.INCORRECT
    assert found.finding is not Finding.REFUTES


def test_without_a_format_the_samples_are_changed():
    text = "Examples\nInput\nset 3\nset 5\nOutput\n8\n"
    reference = "import sys\nprint(sum(int(line.split()[1]) for line in sys.stdin))"

    right, agreed = compare(
        "import sys\nprint(sum(int(t) for t in sys.stdin.read().split()[1::2]))", reference, text
    )
    wrong, differed = compare("print(3 + 5)", reference, text)

    assert (right.verdict, wrong.verdict) == (Verdict.CORRECT, Verdict.INCORRECT)
    assert agreed.run == agreed.passed > 10
    assert differed.counterexamples


def test_results_that_vary_show_nothing():
    text = BOUNDED.format(more="", shown="4")
    code = "import time\nn = int(input())\nprint(n if n == 4 else time.time_ns())"

    judgement, found = compare(code, code, text)

    assert judgement.verdict is not Verdict.INCORRECT
    assert found.finding is Finding.NOTHING
