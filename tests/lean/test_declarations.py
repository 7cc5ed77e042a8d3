"""What a step means for its declaration: recursion, unproved hypotheses, half-written text."""

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import NoGoalError
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import CheckedStep, StepVerdict

from .cases import FALSE, TRUE, behind

LIST_LENGTH = ProofPosition(
    "theorem len (l : List Nat) : l.length ≥ 0 := by\n  cases l with\n  | nil => simp\n"
    "  | cons x xs =>\n    "
)
RECURSION = "cases n with\n| zero => rfl\n| succ m => exact congrArg (· + 1) (two m).1"


async def check_one(checker: StepChecker, position: ProofPosition, step: str) -> CheckedStep:
    [checked] = await checker.check(position, [step])
    return checked


async def test_a_recursion_that_lean_accepts_is_proved(checker: StepChecker) -> None:
    checked = await check_one(checker, LIST_LENGTH, "exact Nat.le_trans (len xs) (by simp)")
    assert checked.verdict is StepVerdict.PROVED


async def test_a_recursion_that_does_not_terminate_is_unsound_and_says_why(
    checker: StepChecker,
) -> None:
    checked = await check_one(checker, LIST_LENGTH, "exact len (x :: xs)")
    assert checked.verdict is StepVerdict.UNSOUND
    assert "termination" in checked.message


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ("\n  · trivial\n", StepVerdict.PROVED),
        ("\n  · sorry\n", StepVerdict.PROGRESS),
        ("\n  · exact no_such_lemma\n", StepVerdict.PROGRESS),
        ("", StepVerdict.PROGRESS),
    ],
)
async def test_a_recursion_is_judged_with_the_rest_of_its_declaration(
    checker: StepChecker, after: str, verdict: StepVerdict
) -> None:
    before = "theorem two (n : Nat) : n + 0 = n ∧ True := by\n  constructor\n  · "
    checked = await check_one(checker, ProofPosition(before, after), RECURSION)
    assert checked.verdict is verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("cases m with\n  | zero => rfl\n  | succ k => exact congrArg (· + 1) (go k)", "proved"),
        ("exact go m", "unsound"),
    ],
)
async def test_a_recursive_function_inside_a_step_is_judged_with_its_declaration(
    checker: StepChecker, body: str, verdict: str
) -> None:
    step = f"let rec go (m : Nat) : m + 0 = m := by\n  {body}\nexact go n"
    position = ProofPosition("theorem t (n : Nat) : n + 0 = n := by\n  ")
    assert (await check_one(checker, position, step)).verdict == verdict


async def test_a_recursive_function_hides_no_sorry_in_an_example(checker: StepChecker) -> None:
    step = (
        "let rec go (n : Nat) : 1 = 2 := by\n  cases n with\n  | zero => sorry\n"
        "  | succ k => exact go k\nexact go 0"
    )
    for statement in ("example", "theorem t"):
        position = ProofPosition(f"{statement} : 1 = 2 := by\n  ")
        assert (await check_one(checker, position, step)).verdict is StepVerdict.UNSOUND


@pytest.mark.parametrize(
    ("earlier", "step"),
    [
        ("have h : False := by sorry\n  ", "exact h.elim"),
        ("have h := bad n\n  ", "exact h"),
        ("have ⟨h, _⟩ : n = n + 1 ∧ True := sorry\n  ", "exact h"),
        ("obtain ⟨h, _⟩ : n = n + 1 ∧ True := by sorry\n  ", "exact h"),
        ("suffices h : n = n + 1 by\n    exact h\n  have g := bad n\n  ", "exact g"),
        (
            "have h : False := by sorry\n  have g : 1 = 2 := h.elim\n  ",
            "exact absurd g (by decide)",
        ),
    ],
)
async def test_a_hypothesis_that_the_proof_did_not_prove_proves_nothing(
    checker: StepChecker, earlier: str, step: str
) -> None:
    checked = await check_one(checker, ProofPosition(FALSE.before + earlier), step)
    assert (checked.verdict, checked.goals) == (StepVerdict.PROGRESS, ())
    assert "hypothesis" in checked.message or "termination" in checked.message


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (
            "theorem t (p q : Prop) (hq : q) : p ∧ q := by\n  constructor\n  · sorry\n  · ",
            "exact hq",
        ),
        (
            "theorem t (p q : Prop) (h : p ∨ q) (f : q → p) : p := by\n  cases h with\n"
            "  | inl h => sorry\n  | inr h => ",
            "exact f h",
        ),
        (
            "theorem t (p : Nat → Prop) (f : ∀ m, p m) (n : Nat) : p n := by\n  cases n with\n"
            "  | zero => sorry\n  | succ m => ",
            "exact f (m + 1)",
        ),
    ],
)
async def test_what_is_left_open_elsewhere_does_not_matter(
    checker: StepChecker, before: str, step: str
) -> None:
    checked = await check_one(checker, ProofPosition(before), step)
    assert checked.verdict is StepVerdict.PROVED


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ("theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨by ", "exact hp"),
        (
            "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := And.intro (by exact hp) (by ",
            "skip",
        ),
        ("theorem t (n : Nat) : 0 + n = n := by\n  induction n with\n  | zero => ", "rfl"),
    ],
)
async def test_a_declaration_that_is_half_written_has_its_goal(
    checker: StepChecker, before: str, step: str
) -> None:
    checked = await check_one(checker, ProofPosition(before), step)
    assert checked.verdict in (StepVerdict.PROGRESS, StepVerdict.NO_PROGRESS)


async def test_a_comment_does_not_swallow_what_follows_on_the_line(checker: StepChecker) -> None:
    position = ProofPosition("theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨by ", ", hq⟩\n")
    assert (await check_one(checker, position, "exact hp -- so")).verdict is StepVerdict.REJECTED
    assert (await check_one(checker, position, "exact hp /- so -/")).verdict is StepVerdict.PROVED


@pytest.mark.parametrize(
    ("step", "verdict"),
    [
        ("simp (config := { decide := true }) [Nat.add_comm]", StepVerdict.PROVED),
        ("simp +decide [Nat.add_comm]", StepVerdict.PROVED),
        (
            "omega (config := match unsafeIO (pure ()) with | _ => {})",
            StepVerdict.UNSOUND,
        ),
        ("decide (config := { native := true })", StepVerdict.UNSOUND),
    ],
)
async def test_the_configuration_of_a_tactic_is_no_program(
    checker: StepChecker, step: str, verdict: StepVerdict
) -> None:
    assert (await check_one(checker, TRUE, step)).verdict is verdict


async def test_what_does_not_parse_is_named_where_no_goal_is_found(checker: StepChecker) -> None:
    with pytest.raises(NoGoalError, match="expected term"):
        await checker.open(ProofPosition("theorem t : = 1 := by\n  "))


async def test_a_long_document_and_many_requests_do_not_overflow_the_stack(
    checker: StepChecker,
) -> None:
    lemmas = "".join(f"theorem long{n} : {n} = {n} := rfl\n" for n in range(600))
    limits = CheckLimits(document_milliseconds=120_000)
    await checker.open(behind(lemmas, TRUE), limits)
    for _ in range(150):
        assert (await check_one(checker, TRUE, "skip")).verdict is StepVerdict.NO_PROGRESS
    assert len(await checker.check(TRUE, ["skip"] * 500)) == 500
