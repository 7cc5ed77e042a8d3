"""Repairs from beginning to end: real searches, in real sandboxes."""

import pytest

from stepcheck.models.chat.remote import RemoteChat
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import Verdict
from stepcheck.server.repair.program import apply_edits
from stepcheck.server.repair.repair import Repairer
from stepcheck.server.sandbox.sandbox import CancelledError, Sandbox, unavailable_reason

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SQUARE = "def square(x):\n    return x + x  # kept\n"


def repair(code, seconds=20.0, **known):
    return Repairer(Judge(Sandbox()), seconds).repair(Question(code=code, **known))


@pytest.mark.parametrize(
    ("code", "examples", "wrong", "right"),
    [
        (SQUARE, "square(3) => 9\nsquare(-1) => 1", "x + x", "x * x"),
        (
            "def last(items):\n    return items[len(items)]\n",
            "last([1, 2]) => 2\nlast(['a']) => 'a'",
            "len(items)",
            "len(items) - 1",
        ),
        (
            "def total(items):\n    found = 0\n    for item in items:\n        found = item\n"
            "    return found\n",
            "total([1, 2, 3]) => 6\ntotal([5, 5]) => 10",
            "found = item",
            "found += item",
        ),
        (
            "def down(n):\n    found = []\n    while n > 0:\n        found.append(n)\n"
            "        n += 1\n    return found\n",
            "down(3) => [3, 2, 1]\ndown(0) => []",
            "n += 1",
            "n -= 1",
        ),
        (
            "def double(items):\n    return [2 * item for item in itmes]\n",
            "double([1]) => [2]\ndouble([]) => []",
            "itmes",
            "items",
        ),
        (
            "def even(n):\n    return n % 2 = 0\n",
            "even(2) => True\neven(3) => False",
            "2 = 0",
            "2 == 0",
        ),
    ],
)
def test_one_slip_is_found_and_nothing_else_is_touched(code, examples, wrong, right):
    found = repair(code, examples=examples)

    assert [fix.code for fix in found.fixes][:1] == [code.replace(wrong, right)]
    for fix in found.fixes:
        assert apply_edits(code, fix.edits) == fix.code
        assert fix.judgement.verdict is Verdict.CORRECT
        assert "passes 2 examples; nothing else was checked" in fix.message


def test_two_slips_are_found_one_after_the_other():
    code = (
        "def mean(items):\n    total = 1\n    for item in items:\n        total -= item\n"
        "    return total / len(items)\n"
    )

    [fix, *_] = repair(code, tests="assert mean([1, 3]) == 2\nassert mean([4]) == 4\n").fixes

    assert fix.code == code.replace("= 1", "= 0").replace("-=", "+=")
    assert "1 test" in fix.message


def test_classes_are_repaired_too():
    code = (
        "class Stack:\n    def __init__(self):\n        self.items = []\n"
        "    def push(self, item):\n        self.items.append(item)\n"
        "    def pop(self):\n        return self.items.pop(0)\n"
    )
    tests = "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert s.pop() == 1\n"

    assert repair(code, tests=tests).fixes


@pytest.mark.parametrize(
    ("known", "note"),
    [
        ({"intent": "Square a number."}, "no example and no test"),
        ({"examples": "square(2) => 4"}, "nothing to repair"),
        ({"examples": "square(2) => 'a long text that no edit makes'"}, "edits passes every check"),
        ({"examples": "square(3) => 9", "language": "go"}, "go is not repaired"),
    ],
)
def test_without_a_fix_it_says_why(known, note):
    found = repair(SQUARE, seconds=1.0, **known)

    assert (found.fixes, note in found.note) == ((), True)


@pytest.mark.parametrize(
    "attack",
    [
        "import os; os._exit(0)",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import sys; sys.modules['__main__'].__dict__.clear()",
        "while True: pass",
        "x = 'a' * 10**10",
        "import os\nwhile True: os.fork()",
    ],
)
def test_what_code_does_on_loading_leads_to_no_fix_and_no_harm(attack):
    # `square` is gone, so that no edit of the rest could give what the example wants.
    code = f"{attack}\ndef square(x):\n    return undefined_one(x, undefined_two)\n"

    assert repair(code, seconds=0.5, examples="square(3) => 9871").fixes == ()


def test_a_program_that_forges_a_passing_trial_is_not_shown():
    code = (
        "import sys\n"
        "def square(x):\n"
        "    frame = sys._getframe()\n"
        "    while frame:\n"
        "        check = frame.f_locals.get('check')\n"
        "        if isinstance(check, dict) and check.get('expected'):\n"
        "            return eval(check['expected'])\n"
        "        frame = frame.f_back\n"
        "    return None\n"
    )

    assert repair(code, seconds=2.0, examples="square(3) => 9").fixes == ()


def test_a_part_of_an_edit_is_undone():
    before = "def f(x):\n    y = x * 7 - 3\n    z = y\n    return z\n"
    code = "def f(x):\n    y = x * 2 + x // 5\n    z = y\n    w = z\n    return w\n"

    [fix, *_] = repair(code, before=before, examples="f(10) => 67\nf(3) => 18").fixes

    assert fix.code == code.replace("x * 2 + x // 5", "x * 7 - 3")


def test_what_a_chat_model_proposes_is_tried_and_judged_too(chat_server):
    right = "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
    chat_server.replies = [f"Here it is:\n```python\n{right}```\n"]
    chat = RemoteChat(chat_server.url, "any", None, 10.0)
    question = Question(
        code="def gcd(a, b):\n    return ''\n",
        examples="gcd(12, 18) => 6\ngcd(7, 3) => 1\ngcd(100, 75) => 25",
    )

    [fix] = Repairer(Judge(Sandbox()), 1.0, chat).repair(question).fixes

    assert fix.code == right
    assert "gcd(12, 18) == 6" in chat_server.requests[0]["messages"][1]["content"]


@pytest.mark.parametrize("answer", ["I cannot.", "```python\ndef gcd(a, b): return 1\n```", ""])
def test_a_proposal_that_fails_is_not_shown(chat_server, answer):
    chat_server.replies = [answer]
    chat = RemoteChat(chat_server.url, "any", None, 10.0)
    question = Question(code="def gcd(a, b):\n    return ''\n", examples="gcd(12, 18) => 6123")

    assert Repairer(Judge(Sandbox()), 0.5, chat).repair(question).fixes == ()


def test_whoever_leaves_ends_the_search():
    with pytest.raises(CancelledError):
        Repairer(Judge(Sandbox())).repair(
            Question(code=SQUARE, examples="square(3) => 9"), is_cancelled=lambda: True
        )
