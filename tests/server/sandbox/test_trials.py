import pytest

from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status, unavailable_reason
from stepcheck.server.sandbox.trials import TrialLimits, TrialsEndedError, open_trials

pytestmark = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
SOURCE = """\
def f(x):
    if x > 3:
        return x
    while x < -5:
        pass
    return 1 / x
"""
CHECKS = [Check("f(2)", "0.5"), Check("f(0)", "1"), Check("f(5)", "6"), Check("assert f(-9)")]


@pytest.fixture(scope="module")
def trials():
    with open_trials(Sandbox(), SOURCE, CHECKS, 30.0) as opened:
        yield opened


def test_outcomes_say_what_ran_and_where_it_ended(trials):
    outcomes = trials.run(SOURCE, range(4), TrialLimits(0.5), stop=False, trace=True)

    assert [outcome.status for outcome in outcomes] == [
        Status.PASSED,
        Status.RAISED,
        Status.FAILED,
        Status.TIMEOUT,
    ]
    lines = [sorted(outcome.lines) for outcome in outcomes]
    assert lines == [[2, 4, 6], [2, 4, 6], [2, 3], [2, 4, 5]]
    assert outcomes[1].places == (6,)
    assert outcomes[2].value == "5"


def test_a_trial_stops_at_the_first_check_that_does_not_pass(trials):
    assert len(trials.run(SOURCE, [2, 0], TrialLimits(3.0))) == 1


def test_checks_are_added_later(trials):
    [outcome] = trials.run(SOURCE, trials.add([Check("f(8)", any_value=True)]), TrialLimits(3.0))

    assert (outcome.status, outcome.value) == (Status.PASSED, "8")


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os._exit(0)", Status.CRASHED),
        ("x = ", Status.RAISED),
        ("while True: pass", Status.TIMEOUT),
    ],
)
def test_a_program_that_does_not_load_leaves_the_next_its_chance(trials, source, status):
    [outcome] = trials.run(source, [0], TrialLimits(0.5))

    assert outcome.status is status
    assert trials.run(SOURCE, [0], TrialLimits(3.0))[0].status is Status.PASSED


def test_programs_share_nothing(trials):
    trials.run("import builtins\nbuiltins.len = None\ndef f(x): return 0", [0], TrialLimits(3.0))

    assert (
        trials.run("def f(x): return len([x]) / 2", [0], TrialLimits(3.0))[0].status
        is Status.PASSED
    )


def test_a_program_that_ends_the_process_ends_the_trials():
    kill = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    with open_trials(Sandbox(), SOURCE, CHECKS, 30.0) as opened, pytest.raises(TrialsEndedError):
        opened.run(kill, [0], TrialLimits(1.0))


def test_a_forged_report_ends_the_trials_and_no_more():
    forge = (
        "import os\n"
        "for descriptor in range(3, 20):\n"
        '    try: os.write(descriptor, b\'{"status": "splendid"}\\n\' * 2)\n'
        "    except OSError: pass\n"
    )
    with open_trials(Sandbox(), SOURCE, CHECKS, 30.0) as opened, pytest.raises(TrialsEndedError):
        opened.run(forge, [0], TrialLimits(1.0))


def test_a_loop_that_never_ends_ends_by_its_steps(trials):
    limits = TrialLimits(5.0, most_steps=100)

    [outcome] = trials.run(SOURCE, [3], limits)

    assert (outcome.status, outcome.steps) == (Status.TIMEOUT, 100)
    assert outcome.seconds < 1


@pytest.mark.parametrize(
    "loop",
    [
        "while True:\n        try: x = 1\n        except: pass",
        "for x in iter(int, 1): pass",
        "while x or True:\n        for x in range(3): pass",
        "f(x + 1)",
        "return max(g(x))\ndef g(x):\n    while True: yield x",
        "match x:\n        case _:\n            while True: x += 1",
        "with open('/dev/null'):\n        while True: x += 1",
        "async def g():\n        while True: pass\n    g().send(None)",
    ],
)
def test_every_kind_of_loop_takes_steps(trials, loop):
    limits = TrialLimits(5.0, most_steps=500)

    [outcome] = trials.run(f"def f(x):\n    {loop}\n", [0], limits)

    assert outcome.status is Status.TIMEOUT
    assert outcome.steps == 500


def test_a_check_may_take_the_steps_it_needs(trials):
    source = "def f(x):\n    total = 0\n    for y in range(300): total += y\n    return 1 / x\n"
    limits = TrialLimits(5.0, most_steps=10, steps={0: 301})

    assert [each.status for each in trials.run(source, [0, 2], limits, stop=False)] == [
        Status.PASSED,
        Status.TIMEOUT,
    ]


def test_docstrings_and_line_numbers_stay_where_steps_are_counted(trials):
    source = 'def f(x):\n    """half"""\n    if f.__doc__ != "half": return 0\n    return 1 / x\n'

    assert trials.run(source, [0], TrialLimits(3.0))[0].status is Status.PASSED
    assert trials.run(source, [1], TrialLimits(3.0))[0].places == (4,)


def test_programs_of_a_batch_come_back_in_their_order_whatever_they_do(trials):
    programs = [
        "def f(x): return x / 4",
        "import os\nos._exit(0)",
        "x = ",
        "def f(x):\n    while True: pass",
        "import sys\nsys.setrecursionlimit(60)\ndef f(x): return 1 / x",
        "def f(x): return sum(range(10**11))",
        "def f(x): return f(x)",
        *["def f(x): return 1 / x", "def f(x): return 0"] * 5,
    ]

    results = trials.receive(trials.send(programs, [0], TrialLimits(0.3)))

    assert [outcomes[-1].status for outcomes in results] == [
        Status.PASSED,
        Status.CRASHED,
        Status.RAISED,
        Status.TIMEOUT,
        Status.PASSED,
        Status.TIMEOUT,
        Status.RAISED,
        *[Status.PASSED, Status.FAILED] * 5,
    ]


def test_what_is_sent_later_can_be_received_first(trials):
    first = trials.send(["def f(x): return 1 / x"], [0], TrialLimits(3.0))
    second = trials.send(["def f(x): return 0"], [0], TrialLimits(3.0))

    assert trials.receive(second)[0][0].status is Status.FAILED
    assert trials.receive(first)[0][0].status is Status.PASSED


@pytest.mark.parametrize(
    "meddling",
    [
        "import random\nrandom.random = None",
        "import sys\nsys.modules['math'] = None",
        "__builtins__['len'] = None",
        "exec('import math; math.sqrt = None')",
        "from os import environ\nenviron['LANG'] = 'x'",
        "setattr(print, '__name__', 'x')",
    ],
)
def test_a_program_that_reaches_out_has_a_process_of_its_own(trials, meddling):
    programs = [f"{meddling}\ndef f(x): return 1 / x", *["def f(x): return 1 / x"] * 3]
    pure = "def f(x): return len([x]) and 1 / x"
    batch = trials.send([*programs, pure], [0], TrialLimits(3.0))

    assert [outcomes[0].status for outcomes in trials.receive(batch)][1:] == [Status.PASSED] * 4
