"""Sessions mean what `doctest` means by them, which is asked here as well."""

import doctest
from types import ModuleType

import pytest

from stepcheck.server.judge.evidence.doctests import find_sessions
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import EvidenceKind, Verdict
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

from .session_cases import AFTER, CASES

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")


def judged(code, **known):
    return Judge(Sandbox()).judge(Question(code=code, **known))


def doctest_passes(code):
    module = ModuleType("candidate")
    exec(compile(code, "candidate", "exec"), module.__dict__)
    runner = doctest.DocTestRunner(verbose=False)
    finder = doctest.DocTestFinder(exclude_empty=True)
    for test in finder.find(module, "candidate", module=module, globs=vars(module)):
        runner.run(test, out=lambda _: None)
    return runner.failures == 0 and runner.tries > 0


@isolated
@pytest.mark.parametrize("name", CASES)
def test_the_verdict_is_that_of_doctest(name):
    right, wrong = CASES[name]
    assert (doctest_passes(right), doctest_passes(wrong)) == (True, False)

    verdicts = [judged(code).verdict for code in (right, wrong)]

    assert verdicts == [Verdict.CORRECT, Verdict.INCORRECT]


@isolated
@pytest.mark.parametrize("operator", ["&", "^"])
def test_a_text_after_the_code_counts_as_a_docstring(operator):
    right = operator == "&"

    verdict = judged(AFTER.format(operator=operator)).verdict

    assert verdict is (Verdict.CORRECT if right else Verdict.INCORRECT)


@isolated
@pytest.mark.parametrize("field", ["intent", "examples"])
def test_sessions_of_the_task_run_in_the_code_s_own_globals(field):
    session = "Floor of a root:\n\n>>> math.floor(root(LIMIT))\n3\n>>> for i in (1, 4):\n"
    session += "...     print(root(i))\n1.0\n2.0\n"
    code = "import math\nLIMIT = 10\ndef root(x):\n    return math.sqrt(x){}\n"

    assert judged(code.format(""), **{field: session}).verdict is Verdict.CORRECT
    assert judged(code.format(" + 1"), **{field: session}).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    "session",
    [
        ">>> await f(1)\n2",
        ">>> x = await f(1)\n>>> x\n2",
        ">>> async for i in g(2):\n...     print(i)\n1\n2",
        ">>> [i async for i in g(2)]\n[1, 2]",
        ">>> import asyncio\n>>> async def main():\n...     return [i async for i in g(2)]\n"
        ">>> asyncio.run(main())\n[1, 2]",
    ],
)
def test_what_is_awaited_at_the_top_is_run_by_a_loop(session):
    code = (
        "async def f(x):\n    return x + {0}\n"
        "async def g(n):\n    for i in range(n):\n        yield i + {0}\n"
    )

    assert judged(code.format(1), examples=session).verdict is Verdict.CORRECT
    assert judged(code.format(2), examples=session).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    ("session", "result"),
    [
        ('>>> f(1)\n"one"', "'one'"),
        (">>> f(1)\n{'b', 'a'}", "{'a', 'b'}"),
        (">>> f(1)\n{'b':1,'a':2}", "{'a': 2, 'b': 1}"),
        (">>> f(1)\n[1,2]", "[1, 2]"),
        (">>> f(1)\n0.3", "0.1 + 0.2"),
        (">>> f(1) == 'xix'", "'xix'"),
        (">>> f(1)\n3\nThis is because three comes next.", "3"),
        (">>> f(1)\n3\n    '''", "3"),
    ],
)
def test_another_spelling_of_the_same_value_is_no_fault(session, result):
    assert judged(f"def f(x): return {result}", examples=session).verdict is Verdict.CORRECT
    assert judged("def f(x): return 'b'", examples=session).verdict is Verdict.INCORRECT


@isolated
@pytest.mark.parametrize(
    ("session", "body"),
    [
        (">>> f(1)\n[0, 1, ..., 9]", "return list(range(10))"),
        (">>> f(1)\nTraceback (most recent call last):\nValueError", "raise ValueError('no')"),
        (">>> f(1)", "return 3"),
        (">>> 1 + 1\n2", "return 3"),
    ],
)
def test_what_a_session_leaves_open_decides_nothing(session, body):
    assert judged(f"def f(x):\n    {body}\n", examples=session).verdict is Verdict.UNKNOWN


@isolated
def test_skipped_examples_are_counted_and_named():
    session = ">>> f(1)\n2\n>>> f(3)  # doctest: +SKIP\n7\n"

    judgement = judged("def f(x): return x + 1", examples=session)

    [shown] = [each for each in judgement.evidence if each.kind is EvidenceKind.EXAMPLES]
    assert judgement.verdict is Verdict.CORRECT
    assert (shown.passed, shown.set_aside) == (1, 1)
    assert any("f(3)" in note for note in shown.notes)


@isolated
@pytest.mark.parametrize(
    "body",
    [
        "import sys\n    sys.stdout.write('3')",
        "import builtins\n    builtins.print = lambda *_: None\n    return 3",
        "import doctest\n    doctest.OutputChecker.check_output = lambda *_: True\n    return 3",
        "import sys\n    sys.stdout = None\n    return 3",
        "import sys\n    print(sys.argv, sys._getframe(1).f_locals)\n    return 3",
    ],
)
def test_what_the_code_does_to_the_session_gains_nothing(body):
    verdict = judged(f"def f(x):\n    {body}\n", examples=">>> f(1)\n2").verdict

    assert verdict is not Verdict.CORRECT


def test_sessions_that_cannot_be_read_as_a_whole_are_read_by_paragraphs():
    text = ">>> f(1)\n2\n\n  >>> f(2)\n3\n\n>>>f(3)\n4\n\n>>> f(4)\n5\n"

    assert [check.source.strip() for check in find_sessions(text, {"f"}).checks] == ["f(1)", "f(4)"]


@isolated
@pytest.mark.parametrize(
    "session",
    [
        ">>> type(f(1))\n<class 'list'>",
        ">>> x = f(1)\n>>> type(x)\n<class 'list'>",
        ">>> isinstance(f(1), list)\nTrue",
        ">>> type(f(1)).__name__\n'list'",
        ">>> print(type(f(1)))\n<class 'list'>",
        ">>> x = f(1)",
    ],
)
def test_what_shows_no_result_or_its_class_alone_refutes_and_supports_nothing(session):
    assert judged("def f(x): return [x]", examples=session).verdict is Verdict.UNKNOWN
    assert judged("def f(x): return x / 0", examples=session).verdict is Verdict.INCORRECT


@isolated
def test_a_class_beside_a_result_leaves_the_result_its_weight():
    session = ">>> x = f(1)\n>>> type(x)\n<class 'list'>\n>>> x\n[1]\n"

    assert judged("def f(x): return [x]", examples=session).verdict is Verdict.CORRECT
    assert judged("def f(x): return [x + 1]", examples=session).verdict is Verdict.INCORRECT


@isolated
def test_a_function_that_returns_a_class_is_shown_by_it():
    session = ">>> f(1)\n<class 'int'>"

    assert judged("def f(x): return type(x)", examples=session).verdict is Verdict.CORRECT
