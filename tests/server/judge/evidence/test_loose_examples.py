"""What an example that may be misread weighs, on results and in judgements of real code."""

import pytest

from stepcheck.server.judge.evidence.loose_examples import weigh
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, Verdict
from stepcheck.server.sandbox.sandbox import (
    Check,
    CheckResult,
    Limits,
    Sandbox,
    Status,
    unavailable_reason,
)

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
STRICT, LOOSE = "strict", "loose"
PASSED, FAILED, RAISED = Status.PASSED, Status.FAILED, Status.RAISED


def statuses(*rows):
    checks = [Check(f"f({at})", "1") for at in range(len(rows))]
    loose = {check for check, (reading, _) in zip(checks, rows, strict=True) if reading == LOOSE}
    results = [CheckResult(status, "it differs") for _, status in rows]
    weighed = weigh(checks, results, loose)
    return [result.status for result in weighed.results], weighed.notes


def test_a_loose_failure_among_strict_passes_is_set_aside_and_noted():
    kept, notes = statuses((STRICT, PASSED), (LOOSE, FAILED), (STRICT, PASSED))

    assert kept == [PASSED, PASSED]
    assert notes == ("read loosely, and set aside: it differs",)


def test_a_loose_failure_beside_a_strict_one_counts():
    assert statuses((STRICT, FAILED), (LOOSE, RAISED))[0] == [FAILED, RAISED]


def test_one_loose_failure_alone_decides_nothing():
    assert statuses((LOOSE, FAILED))[0] == [Status.INCONCLUSIVE]


def test_a_loose_failure_among_more_loose_passes_decides_nothing():
    kept, _ = statuses((LOOSE, PASSED), (LOOSE, FAILED), (LOOSE, PASSED))

    assert kept == [PASSED, Status.INCONCLUSIVE, PASSED]


@pytest.mark.parametrize("others", [[], [(LOOSE, PASSED)], [(LOOSE, PASSED), (LOOSE, PASSED)]])
def test_several_loose_failures_refute_where_no_more_pass(others):
    rows = [(LOOSE, FAILED), (LOOSE, FAILED), *others]

    assert statuses(*rows)[0] == [status for _, status in rows]


def judge(code, intent, reference=None):
    judge = Judge(Sandbox(Limits(seconds=8, seconds_per_call=1)))
    return judge.judge(Question(code=code, intent=intent, reference=reference))


PARTIAL_SUMS = """
def tri(n):
    found = [1, 3]
    for at in range(2, n + 1):
        found.append(found[-1] + found[-2])
    return found[: n + 1]
"""
SEQUENCE = (
    "tri(1) = 3\ntri(n) = tri(n-1) + tri(n-2)\n\nReturn the first of them: tri(3) = [1, 3, 4, 7]"
)


@isolated
def test_a_fact_of_the_sequence_does_not_refute_a_function_that_lists_it():
    judgement = judge(PARTIAL_SUMS, SEQUENCE)

    assert judgement.verdict is Verdict.CORRECT
    assert any("read loosely" in note for one in judgement.evidence for note in one.notes)


@isolated
def test_a_strict_example_still_refutes_it():
    assert judge(PARTIAL_SUMS.replace("[1, 3]", "[1, 2]"), SEQUENCE).verdict is Verdict.INCORRECT


@isolated
def test_what_the_reference_satisfies_was_not_misread():
    code = "def f(n):\n    return n + 1\n"

    alone = judge(code, "2 -> 4")
    beside = judge(code, "2 -> 4", reference="def f(n):\n    return n * 2\n")

    assert alone.verdict is Verdict.UNKNOWN
    examples = [one for one in beside.evidence if one.kind is EvidenceKind.EXAMPLES]
    assert beside.verdict is Verdict.INCORRECT
    assert examples[0].faults


@isolated
@pytest.mark.parametrize(("result", "verdict"), [("1.4142", "correct"), ("1.3", "unknown")])
def test_an_approximation_allows_for_its_last_digit(result, verdict):
    code = f"def f(n):\n    return {result}\n"

    assert judge(code, "f(2) is about 1.41").verdict == verdict
