"""Snippets and stubs, judged for real."""

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.normalization import normalize
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
CORRECT, INCORRECT, UNKNOWN = Verdict.CORRECT, Verdict.INCORRECT, Verdict.UNKNOWN


def judge(code, reference=None, **known):
    judge = Judge(Sandbox(Limits(seconds=8, seconds_per_call=1)))
    return judge.judge(Question(code=code, reference=reference, **known))


@isolated
@pytest.mark.parametrize(
    ("code", "reference", "verdict"),
    [
        ("sorted(d.items(), key=lambda x: x[1])", "sorted(e.items(), key=itemgetter(1))", CORRECT),
        (
            "sorted(d.items(), key=lambda x: x[0])",
            "sorted(e.items(), key=itemgetter(1))",
            INCORRECT,
        ),
        ("[x for x in lst if x]", "list(filter(None, data))", CORRECT),
        ("[x for x in lst if not x]", "list(filter(None, data))", INCORRECT),
        ("out = []\nfor x in xs:\n    out.append(x + 1)", "[1 + i for i in items]", CORRECT),
        ("data.sort(reverse=True)", "data.sort()", INCORRECT),
        ("print(max(xs))", "sorted(xs)[-1]", CORRECT),
        ("[x + 1 for x in xs]", "def inc(items):\n    return [1 + i for i in items]\n", CORRECT),
        (
            "def inc(xs: list[int]):\n    return [x + 1 for x in xs]\n",
            "[i + 2 for i in a]",
            INCORRECT,
        ),
    ],
)
def test_snippets_are_compared_as_functions_of_their_variables(code, reference, verdict):
    assert judge(code, reference).verdict is verdict


@isolated
@pytest.mark.parametrize(
    ("code", "reference", "reason"),
    [
        ("data.sort()", "sorted(data)", "it has an effect, the reference a value"),
        ("[a[i] for i in idx]", "[x * 2 for x in q]", "code and reference take (a, idx) and (q)"),
        ("dict(zip(a, b))", "dict(zip(y, x[::-1]))", "which variables correspond is a guess"),
        ("x + y", "class C: pass", "the reference neither that nor a function"),
        ("max(stats, key=stats.get)", None, "no examples were found"),
    ],
)
def test_what_cannot_be_decided_says_why(code, reference, reason):
    judgement = judge(code, reference)

    assert judgement.verdict is UNKNOWN
    assert reason in judgement.reason


@isolated
def test_examples_by_the_names_of_variables_decide():
    text = "lst = [1, 2, 3]\nOutput: [3, 2, 1]"

    assert judge("lst[::-1]", examples=text).verdict is CORRECT
    assert judge("lst[::-2]", examples=text).verdict is INCORRECT


@isolated
def test_a_fault_is_told_at_the_line_of_the_snippet():
    judgement = judge("y = 1\nz = xs[9]\nz", "xs[0]", examples="xs = [1]\nOutput: 1")

    assert {fault.range.first_line for fault in judgement.faults if fault.range} == {2}


STUB = 'def f(x):\n    """Double it: f(2) => 4"""\n    pass\n\n\n'


@isolated
@pytest.mark.parametrize(("factor", "verdict"), [(2, CORRECT), (3, INCORRECT)])
def test_a_stub_and_its_solution_are_one_function(factor, verdict):
    judgement = judge(f"{STUB}def f(x):\n    return x * {factor}\n")

    assert judgement.verdict is verdict
    assert not [fault for fault in judgement.faults if fault.range and fault.range.first_line < 6]


@pytest.mark.parametrize(
    "question",
    [
        Question(code="xs[0]", language="javascript"),
        Question(code="xs[0]", before="xs[1]"),
        Question(code="xs[0]", function="f"),
        Question(code="print('hello')"),
        Question(code="def f(x):\n    return x\n", reference="def g(y):\n    return y\n"),
    ],
)
def test_other_questions_stay_as_they_are(question):
    assert normalize(question).question == question
