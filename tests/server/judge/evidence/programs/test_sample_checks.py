"""What a run says of a sample, by how it ended and what it printed."""

import pytest

from stepcheck.server.judge.evidence.programs.output_rules import OutputRules
from stepcheck.server.judge.evidence.programs.runs import Ending, ProgramRun
from stepcheck.server.judge.evidence.programs.sample_checks import judge_run
from stepcheck.server.judge.evidence.programs.samples import Sample
from stepcheck.server.sandbox.sandbox import Status

SAMPLE = Sample("2\n", ("4\n",))


@pytest.mark.parametrize(
    ("run", "status"),
    [
        (ProgramRun(Ending.NORMAL, "4\n"), Status.PASSED),
        (ProgramRun(Ending.NORMAL, "5\n"), Status.FAILED),
        (ProgramRun(Ending.NORMAL, "4\n" * 9, truncated=True), Status.FAILED),
        (ProgramRun(Ending.EXCEPTION, "4\n", "ValueError: no", 3, 1), Status.RAISED),
        (ProgramRun(Ending.EXCEPTION, "", "EOFError: EOF", 3, 1), Status.RAISED),
        (ProgramRun(Ending.EXIT_STATUS, "4\n", status=3), Status.CRASHED),
        (ProgramRun(Ending.SIGNAL, "4\n", status=-11), Status.CRASHED),
        (ProgramRun(Ending.PROCESSOR_TIME, "4\n"), Status.TIMEOUT),
        (ProgramRun(Ending.SIGNAL, "4\n", status=-9), Status.INCONCLUSIVE),
        (ProgramRun(Ending.WALL_TIME), Status.INCONCLUSIVE),
        (ProgramRun(Ending.MEMORY), Status.INCONCLUSIVE),
        (ProgramRun(Ending.NOT_RUN), Status.INCONCLUSIVE),
        (ProgramRun(Ending.EXCEPTION, "", "MemoryError", 3, 1), Status.INCONCLUSIVE),
        (ProgramRun(Ending.EXCEPTION, "", "ModuleNotFoundError: x", 3, 1), Status.INCONCLUSIVE),
        (
            ProgramRun(Ending.EXCEPTION, "", "RuntimeError: can't start new thread", 3, 1),
            Status.INCONCLUSIVE,
        ),
    ],
)
def test_only_the_program_s_own_doing_refutes(run, status):
    result = judge_run(run, SAMPLE, OutputRules())

    assert result.status is status
    assert status is Status.PASSED or "given '2'" in result.message


def test_a_thread_that_fails_is_told_with_its_line():
    run = ProgramRun(Ending.NORMAL, "", "ZeroDivisionError: division by zero", 7)

    result = judge_run(run, SAMPLE, OutputRules())

    assert (result.status, result.candidate_line) == (Status.FAILED, 7)
    assert "ZeroDivisionError" in result.message


def test_what_follows_a_blank_line_may_be_an_explanation():
    sample = Sample("2\n", ("4\n\n2*2=4\n",))

    assert judge_run(ProgramRun(Ending.NORMAL, "4\n"), sample, OutputRules()).status is (
        Status.INCONCLUSIVE
    )
    assert judge_run(ProgramRun(Ending.NORMAL, "5\n"), sample, OutputRules()).status is (
        Status.FAILED
    )


def test_a_long_text_is_shown_in_part():
    sample = Sample("1 " * 500, ("4\n",))

    assert len(judge_run(ProgramRun(Ending.NORMAL, "5"), sample, OutputRules()).message) < 300
