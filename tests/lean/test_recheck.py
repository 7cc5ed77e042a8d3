"""The whole file, elaborated anew with the chosen step in it."""

from dataclasses import replace

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.recheck import VerifiedStep, verify_step
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import StepVerdict

from .cases import AXIOM_FREE_LEMMA, CONJUNCTION, FALSE, TRUE, behind

ROOM = 2560 << 20
REJECTED = StepVerdict.REJECTED
LATER_ERROR = "\n\ntheorem later : 1 = 2 := by\n  rfl\n\ntheorem last : 1 = 2 := sorry\n"


@pytest.mark.parametrize(
    ("position", "step", "expected"),
    [
        (behind(AXIOM_FREE_LEMMA, TRUE), "omega", StepVerdict.PROVED),
        (
            replace(TRUE, after="\n\ntheorem later : 1 = 2 := by\n  rfl\n"),
            "omega",
            StepVerdict.PROVED,
        ),
        (replace(TRUE, after="\n\ntheorem later : 1 = 2 := sorry\n"), "omega", StepVerdict.PROVED),
        (CONJUNCTION, "constructor", StepVerdict.PROGRESS),
        (
            ProofPosition(CONJUNCTION.before + "constructor\n  · ", "\n  · sorry\n"),
            "exact hp",
            StepVerdict.PROGRESS,
        ),
        (TRUE, "exact no_such_lemma", REJECTED),
        (FALSE, "sorry", StepVerdict.PROGRESS),
        (
            replace(TRUE, after="\n\ntheorem later : ok = ok := rfl\n"),
            "omega\nend",
            REJECTED,
        ),
    ],
)
async def test_the_file_with_the_step_decides(
    toolchain: Toolchain,
    position: ProofPosition,
    step: str,
    expected: StepVerdict,
) -> None:
    verified = await verify_step(toolchain.file_command(), ROOM, position, step)
    assert verified.verdict is expected, verified
    assert verified.verdict is StepVerdict.PROVED or verified.messages


@pytest.mark.parametrize(
    "hiding",
    [
        "set_option warn.sorry false\n",
        "#guard_msgs (drop all) in\n",
        "set_option debug.skipKernelTC true\n",
    ],
)
async def test_a_file_that_hides_messages_is_never_fine(toolchain: Toolchain, hiding: str) -> None:
    verified = await verify_step(toolchain.file_command(), ROOM, behind(hiding, FALSE), "sorry")
    assert verified.verdict is StepVerdict.UNKNOWN
    assert "hides" in verified.reason


@pytest.mark.parametrize("ending", ["#exit", "#eval (IO.Process.exit 0 : IO Unit)"])
async def test_a_file_that_is_not_read_to_its_end_is_unknown(
    toolchain: Toolchain, ending: str
) -> None:
    position = ProofPosition(f"{ending}\ntheorem t : 1 = 2 := by\n  ", "\n")
    verified = await verify_step(toolchain.file_command(), ROOM, position, "rfl")
    assert verified.verdict is StepVerdict.UNKNOWN


async def test_a_file_that_runs_too_long_is_timeout(toolchain: Toolchain) -> None:
    verified = await verify_step(toolchain.file_command(), ROOM, TRUE, "omega", seconds=0.2)
    assert verified.verdict is StepVerdict.TIMEOUT


async def test_a_lean_that_does_not_run_is_unknown(toolchain: Toolchain) -> None:
    command = toolchain.file_command()
    missing = replace(command, arguments=("/no/such/lean",))
    broken = replace(command, arguments=(command.arguments[0], "-e", "process.exit(1)"))
    starved = await verify_step(command, 50 << 20, TRUE, "omega")
    answers: list[VerifiedStep] = [
        starved,
        await verify_step(missing, ROOM, TRUE, "omega"),
        await verify_step(broken, ROOM, TRUE, "omega"),
    ]
    for verified in answers:
        assert verified.verdict is StepVerdict.UNKNOWN
        assert verified.reason


@pytest.mark.parametrize(
    ("position", "step", "expected"),
    [
        (TRUE, "omega", StepVerdict.PROVED),
        (TRUE, "exact no_such_lemma", StepVerdict.REJECTED),
        (behind("axiom gift : False\n", FALSE), "exact gift.elim", StepVerdict.UNSOUND),
        (behind("theorem gift : False := sorry\n", FALSE), "exact gift.elim", StepVerdict.UNSOUND),
        (
            replace(CONJUNCTION, after="\n  · exact hp\n  · exact hq\n"),
            "constructor",
            StepVerdict.PROGRESS,
        ),
    ],
)
async def test_the_file_and_the_step_must_both_be_right(
    checker: StepChecker, position: ProofPosition, step: str, expected: StepVerdict
) -> None:
    verified = await checker.verify(position, step)
    assert verified.verdict is expected, verified
