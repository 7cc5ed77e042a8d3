"""What Lean proposes at a position: read off the goal, and found in the library."""

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.errors import NoGoalError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import LeanProposals, ProposalSource
from stepcheck.lean.verdict import StepVerdict

INDEX_MILLISECONDS = 120_000

EXPECTED = [
    ("a hypothesis that is the goal", "(p q : Prop) (hp : p) (hq : q) : p", "exact hp"),
    ("… up to reducible definitions", "(a b : Nat) (h : b > a) : a < b", "exact h"),
    ("… among many", "(a : Nat) (b : a = 1) (c d e f g i : Nat) : a = 1", "assumption"),
    ("a rule", "(p q : Prop) (h : p → q) (hp : p) : q", "apply h"),
    ("an equation", "(a b : Nat) (f : Nat → Nat) (h : a = b) : f a = f b", "rw [h]"),
    ("a conjunction", "(p q : Prop) (h : p ∧ q) : q", "obtain ⟨h₁, h₂⟩ := h"),
    ("a witness", "(p : Nat → Prop) (h : ∃ x, p x) : True", "obtain ⟨x, hx⟩ := h"),
    ("alternatives", "(p q : Prop) (h : p ∨ q) : q ∨ p", "cases h <;> grind"),
    ("an implication", ": ∀ n : Nat, n = n", "intro n"),
    ("a conjunction to be proved", "(p q : Prop) : p ∧ q", "constructor"),
    ("an existence", "(n : Nat) : ∃ m, n ≤ m", "exact ⟨_, by omega⟩"),
    ("an existence with a variable", "(b : Bool) : ∃ c, c = b", "exact ⟨b, by grind⟩"),
    ("functions", "(f g : Nat → Nat) : f = g", "funext x"),
    ("a condition", "(c : Prop) [Decidable c] : (if c then 1 else 1) = 1", "split <;> simp_all"),
    ("cases of it", "(a : Nat) : (if a = 1 then a else 1) = 1", "by_cases h : a = 1 <;> simp [h]"),
    ("an inductive type", "(l : List Nat) : l.length = 0", "induction l <;> grind"),
    ("cases of enumerations", "(a b : Bool) : (a && b) = (b && a)", "cases a <;> cases b <;> rfl"),
    ("induction with others", "(l m : List Nat) : l ++ m = m", "induction l generalizing m"),
    ("a name that must be quoted", "(«my h» : 1 = 2) : False", "cases «my h»"),
]  # fmt: skip

FUNCTION = """
def double : Nat → Nat
  | 0 => 0
  | n + 1 => double n + 2

theorem double_eq (n : Nat) : double n = 2 * n := by
  """

THEOREM = """
def twist (n : Nat) : Nat := 3 * n + 1

theorem twist_zero : twist 0 = 1 := rfl

example : twist 0 + 0 = 1 := by
  """


def place(signature: str) -> ProofPosition:
    return ProofPosition(f"example {signature} := by\n  ", "\n")


def steps_of(proposed: LeanProposals) -> dict[str, ProposalSource]:
    return {proposal.step: proposal.source for proposal in proposed.proposals}


@pytest.mark.parametrize(("signature", "step"), [pytest.param(s, e, id=n) for n, s, e in EXPECTED])
async def test_a_goal_proposes(checker: StepChecker, signature: str, step: str):
    steps = steps_of(await checker.propose(place(signature)))
    assert steps[step] is ProposalSource.GOAL


async def test_automation_is_proposed_everywhere_and_nothing_twice(checker: StepChecker):
    position = place("(a b : Nat) : a + b = b + a")
    proposed = await checker.propose(position, INDEX_MILLISECONDS)
    steps = [proposal.step for proposal in proposed.proposals]
    assert {"rfl", "simp", "omega", "grind", "exact?"} <= set(steps)
    assert len(steps) == len(set(steps))


async def test_tactics_of_mathlib_are_not_proposed_without_it(checker: StepChecker):
    assert "ring" not in steps_of(await checker.propose(place("(a b : Nat) : a * b = b * a")))


async def test_names_that_cannot_be_written_are_not_proposed(checker: StepChecker):
    position = ProofPosition("example : ∀ p : Prop, p → p := by\n  intros\n  ", "\n")
    steps = steps_of(await checker.propose(position))
    assert not [step for step in steps if "✝" in step]
    assert "assumption" in steps


async def test_a_recursive_function_proposes_its_induction(checker: StepChecker):
    steps = steps_of(await checker.propose(ProofPosition(FUNCTION, "\n")))
    assert "fun_induction double <;> grind" in steps
    assert "simp [double]" in steps


async def test_theorems_that_share_rare_symbols_are_proposed(checker: StepChecker):
    position = place("(l m : List Nat) : (l ++ m).reverse = m.reverse ++ l.reverse")
    proposed = await checker.propose(position, INDEX_MILLISECONDS)
    assert proposed.complete
    assert steps_of(proposed)["rw [List.reverse_append]"] is ProposalSource.PREMISE


async def test_theorems_of_the_file_are_proposed(checker: StepChecker):
    steps = steps_of(await checker.propose(ProofPosition(THEOREM, "\n"), INDEX_MILLISECONDS))
    assert steps["rw [twist_zero]"] is ProposalSource.PREMISE


async def test_what_is_proposed_proves(checker: StepChecker):
    position = ProofPosition(FUNCTION, "\n")
    steps = list(steps_of(await checker.propose(position)))
    chosen = [step for step in steps if step.startswith("fun_induction")]
    verdicts = {each.verdict for each in await checker.check(position, chosen)}
    assert StepVerdict.PROVED in verdicts


async def test_where_nothing_is_to_prove_nothing_is_proposed(checker: StepChecker):
    with pytest.raises(NoGoalError):
        await checker.propose(ProofPosition("def n := 1\n", ""))
