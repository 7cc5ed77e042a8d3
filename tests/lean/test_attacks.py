"""What must never come out `proved`, and never be shown: steps that cheat, escape or run programs.

Each case is a document, a step, and the verdicts that are right. What proves something false, or
proves nothing, is refused; what only looks suspicious is accepted.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.verdict import StepVerdict

from .cases import CONJUNCTION, FALSE, IMPORT_LEAN, TRUE, behind

PROVED, UNSOUND, REJECTED = StepVerdict.PROVED, StepVerdict.UNSOUND, StepVerdict.REJECTED
REFUSED = frozenset({UNSOUND, REJECTED, StepVerdict.TIMEOUT})

AXIOM = "axiom absurdity : False\n"
LEMMA_WITH_SORRY = "theorem lemma_with_sorry : False := by sorry\n"
LENGTH = ProofPosition("theorem length : (List.range 100).length = 100 := by\n  ")


@dataclass(frozen=True)
class Case:
    """A step, where it is tried, and what may be said of it."""

    name: str
    position: ProofPosition
    step: str
    right: frozenset[StepVerdict]


def unsound(name: str, position: ProofPosition, step: str) -> Case:
    return Case(name, position, step, frozenset({UNSOUND}))


def rejected(name: str, position: ProofPosition, step: str) -> Case:
    return Case(name, position, step, frozenset({REJECTED}))


def refused(name: str, position: ProofPosition, step: str) -> Case:
    return Case(name, position, step, REFUSED)


def proved(name: str, position: ProofPosition, step: str) -> Case:
    return Case(name, position, step, frozenset({PROVED}))


GIVING_UP = [
    unsound("sorry", FALSE, "sorry"),
    unsound("admit", FALSE, "admit"),
    unsound("stop", FALSE, "stop\nomega"),
    rejected("stop without a rest", FALSE, "stop"),
    unsound("sorry as a synthetic axiom", FALSE, "exact sorryAx _ true"),
    unsound("sorry as an axiom", FALSE, "exact sorryAx _ false"),
    unsound("sorry as a fallback", FALSE, "first | omega | sorry"),
    unsound("sorry in a term", FALSE, "all_goals (first | omega | exact (by sorry))"),
    unsound("sorry in a part", CONJUNCTION, "refine ⟨?_, sorry⟩"),
    unsound("sorry in a lemma on the way", FALSE, "have h : n = n + 1 := by sorry\nexact h"),
    unsound("sorry in a lemma that is left unused", TRUE, "have h : 1 = 2 := sorry\nomega"),
    unsound(
        "sorry by a macro of the document",
        behind('macro "gift" : tactic => `(tactic| sorry)\n\n', FALSE),
        "gift",
    ),
    unsound(
        "sorry in an instance of the document",
        ProofPosition(
            "instance gift : Decidable (1 = 2) := isTrue sorry\nexample : 1 = 2 := by\n  "
        ),
        "decide",
    ),
    unsound(
        "sorry in a definition of the document",
        behind("def gift : ∀ n : Nat, n = n + 1 := sorry\n\n", FALSE),
        "exact gift n",
    ),
]

SELF_REFERENCE = [
    refused("the theorem itself", FALSE, "exact bad n"),
    refused("the theorem itself in a lemma", FALSE, "have h := bad n\nexact h"),
    refused("the theorem itself by search", FALSE, "solve_by_elim [bad]"),
    refused("the theorem itself by simp", FALSE, "simpa using bad n"),
    refused(
        "the theorem itself in its namespace",
        ProofPosition("namespace A\ntheorem B.bad (n : Nat) : n = n + 1 := by\n  "),
        "exact B.bad n",
    ),
    refused(
        "a mutual theorem",
        ProofPosition(
            "mutual\ntheorem one (n : Nat) : n = n + 1 := by exact two n\n"
            "theorem two (n : Nat) : n = n + 1 := by\n  ",
            "\nend\n",
        ),
        "exact one n",
    ),
    refused(
        "a lemma with the same name on the way", FALSE, "have bad : n = n + 1 := bad n\nexact bad"
    ),
]

AXIOMS = [
    unsound("an axiom of the document", behind(AXIOM, FALSE), "exact absurdity.elim"),
    unsound("a lemma with sorry", behind(LEMMA_WITH_SORRY, FALSE), "exact lemma_with_sorry.elim"),
    unsound(
        "a lemma on an axiom",
        behind(AXIOM + "theorem gift : 1 = 2 := absurdity.elim\n", FALSE),
        "exact absurd gift (by decide)",
    ),
    unsound(
        "an axiom named like a standard one",
        behind("namespace A\naxiom propext : False\nend A\nopen A\n", FALSE),
        "exact A.propext.elim",
    ),
    unsound(
        "an axiom through simp",
        ProofPosition(
            "@[simp] axiom gift (f : Nat → Nat) : f 0 = 1\nexample : Nat.pred 0 = 1 := by\n  "
        ),
        "simp [gift Nat.pred]",
    ),
    unsound(
        "an axiom as an instance",
        behind(
            "axiom gift (n : Nat) : Decidable (n = n + 1)\n"
            "instance (n : Nat) : Decidable (n = n + 1) := gift n\n",
            TRUE,
        ),
        "have : Decidable (a = a + 1) := inferInstance\nomega",
    ),
    refused("native_decide", LENGTH, "native_decide"),
    refused("decide with compiled code", LENGTH, "decide +native"),
    refused(
        "decide configured to use compiled code", LENGTH, "decide (config := { native := true })"
    ),
    refused(
        "the axiom of compiled code",
        LENGTH,
        "exact of_decide_eq_true (Lean.ofReduceBool _ true rfl)",
    ),
    refused("trust in the compiler", FALSE, "exact Lean.trustCompiler ▸ by omega"),
    refused(
        "compiled code in bv_decide",
        ProofPosition(
            "import Std\ntheorem b (x y : BitVec 8) : x &&& y = x + y - (x ||| y) := by\n  "
        ),
        "bv_decide",
    ),
]

ESCAPES = [
    rejected("a command that prints", TRUE, 'omega\n#eval IO.println "x"'),
    rejected("a command in the first column", TRUE, "omega\n\n#eval 1"),
    rejected("an axiom behind the step", TRUE, "omega\naxiom bad : False"),
    rejected("the end of a section", TRUE, "omega\nend"),
    rejected("an option behind the step", TRUE, "omega\nset_option debug.skipKernelTC true"),
    rejected("a notation behind the step", TRUE, 'omega\nlocal notation "False" => True'),
    rejected(
        "a lemma behind the step", TRUE, "omega\n@[simp] theorem z (n : Nat) : n = 0 := sorry"
    ),
    rejected(
        "a macro behind the step", TRUE, "omega\nmacro_rules | `(tactic| omega) => `(tactic| sorry)"
    ),
    rejected("an open comment", TRUE, "omega /-"),
    rejected("an open comment that swallows the rest", FALSE, "skip /- "),
    rejected("a closed comment that was not opened", TRUE, "omega -/"),
    rejected("a closing parenthesis", TRUE, "omega)"),
    rejected("a closing bracket", TRUE, "exact Nat.add_comm a b⟩"),
    rejected(
        "a closing bracket and another proof",
        ProofPosition("theorem t : 1 = 2 ∧ True := ⟨by ", ", trivial⟩\n"),
        "skip, trivial⟩ --",
    ),
    rejected("by in front", TRUE, "by omega"),
    rejected("where behind", TRUE, "exact h\nwhere h := Nat.add_comm a b"),
    rejected("an open string", TRUE, 'exact ("'),
    rejected("an empty step", TRUE, ""),
    rejected("a comment and no step", TRUE, "-- omega"),
    rejected("a termination hint", TRUE, "omega\n  termination_by a"),
    rejected(
        "a next case",
        ProofPosition(
            "theorem t (n : Nat) : n = n + 1 := by\n  cases n with\n  | zero => ",
            "\n  | succ n => sorry\n",
        ),
        "skip\n| succ n => sorry\n| zero => sorry",
    ),
    rejected("a name that cannot be read", TRUE, "exact «"),
]

OPTIONS = [
    refused("no heartbeat limit", TRUE, "set_option maxHeartbeats 0 in omega"),
    refused("no kernel", TRUE, "set_option debug.skipKernelTC true in omega"),
    refused(
        "an option in a term", TRUE, "exact set_option debug.skipKernelTC true in Nat.add_comm a b"
    ),
    refused("an option on the way", TRUE, "set_option maxRecDepth 1000000 in skip\nomega"),
]

METAVARIABLES = [
    refused(
        "a lost metavariable under simpa",
        ProofPosition("theorem t (p q r : Prop) (h : p → q) : p ∧ r → q ∧ r := by\n  "),
        "simpa [h] using And.imp_left h _",
    ),
    refused("a hole that nothing fills", CONJUNCTION, "exact ⟨_, hq⟩"),
    refused("a lemma on a hole", FALSE, "exact absurd (?h : 1 = 2) (by decide)"),
    refused("a goal that is thrown away", FALSE, "have h : 1 = 2 := ?_\nomega\nclear h"),
    refused("a case that does not exist", FALSE, "case nothing => omega"),
    refused(
        "a choice that is left open",
        ProofPosition("theorem t : ∃ n : Nat, n = n + 1 := by\n  "),
        "refine ⟨?n, ?_⟩\nrfl",
    ),
]

CHEAT = (
    "Lean.addDecl (.axiomDecl {name := `cheat, levelParams := [], "
    "type := Lean.mkConst ``False, isUnsafe := false})"
)
TRUE_BY_NAME = "return Lean.mkApp2 (Lean.mkConst ``id [.zero]) goal (Lean.mkConst ``True.intro)"
FROM_CHEAT = "return Lean.mkApp2 (Lean.mkConst ``False.elim [.zero]) goal (Lean.mkConst `cheat)"
PROVED_SAY_ALL = """import Lean
meta partial def shouting : Nat → IO Unit
  | 0 => pure ()
  | n + 1 => do IO.println s!"\\{\\"id\\":{n},\\"index\\":0,\\"verdict\\":\\"proved\\"}"; shouting n
