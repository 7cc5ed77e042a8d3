"""What is accepted as a suggestion: the known mistakes of tactics of this kind are not made."""

import pytest

from ..lean_worker import running_worker
from ..package_lean import PackageLean
from .conftest import PlayAll
from .scenario import FakeModel, Scenario, Shown, document

CONJUNCTION = "(p q : Prop) (hp : p) (hq : q) : p ∧ q := by"

SCENARIOS = [
    Scenario(
        "earlier_error",
        f"theorem earlier_error {CONJUNCTION}\n  have wrong : p := by exact hq\n  llmstep",
        ("exact ⟨hp, hq⟩", "constructor", "exact ⟨wrong, hq⟩"),
    ),
    Scenario(
        "error_in_another_branch",
        f"theorem error_in_another_branch {CONJUNCTION}\n  constructor\n  · simp\n  · llmstep",
        ("exact hq",),
    ),
    Scenario(
        "sorry",
        f"example {CONJUNCTION}\n  llmstep?",
        (
            "sorry",
            "admit",
            "exact sorry",
            "have h : p := by sorry\nexact ⟨h, hq⟩",
            "constructor <;> admit",
            "exact ⟨hp, by sorry⟩",
        ),
    ),
    Scenario(
        "hypothesis_by_sorry",
        f"example {CONJUNCTION}\n  have h : p ∧ q := sorry\n  llmstep",
        ("exact h", "exact ⟨hp, hq⟩"),
    ),
    Scenario(
        "runtime_exceptions",
        "set_option llmstep.maxHeartbeats 500 in\n"
        "example (f : Nat → Nat) (hf : ∀ x, f x = f (x + 0)) (h : ∀ x, f x = 0) (x : Nat) : "
        "f x = 0 := by\n  llmstep?",
        (
            "repeat rw [hf]",
            "have : ∀ n < 60, ∀ m < 60, n + m = m + n := by decide\nexact h x",
            "have : ∀ n : Nat, n < 3000 → n * n < 9000000 := by decide\nexact h x",
            "iterate 100000 (rw [hf])",
            "exact (show ∀ n : Nat, n + 1000000 > 5 from by decide) x",
            "exact h x",
        ),
    ),
    Scenario(
        "several_lines",
        f"example {CONJUNCTION}\n  llmstep",
        ("apply And.intro\n· exact hp\n· exact hq", "  constructor\n  · exact hp\n  exact hq\n\n"),
    ),
    Scenario(
        "several_goals",
        f"example {CONJUNCTION}\n  constructor\n  llmstep?\n  exact hq",
        ("exact hp", "all_goals assumption", "swap"),
    ),
    Scenario(
        "by_its_own_name",
        "theorem by_its_own_name (a b : Nat) : a + b = b + a := by\n  llmstep?",
        (
            "exact by_its_own_name a b",
            "rw [by_its_own_name]",
            "simp [by_its_own_name a b]",
            "have := by_its_own_name a b\nexact this",
            "apply by_its_own_name",
            "exact @by_its_own_name _ _",
        ),
    ),
    Scenario(
        "lost_metavariable",
        "example (p q r : Prop) (h : p → q) (hr : p ∧ r) : q ∧ r := by\n  llmstep?",
        (
            "simpa [h] using And.imp_left h _",
            "exact And.imp_left h _",
            "exact (fun (_ : Nat) => And.imp_left h hr) _",
        ),
    ),
    Scenario(
        "not_checked",
        f"set_option llmstep.candidateTimeout 1 in\nexample {CONJUNCTION}\n  llmstep",
        ("have : ∀ n < 60, ∀ m < 60, n + m = m + n := by decide\nexact ⟨hp, hq⟩",),
    ),
]


@pytest.fixture(scope="module")
def shown(play_all: PlayAll) -> dict[str, Shown]:
    return play_all(SCENARIOS)


def test_an_earlier_error_in_the_declaration_does_not_make_suggestions_invalid(
    shown: dict[str, Shown],
) -> None:
    suggested = shown["earlier_error"].suggested
    reservation = "→ closes this goal; the declaration has an error: "
    assert f"[apply] exact ⟨hp, hq⟩  -- {reservation}" in suggested
    assert "[apply] constructor  -- → 2 goals" in suggested
    assert f"[apply] exact hq  -- {reservation}" in shown["error_in_another_branch"].suggested
    assert "✓" not in suggested


