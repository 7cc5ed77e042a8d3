"""A chosen suggestion stands where the call stood, and the file has no error: as an editor does it.

All calls are in one document. Its code actions come from Lean's file worker; that of the model's
suggestion for each call is applied, and the document that results is elaborated anew.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..lean_worker import CodeAction, running_worker
from ..package_lean import LeanRun, PackageLean
from .embedded_limits import CALLS_PER_WORKER, ONE_AT_A_TIME
from .scenario import MODEL_ALONE, PREAMBLE, FakeModel, Scenario, document

BINDERS = "(p q : Prop) (hp : p) (hq : q)"
TWO_STEPS = "have h := hp\nexact h"

SCENARIOS = [
    Scenario(
        "bullet",
        f"theorem t1 {BINDERS} : p ∧ q := by\n  constructor\n  · llmstep\n  · exact hq",
        (TWO_STEPS,),
    ),
    Scenario(
        "nested_bullets",
        f"theorem t2 {BINDERS} : (p ∧ q) ∧ q := by\n  constructor\n  · constructor\n"
        "    · llmstep\n    · exact hq\n  · exact hq",
        (TWO_STEPS,),
    ),
    Scenario(
        "case",
        f"theorem t3 {BINDERS} : p ∧ q := by\n  constructor\n  case left => llmstep\n"
        "  case right =>\n    exact hq",
        (TWO_STEPS,),
    ),
    Scenario(
        "alternative_of_cases",
        f"theorem t4 {BINDERS} (h : p ∨ q) : q ∨ p := by\n  cases h with\n  | inl hp => llmstep\n"
        "  | inr hq => exact Or.inl hq",
        ("apply Or.inr\nexact hp",),
    ),
    Scenario(
        "after_chain",
        f"theorem t5 {BINDERS} : p ∧ q := by\n  constructor <;> llmstep",
        ("skip\nfirst\n| exact hp\n| exact hq",),
    ),
    Scenario(
        "before_chain",
        f"theorem t6 {BINDERS} : p ∧ q := by\n  llmstep <;> assumption",
        ("have h := hp\nconstructor",),
    ),
    Scenario(
        "before_chain_on_the_next_line",
        f"theorem t7 {BINDERS} : p ∧ q := by\n  llmstep\n    <;> assumption",
        ("refine And.intro (by exact hp) ?_",),
    ),
    Scenario(
        "swallowing_before_chain",
        f"theorem t8 {BINDERS} : p ∧ (p → q) := by\n  llmstep <;> assumption",
        ("refine ⟨?_, fun _ => ?_⟩",),
    ),
    Scenario(
        "by_on_the_line", "theorem t9 (p : Prop) : p → p := by llmstep", ("intro h\nexact h",)
    ),
    Scenario(
        "inside_a_term",
        f"theorem t10 {BINDERS} : p ∧ q := by\n  exact And.intro (by llmstep) hq",
        (TWO_STEPS,),
    ),
    Scenario(
        "after_semicolon",
        f"theorem t11 {BINDERS} : p ∧ q := by\n  have h := hp; llmstep",
        ("constructor\n· exact h\n· exact hq",),
    ),
    Scenario(
        "before_semicolon",
        f"theorem t12 {BINDERS} : p ∧ q := by\n  llmstep; exact hp; exact hq",
        ("have h := hp\nconstructor",),
    ),
    Scenario(
        "in_first",
        f"theorem t13 {BINDERS} : p := by\n  first | llmstep | exact hp",
        (TWO_STEPS,),
    ),
    Scenario(
        "all_goals",
        f"theorem t14 {BINDERS} : p ∧ p := by\n  constructor\n  all_goals llmstep",
        (TWO_STEPS,),
    ),
    Scenario(
        "several_lines",
        "theorem t15 (n : Nat) : 0 + n = n := by\n  llmstep",
        ("induction n with\n| zero => rfl\n| succ n ih =>\n  have h := ih\n  omega",),
    ),
    Scenario(
        "unicode_before",
        f"theorem t16 {BINDERS} : p := by\n  have «𝔸ℵ» : p := by llmstep\n  exact «𝔸ℵ»",
        (TWO_STEPS,),
    ),
    Scenario(
        "prefix_and_comment",
        f'theorem t17 {BINDERS} : p := by\n  llmstep "have" -- a remark',
        (TWO_STEPS,),
    ),
    Scenario("with_question_mark", f"theorem t18 {BINDERS} : p := by\n  llmstep?", (TWO_STEPS,)),
    Scenario(
        "one_of_two_goals",
        f"theorem t19 {BINDERS} : p ∧ q := by\n  constructor\n  llmstep\n  exact hq",
        (TWO_STEPS,),
    ),
    Scenario(
        "calculation",
        "theorem t20 (a b : Nat) (h : a = b) : a + 0 = b := by\n  calc a + 0 = a := by llmstep\n"
        "    _ = b := h",
        ("have h := Nat.add_zero a\nexact h",),
    ),
    Scenario("braces", f"theorem t21 {BINDERS} : p := by\n  {{ llmstep }}", (TWO_STEPS,)),
    Scenario("next", f"theorem t22 {BINDERS} : p := by\n  next => llmstep", (TWO_STEPS,)),
    Scenario(
        "in_a_have",
        f"theorem t23 {BINDERS} : p := by\n  have h' : p := by\n    llmstep\n  exact h'",
        (TWO_STEPS,),
    ),
    Scenario(
        "model_with_a_margin",
        f"theorem t24 {BINDERS} : p ∧ q := by\n  llmstep",
        ("\n    constructor\n    · exact hp\n    · exact hq\n",),
    ),
    Scenario(
        "windows_line_ends",
        f"theorem t25 {BINDERS} : p ∧ q := by\n  llmstep",
        ("constructor\r\n· exact hp\r\n· exact hq\r\n",),
    ),
]

_CALL = re.compile(r'\bllmstep\??( "[^"]*")?(?=\s|;|\)|$)', re.MULTILINE)


@dataclass(frozen=True)
class Applied:
    """A document in which every call is replaced, by which actions, and what Lean says to it."""

    document: str
    actions: list[CodeAction]
    run: LeanRun


def suggested_actions(
    package: PackageLean, folder: Path, text: str, spool: Path
) -> list[CodeAction]:
    """The code action of the model's suggestion for each call in the text, in order.

    It comes after those for hypotheses that are the goal.
    """
    model = FakeModel(spool, {scenario.name: scenario.answer() for scenario in SCENARIOS})
    actions = []
    with model.answering(), running_worker(package, folder) as worker:
        worker.open(text)
        for call in _CALL.finditer(text, text.index("-- scenario")):
            before = text[: call.start()].split("\n")
            column = len(before[-1].encode("utf-16-le")) // 2
            found = worker.code_actions(len(before) - 1, column + 1)
            assert found, f"no code action for the call after {before[-2:]}"
            actions.append(found[-1])
    return actions


@pytest.fixture(scope="module")
def applied(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    folder = tmp_path_factory.mktemp("insertion_points")
    spool = folder / "spool"
    spool.mkdir()
    everything = PREAMBLE
    options = MODEL_ALONE + ONE_AT_A_TIME
    all_actions: list[CodeAction] = []
    for start in range(0, len(SCENARIOS), CALLS_PER_WORKER):
        text = document(SCENARIOS[start : start + CALLS_PER_WORKER], spool, options)
        actions = suggested_actions(package, folder, text, spool)
        for action in reversed(actions):
            text = action.apply(text)
        everything += text[text.index("-- scenario") :]
        all_actions += actions
    assert len(all_actions) == len(SCENARIOS)
    return Applied(everything, all_actions, package.run(everything))


def test_every_suggestion_can_stand_where_the_call_stood(applied: Applied) -> None:
    assert not _CALL.search(applied.document, applied.document.index("-- scenario"))
    messages = [(message.line, message.text) for message in applied.run.messages]
    assert messages == [], applied.document


@pytest.mark.parametrize(
    ("name", "inserted"),
    [
        ("bullet", "have h := hp\n    exact h"),
        ("nested_bullets", "have h := hp\n      exact h"),
        ("after_chain", "(skip\n                   first\n                   | exact hp\n"
         "                   | exact hq)"),
        ("before_chain_on_the_next_line", "(refine And.intro (by exact hp) ?_)"),
        ("swallowing_before_chain", "(refine ⟨?_, fun _ => ?_⟩)"),
        ("unicode_before", "have h := hp\n                      exact h"),
        ("model_with_a_margin", "constructor\n  · exact hp\n  · exact hq"),
    ],
)  # fmt: skip
def test_lines_and_brackets_are_fitted_to_the_insertion_point(
    applied: Applied, name: str, inserted: str
) -> None:
    index = [scenario.name for scenario in SCENARIOS].index(name)
    assert applied.actions[index].text == inserted
