"""Which behaviour comes first, told apart by real runs."""

import pytest

from stepcheck.server.repair.behaviour import group_by_behaviour
from stepcheck.server.repair.search import PlausibleProgram
from stepcheck.server.sandbox.sandbox import Check, Sandbox, unavailable_reason
from stepcheck.server.sandbox.trials import open_trials

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
UNCHANGED = "def f(x): return x"
INPUTS = [Check(f"f({x})", any_value=True) for x in (-3, -1, 0, 1, 2, 5)]


def order(*programs):
    """The sources of the best program of each behaviour, with its share, in their order."""
    with open_trials(Sandbox(), UNCHANGED, INPUTS, 30.0) as trials:
        plausible = [PlausibleProgram(source, score) for source, score in programs]
        found = group_by_behaviour(trials, plausible, UNCHANGED, trials.numbers, 1.0)
    return [(behaviour.programs[0].source, round(behaviour.share, 2)) for behaviour in found]


def test_what_does_the_same_is_one_behaviour_of_which_the_likeliest_is_shown():
    twice, added = "def f(x): return 2 * x", "def f(x): return x + x"

    assert order((twice, -2.0), (added, -1.0)) == [(added, 1.0)]


def test_the_likelier_behaviour_comes_first():
    twice, square = "def f(x): return 2 * x", "def f(x): return x * x"

    assert [source for source, _ in order((twice, -2.0), (square, -1.0))] == [square, twice]


def test_the_one_that_others_mostly_agree_with_comes_before_a_likelier_one():
    likely = "def f(x): return 'other'"
    middle = "def f(x): return x + 1"
    near = "def f(x): return x + 1 if x < 5 else 0"
    far = "def f(x): return x + 1 if x > -3 else 0"

    first, *_ = order((likely, -1.0), (middle, -1.3), (near, -1.3), (far, -1.3))

    assert first == (middle, 0.23)


def test_what_raises_where_nothing_was_raised_comes_later():
    raising, other = "def f(x): return [1, 2, 3, 4, 5][x]", "def f(x): return -x"

    assert [source for source, _ in order((raising, -1.0), (other, -1.4))] == [other, raising]


def test_what_hangs_is_a_behaviour_of_its_own():
    hanging = "def f(x):\n    while x: pass\n    return 0"
    right = "def f(x): return 0"

    assert len(order((hanging, -1.0), (right, -1.0))) == 2
