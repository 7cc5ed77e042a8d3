"""The whole file, elaborated anew with the chosen step in it."""

from dataclasses import replace

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.recheck import FileLean, verify_step
from stepcheck.lean.toolchain import Toolchain
from stepcheck.lean.verdict import CheckedStep, StepVerdict

from .cases import AXIOM_FREE_LEMMA, CONJUNCTION, FALSE, TRUE, behind

ROOM = 2560 << 20
LATER_ERROR = "\n\ntheorem later : 1 = 2 := by\n  rfl\n"
LATER_SORRY = "\n\ntheorem later : 1 = 2 := sorry\n"
HALF = CONJUNCTION.before + "constructor\n  · "
OTHER_ERRORS = "Other declarations have errors."


def lean_of(toolchain: Toolchain) -> FileLean:
    return FileLean("This Lean", toolchain.file_command(), ROOM)


def proved(step: str) -> CheckedStep:
    return CheckedStep(step, StepVerdict.PROVED)


def progress(step: str) -> CheckedStep:
    return CheckedStep(step, StepVerdict.PROGRESS, message="A goal is left.")


@pytest.mark.parametrize(
    ("position", "step", "reason"),
    [
        (behind(AXIOM_FREE_LEMMA, TRUE), "omega", ""),
        (replace(TRUE, after=LATER_ERROR), "omega", OTHER_ERRORS),
        (replace(TRUE, after=LATER_ERROR), "have h := a\nomega", OTHER_ERRORS),
        (replace(TRUE, after=LATER_SORRY), "omega", ""),
        (ProofPosition(HALF, "\n  · sorry\n"), "exact hp", ""),
        (replace(TRUE, after="\n\n#print axioms ok\n"), "omega", ""),
        (
            ProofPosition.from_line_column(TRUE.before + "rw [Nat.add_comm]\n  rfl\n", 2),
            "omega",
            "",
        ),
    ],
)
async def test_a_proof_stands_if_the_file_has_no_new_error(
    toolchain: Toolchain, position: ProofPosition, step: str, reason: str
) -> None:
    verified = await verify_step(lean_of(toolchain), position, proved(step))
    assert (verified.verdict, verified.reason) == (StepVerdict.PROVED, reason), verified
    assert bool(verified.messages) == bool(reason)


@pytest.mark.parametrize(
    ("checked", "after"),
    [
        (proved("exact no_such_lemma"), LATER_ERROR),
        (proved("skip"), ""),
        (proved("omega\nend"), ""),
        (progress("exact no_such_lemma"), LATER_ERROR),
    ],
)
async def test_a_new_error_rejects_the_step_and_is_shown(
    toolchain: Toolchain, checked: CheckedStep, after: str
) -> None:
    verified = await verify_step(lean_of(toolchain), replace(TRUE, after=after), checked)
    assert verified.verdict is StepVerdict.REJECTED, verified
    assert verified.messages
    assert all(message.line < 5 for message in verified.messages)


async def test_an_error_in_what_uses_the_declaration_rejects_the_step(toolchain: Toolchain) -> None:
    position = ProofPosition("def two : Nat := by\n  ", "\n\nexample : two = 2 := rfl\n")
    later = "\n\n@[simp] theorem two_eq : two = two := by\n  rfl\n#guard two == 2\n"
    right = await verify_step(lean_of(toolchain), replace(position, after=later), proved("exact 2"))
    assert right.verdict is StepVerdict.PROVED, right
    wrong = await verify_step(lean_of(toolchain), replace(position, after=later), proved("exact 3"))
    assert wrong.verdict is StepVerdict.REJECTED, wrong


@pytest.mark.parametrize(
    ("position", "step"),
    [
        (CONJUNCTION, "constructor"),
        (ProofPosition(HALF, "\n  · sorry\n"), "have h := hp"),
        (FALSE, "sorry"),
        (replace(CONJUNCTION, after="\n  · exact hp\n  · exact hq\n"), "constructor"),
    ],
)
async def test_progress_stays_progress_with_what_was_said_of_it(
    toolchain: Toolchain, position: ProofPosition, step: str
) -> None:
    verified = await verify_step(lean_of(toolchain), position, progress(step))
    assert (verified.verdict, verified.reason) == (StepVerdict.PROGRESS, "A goal is left.")


async def test_what_this_lean_lacks_is_not_held_against_the_step(toolchain: Toolchain) -> None:
    position = ProofPosition("def r (l : List Nat) : List Nat := by\n  ", "\n\n#eval r [1]\n")
    verified = await verify_step(lean_of(toolchain), position, proved("exact l.reverse"))
    assert verified.verdict is StepVerdict.UNKNOWN, verified
    assert verified.reason.startswith("This Lean")
    assert "List.reverse._redArg" in verified.reason


@pytest.mark.parametrize(
    "hiding",
    [
        "set_option warn.sorry false\n",
        "#guard_msgs (drop all) in\n",
        "set_option debug.skipKernelTC true\n",
    ],
)
async def test_a_file_that_hides_messages_is_never_fine(toolchain: Toolchain, hiding: str) -> None:
    verified = await verify_step(lean_of(toolchain), behind(hiding, FALSE), proved("sorry"))
    assert verified.verdict is StepVerdict.UNKNOWN
    assert "hides" in verified.reason


@pytest.mark.parametrize("ending", ["#exit", "#eval (IO.Process.exit 0 : IO Unit)"])
async def test_a_file_that_is_not_read_to_its_end_is_unknown(
    toolchain: Toolchain, ending: str
) -> None:
    position = ProofPosition(f"{ending}\ntheorem t : 1 = 2 := by\n  ", "\n")
    verified = await verify_step(lean_of(toolchain), position, proved("rfl"))
    assert verified.verdict is StepVerdict.UNKNOWN


async def test_a_file_that_runs_too_long_is_timeout(toolchain: Toolchain) -> None:
    hurried = replace(lean_of(toolchain), seconds=0.2)
    verified = await verify_step(hurried, TRUE, proved("omega"))
    assert verified.verdict is StepVerdict.TIMEOUT


async def test_a_lean_that_does_not_run_is_unknown(toolchain: Toolchain) -> None:
    lean = lean_of(toolchain)
    command = lean.command
    missing = replace(command, arguments=("/no/such/lean",))
    broken = replace(command, arguments=(command.arguments[0], "-e", "process.exit(1)"))
    for other in (
        replace(lean, memory_limit=50 << 20),
        replace(lean, command=missing),
        replace(lean, command=broken),
    ):
        verified = await verify_step(other, TRUE, proved("omega"))
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
