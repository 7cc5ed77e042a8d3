"""What each verdict means, in Lean itself."""

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import DocumentError, NoGoalError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.protocol import MessageSeverity
from stepcheck.lean.verdict import CheckedStep, StepVerdict

from .cases import CONJUNCTION, FALSE, TRUE, behind


async def check_one(checker: StepChecker, position: ProofPosition, step: str) -> CheckedStep:
    [checked] = await checker.check(position, [step])
    return checked


async def verdict(checker: StepChecker, position: ProofPosition, step: str) -> StepVerdict:
    return (await check_one(checker, position, step)).verdict


async def test_a_step_that_closes_the_goal_is_proved(checker: StepChecker) -> None:
    checked = await check_one(checker, TRUE, "omega")
    assert checked.verdict is StepVerdict.PROVED
    assert checked.goals == ()
    assert checked.milliseconds > 0


async def test_a_step_that_leaves_goals_is_progress_and_lists_them(checker: StepChecker) -> None:
    checked = await check_one(checker, CONJUNCTION, "constructor")
    assert checked.verdict is StepVerdict.PROGRESS
    assert [goal.rsplit("⊢ ", 1)[1] for goal in checked.goals] == ["p", "q"]


async def test_a_step_that_changes_nothing_is_no_progress(checker: StepChecker) -> None:
    assert await verdict(checker, TRUE, "skip") is StepVerdict.NO_PROGRESS
    assert await verdict(checker, TRUE, "all_goals skip") is StepVerdict.NO_PROGRESS


async def test_a_step_that_lean_refuses_is_rejected_with_its_message(checker: StepChecker) -> None:
    checked = await check_one(checker, TRUE, "exact no_such_lemma")
    assert checked.verdict is StepVerdict.REJECTED
    assert "no_such_lemma" in checked.message


async def test_a_step_that_runs_out_of_heartbeats_is_timeout_and_hurts_no_other(
    checker: StepChecker,
) -> None:
    limits = CheckLimits(heartbeats=5)
    slow = "iterate 50000 (try (rw [Nat.add_comm]))"
    checked = await checker.check(TRUE, ["exact Nat.add_comm a b", slow, "skip"], limits)
    assert [step.verdict for step in checked] == [
        StepVerdict.PROVED,
        StepVerdict.TIMEOUT,
        StepVerdict.NO_PROGRESS,
    ]


async def test_the_answers_come_in_the_order_of_the_candidates(checker: StepChecker) -> None:
    steps = ["omega", "", "exact (", "skip", "sorry", "\x00", "constructor"]
    checked = await checker.check(TRUE, steps)
    assert [step.step for step in checked] == steps


async def test_a_step_of_several_lines_is_one_step(checker: StepChecker) -> None:
    step = "have h : b + a = a + b := by\n  omega\nexact h.symm"
    assert await verdict(checker, TRUE, step) is StepVerdict.PROVED


async def test_with_several_goals_closing_the_first_leaves_the_others(
    checker: StepChecker,
) -> None:
    position = ProofPosition(CONJUNCTION.before + "constructor\n  ")
    state = await checker.open(position)
    assert len(state.goals) == 2
    checked = await check_one(checker, position, "exact hp")
    assert checked.verdict is StepVerdict.PROGRESS
    assert checked.goals == state.goals[1:]
    assert await verdict(checker, position, "all_goals assumption") is StepVerdict.PROVED


async def test_an_error_earlier_in_the_declaration_neither_hides_nor_completes_a_step(
    checker: StepChecker,
) -> None:
    position = ProofPosition(CONJUNCTION.before + "constructor\n  · exact nonsense\n  · ")
    checked = await check_one(checker, position, "exact hq")
    assert checked.verdict is StepVerdict.PROGRESS
    assert "nonsense" in checked.message
    assert await verdict(checker, position, "exact hp") is StepVerdict.REJECTED


async def test_an_error_earlier_in_the_file_does_not_matter(checker: StepChecker) -> None:
    position = behind("theorem broken : 1 = 2 := by\n  rfl\n\n#check (\n\n", TRUE)
    state = await checker.open(position)
    errors = [m for m in state.messages if m.severity is MessageSeverity.ERROR]
    assert errors
    assert errors[0].line == 2
    assert await verdict(checker, position, "omega") is StepVerdict.PROVED


async def test_messages_of_one_candidate_do_not_reach_the_next(checker: StepChecker) -> None:
    first, second = await checker.check(TRUE, ["exact no_such_lemma", "omega"])
    assert first.message
    assert second.message == ""


