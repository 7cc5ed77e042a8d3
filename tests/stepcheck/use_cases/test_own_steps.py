"""A person's own steps: checked by a real Lean, and kept in a folder."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.embedded.install import install
from stepcheck.lean.toolchain import EMBEDDED_SETTING, find_lean
from stepcheck.lean.written_tactics import written_tactics
from stepcheck.models.own_steps import OwnStep
from stepcheck.use_cases.own_steps import OwnSteps, check_own_step
from stepcheck.use_cases.row_file import RowFileError

FILE = """theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · exact hp
  · exact hr
"""


class NoProgress:
    def begin(self, step, total=None): ...

    def advance(self, position): ...

    def say(self, message): ...


@pytest.fixture(scope="module")
async def checker():
    install(NoProgress())
    async with StepChecker(find_lean(setting=EMBEDDED_SETTING)) as checker:
        await checker.start()
        yield checker


def own_step(goal: str = "⊢ True", step: str = "trivial") -> OwnStep:
    return OwnStep(
        key=f"{goal} {step}",
        written=datetime(2026, 1, 1, tzinfo=UTC),
        place="A.lean:1",
        goal=goal,
        context="",
        step=step,
        verdict="proved",
        source="typed",
        dismissed=(),
    )


async def test_what_lean_accepts_is_kept_with_its_goal_and_the_rest_is_not(checker):
    found = [await check_own_step(checker, each, Path("A.lean")) for each in written_tactics(FILE)]
    constructor, exact, wrong = found
    assert (constructor.step, constructor.verdict) == ("constructor", "progress")
    assert constructor.goal.endswith("⊢ p ∧ q")
    assert (exact.step, exact.place) == ("exact hp", "A.lean:3")
    assert exact.goal.splitlines()[-1] == "⊢ p"
    assert wrong is None


@pytest.mark.parametrize(
    ("shown", "source", "dismissed"),
    [
        ((), "typed", ()),
        (("grind", "constructor  "), "suggested", ("grind",)),
        (("grind", "simp"), "typed", ("grind", "simp")),
    ],
)
async def test_a_step_that_was_shown_was_suggested_and_the_others_were_dismissed(
    checker, shown, source, dismissed
):
    step = await check_own_step(checker, written_tactics(FILE)[0], None, shown)
    assert (step.source, step.dismissed) == (source, dismissed)


async def test_the_same_step_for_the_same_goal_has_the_same_key_elsewhere(checker):
    once = await check_own_step(checker, written_tactics(FILE)[0], Path("A.lean"))
    again = await check_own_step(checker, written_tactics(f"\n\n{FILE}")[0], Path("B.lean"))
    assert once.key == again.key


def test_nothing_is_kept_before_somebody_agrees(tmp_path: Path):
    steps = OwnSteps(tmp_path / "own")
    assert not steps.is_enabled
    steps.enable()
    assert steps.is_enabled
    steps.disable()
    assert not steps.is_enabled


def test_steps_are_kept_once_readable_by_their_owner_alone_until_they_are_forgotten(
    tmp_path: Path,
):
    steps = OwnSteps(tmp_path / "own")
    steps.enable()
    assert steps.add([own_step(), own_step(), own_step(step="simp")]) == 2
    assert steps.add([own_step()]) == 0
    assert [each.step for each in steps.read()] == ["trivial", "simp"]
    assert stat.S_IMODE(steps.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(steps.folder.stat().st_mode) == 0o700
    steps.forget()
    assert steps.read() == []


def test_a_row_that_was_cut_off_is_dropped_and_the_others_stay(tmp_path: Path):
    steps = OwnSteps(tmp_path)
    steps.add([own_step(), own_step(step="simp")])
    steps.file.write_bytes(steps.file.read_bytes()[:-20])
    assert [each.step for each in steps.read()] == ["trivial"]


def test_a_file_of_other_rows_is_refused_and_left_as_it_is(tmp_path: Path):
    steps = OwnSteps(tmp_path)
    steps.file.write_text('{"goal": "mine"}\n')
    with pytest.raises(RowFileError):
        steps.add([own_step()])
    assert steps.file.read_text() == '{"goal": "mine"}\n'


def test_what_was_learned_from_is_no_longer_new(tmp_path: Path):
    steps = OwnSteps(tmp_path)
    steps.add([own_step(), own_step(step="simp")])
    assert steps.unlearned == 2
    steps.mark_learned(2)
    steps.add([own_step(step="decide")])
    assert steps.unlearned == 1