def test_sorry_and_admit_are_no_proofs(shown: dict[str, Shown]) -> None:
    assert shown["sorry"].failure.count("✗ unsound: uses `sorry`") == 6
    suggested = shown["hypothesis_by_sorry"].suggested
    assert "exact ⟨hp, hq⟩  -- ✓ proved" in suggested
    assert "exact h  -- → closes this goal; uses a hypothesis" in suggested


def test_a_slow_or_deep_suggestion_does_not_end_the_call(shown: dict[str, Shown]) -> None:
    assert "[apply] exact h x  -- ✓ proved" in shown["runtime_exceptions"].suggested
    assert shown["runtime_exceptions"].suggested.count("[apply]") == 1
    (listed,) = [
        text for text in shown["runtime_exceptions"].texts("information") if "Not accepted" in text
    ]
    assert "timeout" in listed
    assert "recursion" in listed


def test_info_trees_of_suggestions_do_not_leak(
    package: PackageLean, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("info_trees")
    spool = folder / "spool"
    spool.mkdir()
    call = Scenario(
        "leak",
        f"example {CONJUNCTION}\n  llmstep",
        ("exact?", "simp? [hp, hq]", "exact? <;> nonsense", "first | apply? | skip"),
    )
    text = document([call], spool)
    with (
        FakeModel(spool, {"leak": call.answer()}).answering(),
        running_worker(package, folder) as worker,
    ):
        worker.open(text)
        line = text.split("\n").index("  llmstep")
        actions = worker.code_actions(line, 3)
    texts = {action.text for action in actions}
    assert "simp? [hp, hq]" in texts
    assert texts <= set(call.suggestions)


def test_a_suggestion_may_have_several_lines(shown: dict[str, Shown]) -> None:
    suggested = shown["several_lines"].suggested
    assert "apply And.intro\n    · exact hp\n    · exact hq  -- ✓ proved" in suggested
    assert "constructor\n    · exact hp\n    exact hq  -- ✓ proved" in suggested


def test_closing_more_than_the_main_goal_leaves_nothing_to_the_tactics_that_follow(
    shown: dict[str, Shown],
) -> None:
    assert "[apply] exact hp  -- → 1 goal" in shown["several_goals"].suggested
    [others] = [text for text in shown["several_goals"].texts("information") if "Not" in text]
    assert "all_goals assumption  -- ✗ rejected: No goals" in others
    assert shown["several_goals"].errors == []


def test_a_theorem_does_not_prove_itself(shown: dict[str, Shown]) -> None:
    failure = shown["by_its_own_name"].failure
    assert failure.count("✗ unsound: uses the declaration that it is part of") >= 4
    assert "proved" not in failure


def test_a_lost_metavariable_is_no_proof(shown: dict[str, Shown]) -> None:
    failure = shown["lost_metavariable"].failure
    assert failure.count("✗ rejected") == 3


def test_what_could_not_be_checked_is_not_shown_as_good(shown: dict[str, Shown]) -> None:
    failure = shown["not_checked"].failure
    assert failure.startswith("llmstep: none of 1 suggestion works here: 1 timeout.")
    assert "more than 1 milliseconds" in failure


def test_what_is_inserted_does_not_depend_on_how_it_is_shown(
    package: PackageLean, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("insertion")
    spool = folder / "spool"
    spool.mkdir()
    call = Scenario("insert", f"example {CONJUNCTION}\n  llmstep", ("exact ⟨hp, hq⟩",))
    text = document([call], spool)
    with (
        FakeModel(spool, {"insert": call.answer()}).answering(),
        running_worker(package, folder) as worker,
    ):
        worker.open(text)
        (action,) = worker.code_actions(text.split("\n").index("  llmstep"), 3)
    assert action.text == "exact ⟨hp, hq⟩"
    assert action.title == "✓ exact ⟨hp, hq⟩"
    assert action.apply(text) == text.replace("  llmstep\n", "  exact ⟨hp, hq⟩\n")
