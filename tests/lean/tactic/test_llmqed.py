"""The search for whole proofs, and what `try?` gets of the model."""

import json

import pytest

from .conftest import PlayAll
from .scenario import Scenario, Shown

NESTED = "(p q r : Prop) (h : p ∧ q ∧ r) : p ∧ q ∧ r := by"
PARTS = ("constructor", "exact h.2.2", "exact h.2.1", "exact h.1")
DOWN = {
    "status": 503,
    "body": {
        "error": "unavailable",
        "message": "The model is gone.",
        "remedy": "Start it.",
        "request_id": "",
    },
}

SCENARIOS = [
    Scenario("nested", f"example {NESTED}\n  llmqed", PARTS),
    Scenario("indented", f"example {NESTED}\n  refine ?_\n  · llmqed", PARTS),
    Scenario("one_step", f"example {NESTED}\n  llmqed", ("sorry", "constructor", "exact h")),
    Scenario("nothing", f"example {NESTED}\n  llmqed", ("constructor", "exact h.9", "sorry")),
    Scenario(
        "circle",
        "example (a b c : Nat) : a + b = c := by\n  llmqed",
        ("rw [Nat.add_comm]", "skip", "rw [Nat.add_comm b a]"),
    ),
    Scenario(
        "no_time",
        f"set_option llmstep.qed.timeout 1 in\nexample {NESTED}\n  llmqed",
        ("constructor",),
    ),
    Scenario(
        "few_requests",
        f"set_option llmstep.qed.requests 1 in\nexample {NESTED}\n  llmqed",
        ("constructor",),
    ),
    Scenario(
        "other_goals",
        f"example {NESTED}\n  constructor\n  llmqed\n  exact h.2",
        ("exact h.2", "exact h.1"),
    ),
    Scenario(
        "after_an_error",
        f"example {NESTED}\n  have : p := by exact nonsense\n  llmqed",
        ("exact h",),
    ),
    Scenario("itself", f"theorem itself {NESTED}\n  llmqed", ("exact itself p q r h",)),
    Scenario("model_down", f"example {NESTED}\n  llmqed", response=json.dumps(DOWN).encode()),
    Scenario(
        "try",
        "example : ∃ n : Nat, n * n = 49 := by\n  try?",
        ("exact ⟨8, rfl⟩", "sorry", "constructor", "refine ⟨7, ?_⟩\nrfl", "exact ⟨7, rfl⟩"),
    ),
    Scenario(
        "try_without",
        "example : ∃ n : Nat, n * n = 49 := by\n  try?",
        response=json.dumps(DOWN).encode(),
    ),
]


@pytest.fixture(scope="module")
def shown(play_all: PlayAll) -> dict[str, Shown]:
    return play_all(SCENARIOS)


def only_error(shown: Shown) -> str:
    (text,) = [text for text in shown.errors if text.startswith("llmqed")]
    return text


def test_goals_that_a_step_leaves_get_a_dot_each(shown: dict[str, Shown]) -> None:
    script = (
        "  [apply] constructor\n"
        "    · exact h.1\n"
        "    · constructor\n"
        "      · exact h.2.1\n"
        "      · exact h.2.2  -- ✓ proved"
    )
    assert script in shown["nested"].suggested


def test_the_model_is_shown_the_proof_so_far(shown: dict[str, Shown]) -> None:
    last = shown["nested"].requests[-1]["context"]
    assert last.endswith("by\n  constructor\n  exact h.1\n  constructor\n  exact h.2.1\n  ")


def test_the_script_is_indented_for_its_place(shown: dict[str, Shown]) -> None:
    assert "[apply] constructor\n      · exact h.1\n" in shown["indented"].suggested


def test_a_step_that_is_a_proof_is_the_whole_script(shown: dict[str, Shown]) -> None:
    assert "[apply] exact h  -- ✓ proved" in shown["one_step"].suggested
    assert len(shown["one_step"].requests) == 1


def test_without_a_proof_it_says_what_was_looked_at(shown: dict[str, Shown]) -> None:
    error = only_error(shown["nothing"])
    assert "no proof found" in error
    assert "nothing new is suggested" in error


def test_states_are_not_looked_at_twice_but_with_more_suggestions(
    shown: dict[str, Shown],
) -> None:
    assert "in 2 states" in only_error(shown["circle"])
    counts = [request["n"] for request in shown["circle"].requests]
    assert counts == sorted(counts)
    assert counts[0] == 10
    assert counts[-1] == 64


def test_it_ends_when_its_time_is_over(shown: dict[str, Shown]) -> None:
    assert "llmstep.qed.timeout" in only_error(shown["no_time"])


def test_it_asks_as_often_as_it_may(shown: dict[str, Shown]) -> None:
    assert "llmstep.qed.requests" in only_error(shown["few_requests"])
    assert len(shown["few_requests"].requests) == 1


def test_a_proof_of_the_main_goal_does_not_count_as_one_of_all(shown: dict[str, Shown]) -> None:
    suggested = shown["other_goals"].suggested
    assert "[apply] exact h.1  -- → 1 goal" in suggested
    assert "proved" not in suggested


def test_an_earlier_error_is_named_beside_the_script(shown: dict[str, Shown]) -> None:
    suggested = shown["after_an_error"].suggested
    assert "[apply] exact h  -- → closes this goal; the declaration has an error: " in suggested


def test_a_proof_by_the_theorem_itself_is_none(shown: dict[str, Shown]) -> None:
    assert "no proof found" in only_error(shown["itself"])


def test_a_model_that_is_down_is_named_with_the_remedy(shown: dict[str, Shown]) -> None:
    error = only_error(shown["model_down"])
    assert "The model is gone. Start it." in error


def test_try_offers_what_proves_the_goal_and_nothing_else(shown: dict[str, Shown]) -> None:
    suggested = shown["try"].suggested
    assert "[apply] exact ⟨7, rfl⟩" in suggested
    assert "8" not in suggested
    assert "sorry" not in suggested
    assert "constructor" not in suggested


def test_try_goes_on_without_the_model(shown: dict[str, Shown]) -> None:
    (error,) = [text for text in shown["try_without"].errors if "try?" in text]
    assert "The model is gone" not in error