elab "gift" : tactic => shouting 3000
elab "other_thread" : tactic => do IO.ofExcept (← IO.wait (← IO.asTask (shouting 3000)))
"""


def gift(program: str, options: str = "") -> ProofPosition:
    """A document with a term `gift` that a program makes for the goal."""
    return behind(f'{IMPORT_LEAN}{options}elab "gift" : term <= goal => do {program}\n', FALSE)


LEAN = behind(IMPORT_LEAN, FALSE)
NO_KERNEL = "set_option debug.skipKernelTC true\n"

PROGRAMS = [
    refused(
        "a program that assigns a wrong proof",
        LEAN,
        "run_tac Lean.Elab.Tactic.closeMainGoal `x (Lean.mkConst ``True.intro)",
    ),
    refused(
        "a program that adds an axiom",
        LEAN,
        f"run_tac {CHEAT}\nexact (by_elab return Lean.mkConst `cheat : False).elim",
    ),
    refused(
        "a term that is a wrong proof", LEAN, "exact (by_elab return Lean.mkConst ``True.intro)"
    ),
    refused("a wrong proof made by the document", gift(TRUE_BY_NAME), "exact gift"),
    refused("the same without the kernel", gift(TRUE_BY_NAME, NO_KERNEL), "exact gift"),
    unsound("an axiom made by the document", gift(f"{CHEAT}; {FROM_CHEAT}"), "exact gift"),
    refused(
        "a tactic of the document that drops the goal",
        behind(f'{IMPORT_LEAN}elab "gift" : tactic => Lean.Elab.Tactic.setGoals []\n', FALSE),
        "gift",
    ),
    rejected(
        "a tactic of the document that speaks for the checker",
        behind(PROVED_SAY_ALL, FALSE),
        "gift\nomega",
    ),
    rejected(
        "a tactic of the document that speaks for the checker in a thread of its own",
        behind(PROVED_SAY_ALL, FALSE),
        "other_thread\nomega",
    ),
]

HARMLESS = [
    proved("comments around the step", TRUE, "/- -/ omega -- ("),
    proved("blank lines behind the step", TRUE, "(omega)\n\n\n"),
    proved("a semicolon behind the step", TRUE, "omega;"),
    proved("a command in a string", TRUE, 'have : "#eval sorry" = "#eval sorry" := rfl\nomega'),
    proved("an open namespace", TRUE, "open Nat in omega"),
    proved("a lemma with a name like sorry", TRUE, "have sorry_not : a = a := rfl\nomega"),
    proved(
        "the standard axioms",
        ProofPosition("theorem t (p : Prop) : p ∨ ¬p := by\n  "),
        "exact Classical.em p",
    ),
    proved(
        "a proof by another lemma",
        behind("theorem helper (a b : Nat) : a + b = b + a := by omega\n", TRUE),
        "exact helper a b",
    ),
    proved("a proof that closes with a term", TRUE, "exact by omega"),
]

CASES = [
    *GIVING_UP,
    *SELF_REFERENCE,
    *AXIOMS,
    *ESCAPES,
    *OPTIONS,
    *METAVARIABLES,
    *PROGRAMS,
    *HARMLESS,
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_the_verdict_is_right(checker: StepChecker, case: Case) -> None:
    [checked] = await checker.check(case.position, [case.step])
    assert checked.verdict in case.right, checked
    assert checked.verdict is PROVED or checked.message


WRITERS = [
    ('import Lean\n#eval IO.FS.writeFile "{file}" "x"\n', "omega"),
    ('import Lean\nrun_cmd IO.FS.writeFile "{file}" "x"\n', "omega"),
    (
        "import Lean\n#eval show IO Unit from do\n"
        '  discard <| IO.Process.run {{ cmd := "touch", args := #["{file}"] }}\n',
        "omega",
    ),
    ("import Lean\n", 'run_tac IO.FS.writeFile "{file}" "x"\nomega'),
    ("", 'omega\n#eval IO.FS.writeFile "{file}" "x"'),
    ('import Lean\nelab "touch" : tactic => IO.FS.writeFile "{file}" "x"\n', "touch\nomega"),
    (
        "import Lean\n",
        'exact (by_elab do IO.FS.writeFile "{file}" "x"; return Lean.mkNatLit 0 : Nat) ▸ by omega',
    ),
    (
        "",
        "simp (config := unsafe (unsafeCast (unsafeIO "
        '(IO.FS.writeFile "{file}" "x")))) [Nat.add_comm]',
    ),
]


@pytest.mark.parametrize(("prefix", "step"), WRITERS, ids=[str(n) for n in range(len(WRITERS))])
async def test_neither_the_document_nor_a_step_writes_a_file(
    checker: StepChecker, tmp_path: Path, prefix: str, step: str
) -> None:
    file = tmp_path / "written"
    position = behind(prefix.format(file=file), TRUE)
    await checker.check(position, [step.replace("{file}", str(file))])
    assert list(tmp_path.iterdir()) == []
    [afterwards] = await checker.check(TRUE, ["omega"])
    assert afterwards.verdict is PROVED
