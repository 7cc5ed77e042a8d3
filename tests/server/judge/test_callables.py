"""What may be called, and is no plain function, is judged by examples as well."""

import pytest

from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.sandbox.sandbox import Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
JUDGE = Judge(Sandbox())

ADDER = (
    "class Adder:\n    def __init__(self, n):\n        self.n = n\n"
    "    def __call__(self, x):\n        return x {} self.n\nadd = Adder(5)\n"
)
COROUTINE = "import asyncio\nasync def f(n):\n    await asyncio.sleep(0)\n    return n {} 2\n"
ASYNCHRONOUS_GENERATOR = "async def f(n):\n    for i in range(n):\n        yield i {} 2\n"
FOLD = "def f(g, xs):\n    total = 0\n    for x in xs:\n        total {}= g(x)\n    return total\n"


@pytest.mark.parametrize(
    ("right", "wrong", "examples"),
    [
        ("f = lambda a, b=1: a * b\n", "f = lambda a, b=1: a + b\n", "f(4, 3) => 12"),
        (
            "from functools import partial\nf = partial(pow, 2)\n",
            "from functools import partial\nf = partial(pow, 3)\n",
            "f(5) => 32",
        ),
        (ADDER.format("+"), ADDER.format("-"), "add(1) => 6"),
        (COROUTINE.format("*"), COROUTINE.format("+"), "f(3) => 6\nf(5) => 10"),
        (
            ASYNCHRONOUS_GENERATOR.format("*"),
            ASYNCHRONOUS_GENERATOR.format("+"),
            "f(3) => [0, 2, 4]",
        ),
        (FOLD.format("+"), FOLD.format("-"), "f(lambda x: x * x, [1, 2]) => 5"),
    ],
)
def test_examples_decide_both_ways(right, wrong, examples):
    assert JUDGE.judge(Question(code=right, intent=examples)).verdict is Verdict.CORRECT
    assert JUDGE.judge(Question(code=wrong, intent=examples)).verdict is Verdict.INCORRECT


def test_a_coroutine_of_a_session_is_shown_as_one():
    code = COROUTINE.format("*")

    judged = JUDGE.judge(Question(code=code, examples=">>> f(3)\n6\n"))

    assert judged.verdict is Verdict.INCORRECT
