"""What Lean itself proposes to the tactics, beside the model and without it."""

import pytest

from ..lean_worker import running_worker
from ..package_lean import PackageLean
from .scenario import FakeModel, Scenario, Shown, document, play

CONJUNCTION = "(p q : Prop) (hp : p) (hq : q) : p ∧ q := by"
DISTRIBUTION = "(p q r : Prop) : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by"
SQUARE = ": ∃ n : Nat, n * n = 49 := by"
LONGER = "set_option llmstep.proposalTimeout 3000\n"
"""More than the default, since the tests share their processors."""

NOBODY = 'set_option llmstep.spool "/nowhere" in\n'

SCENARIOS = [
    Scenario("beside_the_model", f"example {CONJUNCTION}\n  llmstep", ("exact ⟨hp, hq⟩", "skip")),
    Scenario("no_model", f"{NOBODY}example {CONJUNCTION}\n  llmstep"),
    Scenario("no_model_no_way", f"{NOBODY}example (p : Prop) : p := by\n  llmstep"),
    Scenario("prefix", f'{NOBODY}example (n : Nat) (h : n = 0) : n + 0 = 0 := by\n  llmstep "rw"'),
    Scenario("nonsense", f"example {CONJUNCTION}\n  llmstep", ("exact nonsense",)),
    Scenario(
        "every_case",
        f"{NOBODY}example (p q : Prop) (h : p ∨ q) : q ∨ p := by\n  llmqed",
    ),
    Scenario("search_without_model", f"{NOBODY}example {DISTRIBUTION}\n  llmqed"),
    Scenario(
        "search_of_both",
        f"example {SQUARE}\n  llmqed",
        ("refine ⟨7, ?_⟩",),
    ),
    Scenario(
        "search_in_vain",
        f"set_option llmstep.qed.timeout 2000 in\n{NOBODY}example (p : Prop) : p := by\n  llmqed",
    ),
    Scenario(
        "search_itself",
        "set_option llmstep.qed.timeout 2000 in\n"
        f"{NOBODY}theorem search_itself (a b : Nat) : a = b := by\n  llmqed",
    ),
]


@pytest.fixture(scope="module")
def shown(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    return play(package, tmp_path_factory.mktemp("proposals"), SCENARIOS, options=LONGER)


def entries(shown: Shown) -> dict[str, str]:
    """The summaries of what is suggested, by its text."""
    lines = [line for line in shown.suggested.split("\n") if "[apply] " in line]
    pairs = [line.split("[apply] ")[1].split("  -- ") for line in lines]
    return {pair[0]: pair[1] for pair in pairs}


def remark(shown: Shown) -> str:
    """The one message that says that the model did not answer."""
    (text,) = [text for text in shown.texts("information") if "did not answer" in text]
    return text


def test_every_suggestion_says_where_it_comes_from(shown: dict[str, Shown]) -> None:
    found = entries(shown["beside_the_model"])
    assert found["exact ⟨hp, hq⟩"] == "✓ proved, score -0.10"
    assert "✓ proved, from automation" in found.values()
    assert all("score" in summary or "from " in summary for summary in found.values())


def test_the_models_proofs_come_before_leans(shown: dict[str, Shown]) -> None:
    assert next(iter(entries(shown["beside_the_model"]))) == "exact ⟨hp, hq⟩"


def test_where_no_model_answers_leans_steps_are_shown_and_the_remedy_is_told(
    shown: dict[str, Shown],
) -> None:
    assert any(
        summary.startswith("✓ proved, from") for summary in entries(shown["no_model"]).values()
    )
    assert shown["no_model"].errors == []
    assert "stepcheck bridge /nowhere" in remark(shown["no_model"])


def test_where_nothing_works_both_failures_are_told(shown: dict[str, Shown]) -> None:
    failure = shown["no_model_no_way"].failure
    assert failure.startswith("llmstep: none of ")
    assert "stepcheck bridge /nowhere" in failure


def test_lean_proposes_only_what_begins_with_the_prefix(shown: dict[str, Shown]) -> None:
    found = entries(shown["prefix"])
    assert "rw [h]" in found
    assert all(text.startswith("rw") for text in found)


def test_a_model_that_is_of_no_use_does_not_hide_what_lean_proposes(
    shown: dict[str, Shown],
) -> None:
    found = entries(shown["nonsense"])
    assert found
    assert "exact nonsense" not in found
    assert not [text for text in shown["nonsense"].texts("information") if "answer" in text]


@pytest.mark.parametrize("name", ["search_without_model", "every_case"])
def test_the_search_needs_no_model(shown: dict[str, Shown], name: str) -> None:
    (summary,) = entries(shown[name]).values()
    assert summary.startswith("✓ proved, from ")
    assert shown[name].errors == []


def test_the_search_ends_a_step_of_the_model_by_one_of_lean(shown: dict[str, Shown]) -> None:
    assert "refine ⟨7, ?_⟩" in shown["search_of_both"].suggested
    assert "✓ proved, score" in shown["search_of_both"].suggested


@pytest.mark.parametrize("name", ["search_in_vain", "search_itself"])
def test_a_search_in_vain_says_what_was_tried_and_that_no_model_answered(
    shown: dict[str, Shown], name: str
) -> None:
    (error,) = [text for text in shown[name].errors if text.startswith("llmqed")]
    assert "no proof found" in error
    assert "steps tried in" in error
    assert "stepcheck bridge /nowhere" in error


def test_a_step_of_lean_takes_the_place_of_the_call(
    package: PackageLean, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("code_action")
    spool = folder / "spool"
    spool.mkdir()
    call = Scenario("action", f"{NOBODY}example {CONJUNCTION}\n  llmqed")
    text = document([call], spool, LONGER)
    with (
        FakeModel(spool, {"action": call.answer()}).answering(),
        running_worker(package, folder) as worker,
    ):
        worker.open(text)
        (action,) = worker.code_actions(text.split("\n").index("  llmqed"), 3)
    assert action.title.startswith("✓ ")
    run = package.run(action.apply(text))
    assert run.errors == []
    assert not [text for text in run.texts("warning") if "sorry" in text]
