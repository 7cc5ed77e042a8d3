"""A candidate kept alive, asked for real."""

import time

import pytest

from stepcheck.server.judge.evidence.call_templates import read_templates
from stepcheck.server.judge.evidence.candidate_session import Session
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, Status, unavailable_reason

isolated = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SOURCE = """
import dataclasses, enum, os, sys
from collections import Counter, OrderedDict, defaultdict, namedtuple

Pair = namedtuple("Pair", "x y")

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Point:
    x: int

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

def endless(x):
    while True:
        yield x

async def later(x):
    return x

def write(name):
    with open(name, "w") as file:
        file.write("a")
    return os.path.abspath(name)

def draw(n):
    import random
    return [random.random() for _ in range(n)]

def make(kind):
    return {"counter": Counter("aab"), "ordered": OrderedDict(a=1), "default": defaultdict(int),
            "pair": Pair(1, 2), "colour": Colour.RED, "point": Point(3), "set": {1},
            "text": type("Text", (str,), {})("a"), "function": make}[kind]

seen = []

def count(x):
    seen.append(x)
    return list(seen)

class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def double(self, x): return 2 * x
"""
NAMES = (
    *("f", "sort", "show", "texts", "endless", "later", "write", "draw", "make", "Stack"),
    "count",
)


def ask(*questions, seconds=0.3, at_once=False):
    sandbox = Sandbox(Limits(seconds=8))
    with Session(lambda: sandbox.open_candidate(SOURCE, seconds)) as session:
        read = [read_templates([question], NAMES) for question in questions]
        calls = [(template, values[0]) for [(template, values)] in read]
        if at_once:
            return session.evaluate_all(calls)
        return [session.evaluate(*call) for call in calls]


@isolated
def test_calls_of_functions_and_methods_are_answered():
    outcomes = ask("f(1)", "f(x=1)", "Stack().double(4)", "texts([1, 2])", "f('a')")

    values = [outcome.value for outcome in outcomes]
    assert values == [2, 2, 8, ["iterator", ["1", "2"]], "TypeError"]
    assert outcomes[-1].status is Status.RAISED


@isolated
def test_what_returns_nothing_is_known_by_what_it_does():
    sort, show, push = ask("sort([2, 1])", "show(3)", "Stack().push(5)")

    assert sort.arguments == (["list", [1, 2]],)
    assert show.printed == "3\n"
    assert push.arguments == (5, ["record", "Stack", [["items", ["list", [5]]]]])


@isolated
@pytest.mark.parametrize(
    ("kind", "described"),
    [
        ("counter", ["dict", [["a", 2], ["b", 1]]]),
        ("ordered", ["dict", [["a", 1]]]),
        ("default", ["dict", []]),
        ("pair", ["tuple", [1, 2]]),
        ("colour", ["enum", "Colour", "RED", 1]),
        ("point", ["record", "Point", [["x", 3]]]),
        ("set", ["set", [1]]),
        ("text", "a"),
    ],
)
def test_objects_are_described_by_what_they_hold(kind, described):
    [outcome] = ask(f"make({kind!r})")

    assert outcome.value == described


@isolated
def test_a_function_that_is_returned_cannot_be_compared():
    [outcome] = ask("make('function')")

    assert outcome.status is Status.INCONCLUSIVE
    assert "function" in outcome.reason


@isolated
def test_of_what_never_ends_the_beginning_is_compared_and_what_is_awaited_is_awaited():
    endless, later = ask("endless(1)", "later(2)")

    assert set(endless.value[1]) == {1}
    assert later.value == 2


@isolated
def test_each_call_has_an_empty_folder_and_the_same_seed():
    first, second, drawn, again = ask("write('b')", "write('c')", "draw(2)", "draw(2)")

    assert (first.value, first.files) == ("<folder>/b", (["b", "a"],))
    assert second.files == (["c", "a"],)
    assert drawn.value == again.value


@isolated
def test_statements_prepare_a_call():
    pushed, made = ask("s = Stack()\ns.push(1)\ns.push(2)", "x = [3, 1]\nsort(x)")

    assert pushed.arguments == (2, ["record", "Stack", [["items", ["list", [1, 2]]]]])
    assert made.arguments == (["list", [1, 3]],)


@isolated
def test_a_candidate_that_is_lost_is_started_again_a_few_times():
    outcomes = ask("f(7)", "f(1)", "f(8)", "f(1)", "f(7)", "f(1)")

    ended, answer, slow, *others = [outcome.status for outcome in outcomes]
    assert (ended, answer) == (Status.CRASHED, Status.PASSED)
    # On a busy machine it may get too little processor time to use up what it has.
    assert slow in (Status.TIMEOUT, Status.INCONCLUSIVE)
    assert others == [Status.PASSED, Status.CRASHED, Status.INCONCLUSIVE]


@isolated
def test_calls_sent_at_once_are_made_one_after_another_in_one_process():
    outcomes = ask(*[f"count({n})" for n in range(40)], at_once=True)

    assert [outcome.value for outcome in outcomes] == [
        ["list", list(range(n + 1))] for n in range(40)
    ]


@isolated
def test_of_calls_sent_at_once_one_that_ends_the_process_loses_itself_alone():
    questions = ["count(1)", "f(7)", "count(2)", "f(8)", "count(3)", "f('a')", "count(4)"]

    outcomes = ask(*questions, at_once=True)

    values = [outcome.value for outcome in outcomes]
    assert (values[0], values[2], values[4:]) == (
        ["list", [1]],
        ["list", [2]],
        [["list", [3]], "TypeError", ["list", [3, 4]]],
    )
    assert outcomes[1].status is Status.CRASHED
    assert outcomes[3].status in (Status.TIMEOUT, Status.INCONCLUSIVE)


@isolated
def test_calls_that_are_larger_than_a_socket_holds_are_answered_too():
    large = repr([10**9] * 20_000)

    outcomes = ask(*[f"texts({large})", "count(1)"] * 4, at_once=True)

    assert [outcome.status for outcome in outcomes] == [Status.PASSED] * 8
    assert outcomes[-1].value == ["list", [1] * 4]


@isolated
def test_what_is_no_plain_data_is_asked_of_nobody_and_holds_up_no_other_call():
    [(template, _)] = read_templates(["f(1)"], NAMES)
    with Session(lambda: Sandbox().open_candidate(SOURCE, 0.3)) as session:
        outcomes = session.evaluate_all([(template, (one,)) for one in (1, object(), 2)])

    assert [outcome.value for outcome in outcomes] == [2, None, 3]
    assert outcomes[1].status is Status.INCONCLUSIVE


@isolated
def test_what_is_not_installed_is_named():
    with Session(lambda: Sandbox().open_candidate("import nowhere_to_be_found", 1)) as session:
        session.begin()

    assert "nowhere_to_be_found" in session.failure


@pytest.mark.parametrize("text", ["f(", "lambda: 1", "g(1)", "a = 1", "f\0", "", "f(unknown)"])
def test_what_calls_nothing_of_the_candidate_is_no_question(text):
    assert read_templates([text], NAMES) == []


@isolated
def test_many_questions_take_no_time():
    started = time.monotonic()

    outcomes = ask(*["f(1)"] * 1000)

    assert {outcome.value for outcome in outcomes} == {2}
    assert time.monotonic() - started < 30