async def test_what_a_search_tactic_suggests_is_told(checker: StepChecker) -> None:
    checked = await check_one(
        checker, ProofPosition("example (a : Nat) : a + 0 = a := by\n  "), "simp?"
    )
    assert checked.verdict is StepVerdict.PROVED
    assert "Try this" in checked.message


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        ("theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨by ", ", hq⟩\n", "exact hp"),
        (
            "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  constructor\n  · ",
            "\n  · exact hq\n",
            "exact hp",
        ),
        (
            CONJUNCTION.before + "constructor\n  · exact hp\n  · ",
            "",
            "exact hq",
        ),
        (
            "theorem t (n : Nat) : 0 + n = n := by\n  induction n with\n  | zero => ",
            "\n  | succ n ih => omega\n",
            "rfl",
        ),
        (
            "theorem t (n : Nat) : 0 + n = n := by\n  induction n with\n  | zero => rfl\n"
            "  | succ n ih =>\n    ",
            "\n",
            "rw [Nat.zero_add]",
        ),
        (
            "theorem t (a b c : Nat) (h : a = b) (g : b = c) : a = c := by\n  calc a = b := h\n"
            "    _ = c := by ",
            "\n",
            "exact g",
        ),
        (
            "theorem t (n : Nat) : n = n := by\n  have h : n ≤ n + 1 := by\n    ",
            "\n  rfl\n",
            "omega",
        ),
        (
            "theorem t (n : Nat) : n = n := by\n  cases n\n  case zero => ",
            "\n  case succ n => rfl\n",
            "rfl",
        ),
        (
            "theorem t («𝔸 b» x' : Nat) (h : «𝔸 b» = x') : x' = «𝔸 b» := by\n  /- 🙂𝔸 -/ ",
            "\n",
            "exact h.symm",
        ),
        ("theorem t (n : Nat) : n = n := by\n  intros; ", "; done\n", "rfl"),
        ("theorem t : ∀ n : Nat, n = n := fun n => by\n  ", "\n", "rfl"),
        (
            "namespace A\nvariable (n : Nat)\nsection\ntheorem t : n = n := by\n  ",
            "\nend\nend A\n",
            "rfl",
        ),
        ("theorem t (h : 1 = 2) : False := by\n  first | (", ")\n", "contradiction"),
        ("example : True := by\r\n  ", "\r\n", "trivial"),
        ("instance : Inhabited Nat := ⟨by ", "⟩\n", "exact 0"),
        ("def f (n : Nat) (h : 0 < n) : Fin n := ⟨0, by ", "⟩\n", "exact h"),
    ],
)
async def test_a_tactic_can_stand_in_every_kind_of_block(
    checker: StepChecker, before: str, after: str, step: str
) -> None:
    position = ProofPosition(before, after)
    checked = await check_one(checker, position, step)
    assert checked.verdict is StepVerdict.PROVED, checked


@pytest.mark.parametrize(
    "before",
    ["", "theorem t : 1 = 1 := rfl\n", "def f := ", "theorem t : 1 = 1 := by\n  rfl\n  "],
)
async def test_where_nothing_is_to_be_proved_the_error_says_so(
    checker: StepChecker, before: str
) -> None:
    with pytest.raises(NoGoalError) as error:
        await checker.open(ProofPosition(before))
    assert error.value.remedy


async def test_an_import_that_does_not_exist_is_named(checker: StepChecker) -> None:
    with pytest.raises(DocumentError, match="NoSuchModule"):
        await checker.open(behind("import NoSuchModule\n", TRUE))


async def test_a_document_that_runs_too_long_is_an_error_and_hurts_no_other(
    checker: StepChecker,
) -> None:
    endless = "theorem slow : (List.range 300000).foldl (· + ·) 0 = 1 := by\n  decide +kernel\n\n"
    with pytest.raises(DocumentError):
        await checker.open(behind(endless, TRUE), CheckLimits(document_milliseconds=500))
    assert await verdict(checker, TRUE, "omega") is StepVerdict.PROVED


async def test_the_document_before_the_position_is_elaborated_once(checker: StepChecker) -> None:
    lemmas = "".join(
        f"theorem lemma{n} (a : Nat) : a + {n} = {n} + a := by omega\n" for n in range(20)
    )
    await checker.open(behind(lemmas, TRUE))
    edited = await checker.open(behind(lemmas, CONJUNCTION))
    assert edited.commands_reused >= 19


async def test_a_false_statement_is_not_proved_by_what_proves_true_ones(
    checker: StepChecker,
) -> None:
    steps = ["omega", "simp", "rfl", "decide", "grind", "simp_all", "exact?", "trivial"]
    for checked in await checker.check(FALSE, steps):
        assert checked.verdict is not StepVerdict.PROVED
