import pytest

from stepcheck.server.sandbox.sandbox import Check, Sandbox, Status, unavailable_reason
from stepcheck.server.sandbox.trials import TrialsEndedError, open_trials

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
    outcomes = trials.run(SOURCE, range(4), 0.5, stop=False, trace=True)

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
    assert len(trials.run(SOURCE, [2, 0], 3.0)) == 1


def test_checks_are_added_later(trials):
    [outcome] = trials.run(SOURCE, trials.add([Check("f(8)", any_value=True)]), 3.0)

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
    [outcome] = trials.run(source, [0], 0.5)

    assert outcome.status is status
    assert trials.run(SOURCE, [0], 3.0)[0].status is Status.PASSED


def test_programs_share_nothing(trials):
    trials.run("import builtins\nbuiltins.len = None\ndef f(x): return 0", [0], 3.0)

    assert trials.run("def f(x): return len([x]) / 2", [0], 3.0)[0].status is Status.PASSED


def test_a_program_that_ends_the_process_ends_the_trials():
    kill = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    with open_trials(Sandbox(), SOURCE, CHECKS, 30.0) as opened, pytest.raises(TrialsEndedError):
        opened.run(kill, [0], 1.0)


def test_a_forged_report_ends_the_trials_and_no_more():
    forge = (
        "import os\n"
        "for descriptor in range(3, 20):\n"
        '    try: os.write(descriptor, b\'{"status": "splendid"}\\n\' * 2)\n'
        "    except OSError: pass\n"
    )
    with open_trials(Sandbox(), SOURCE, CHECKS, 30.0) as opened, pytest.raises(TrialsEndedError):
        opened.run(forge, [0], 1.0)
