"""A candidate kept alive, asked for real."""

import time

import pytest

from stepcheck.server.judge.evidence.candidate_session import Session, parse_call
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, Status, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SOURCE = """
import os

def f(x):
    if x == 7:
        os._exit(1)
    while x == 8:
        pass
    return x + 1

def sort(x):
    x.sort()

def show(x):
    print(x)

def texts(x):
    return map(str, x)

class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def double(self, x): return 2 * x
"""


def ask(*questions):
    sandbox = Sandbox(Limits(seconds=8))
    names = ("f", "sort", "show", "texts", "Stack")
    with Session(lambda: sandbox.open_candidate(SOURCE, 0.3), names) as session:
        return [session.evaluate(parse_call(question)) for question in questions]


@isolated
def test_calls_of_functions_and_methods_are_answered():
    outcomes = ask("f(1)", "f(x=1)", "Stack().double(4)", "texts([1, 2])", "f('a')")

    assert [outcome.value for outcome in outcomes] == [2, 2, 8, ["1", "2"], "TypeError"]
    assert outcomes[-1].status is Status.RAISED


@isolated
def test_what_returns_nothing_is_known_by_what_it_does():
    sort, show, push = ask("sort([2, 1])", "show(3)", "Stack().push(5)")

    assert sort.arguments == ([1, 2],)
    assert show.printed == "3\n"
    assert push.arguments == (5, {"items": [5]})


@isolated
def test_a_candidate_that_is_lost_is_started_again_a_few_times():
    outcomes = ask("f(7)", "f(1)", "f(8)", "f(1)", "f(7)", "f(1)")

    ended, answer, slow, *others = [outcome.status for outcome in outcomes]
    assert (ended, answer) == (Status.CRASHED, Status.PASSED)
    # On a busy machine it may get too little processor time to use up what it has.
    assert slow in (Status.TIMEOUT, Status.INCONCLUSIVE)
    assert others == [Status.PASSED, Status.CRASHED, Status.INCONCLUSIVE]


@isolated
@pytest.mark.parametrize(
    "question",
    [
        "f",
        "Stack()",
        "unknown(1)",
        "f(unknown)",
        "Stack()._Handle__remote",
        "Stack._Handle__remote.stop('passed', '')",
        "nodes.deque([1])",
    ],
)
def test_nothing_but_calls_of_the_candidate_is_done(question):
    assert ask(question)[0].status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    "text", ["f(", "lambda: 1", "f(*a)", "[f(1) for _ in 'a']", "f(1) + 1", "a = 1", "f\0"]
)
def test_other_forms_are_no_questions(text):
    assert parse_call(text) is None


@isolated
def test_many_questions_take_no_time():
    started = time.monotonic()

    outcomes = ask(*["f(1)"] * 1000)

    assert {outcome.value for outcome in outcomes} == {2}
    assert time.monotonic() - started < 30
