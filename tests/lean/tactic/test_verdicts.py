"""Every verdict, the order of what is shown, and what is said when nothing is."""

import pytest

from .conftest import PlayAll
from .scenario import Scenario, Shown

CONJUNCTION = "(p q : Prop) (hp : p) (hq : q) : p ∧ q := by"

LONG = "have : ∀ n < 60, ∀ m < 60, n + m = m + n := by decide"
"""Takes far more than a million heartbeats."""

SCENARIOS = [
    Scenario(
        "all_verdicts",
        f"set_option llmstep.maxHeartbeats 300 in\ntheorem all_verdicts {CONJUNCTION}\n  llmstep?",
        (
            "constructor",
            "exact ⟨hp, hq⟩",
            "skip",
            "exact nonsense",
            "sorry",
            "exact all_verdicts p q hp hq",
            f"{LONG}\nexact ⟨hp, hq⟩",
            "apply And.intro hp",
        ),
    ),
    Scenario(
        "order",
        f"example {CONJUNCTION}\n  llmstep",
        (
            "constructor",
            "refine ⟨?_, ?_⟩",
            "apply And.intro hp",
            "exact (⟨hp, hq⟩ : p ∧ q)",
            "exact ⟨hp, hq⟩",
            "refine And.intro hp ?_",
            "refine ⟨hp, ?_⟩",
        ),
    ),
    Scenario("nothing", f"example {CONJUNCTION}\n  llmstep", ("simp", "exact a", "exact a, hp")),
    Scenario("nothing_listed", f"example {CONJUNCTION}\n  llmstep?", ("simp", "exact\n  a")),
    Scenario("no_suggestions", f"example {CONJUNCTION}\n  llmstep", ()),
    Scenario(
        "prefix", f'example {CONJUNCTION}\n  llmstep "exact"', ("constructor", "exact ⟨hp, hq⟩")
    ),
    Scenario("other_prefix", f'example {CONJUNCTION}\n  llmstep "rw"', ("exact ⟨hp, hq⟩",)),
    Scenario(
        "axiom", f"axiom cheat : False\nexample {CONJUNCTION}\n  llmstep?", ("exact cheat.elim",)
    ),
    Scenario(
        "by_itself",
        f"example {CONJUNCTION}\n  llmstep?",
        ("llmstep", "llmstep?", "skip; llmstep", 'llmqed "a"'),
    ),
    Scenario(
        "unicode",
        "example (α : Type) (𝔸 β₁ : α → Prop) («h 1» : ∀ x, 𝔸 x → β₁ x) (x : α) (ℓ : 𝔸 x) : β₁ x "
        ":= by\n  llmstep",
        ("exact «h 1» x ℓ", "exact «h 1» _ ‹𝔸 x›", "exact 𝔹"),
    ),
    Scenario(
        "remark",
        "example (n : Nat) : n + 0 = n := by\n  llmstep",
        ("simp?",),
    ),
    Scenario(
        "heartbeats_are_given_back",
        "set_option maxHeartbeats 400 in\n"
        "set_option llmstep.maxHeartbeats 1000 in\n"
        f"example {CONJUNCTION}\n  constructor\n  · llmstep\n  · simp [hq]",
        (f"{LONG}\nexact hp", "exact hp"),
    ),
]


@pytest.fixture(scope="module")
def shown(play_all: PlayAll) -> dict[str, Shown]:
    return play_all(SCENARIOS)


def listed(shown: Shown) -> str:
    """The message in which `llmstep?` lists what it does not suggest."""
    (text,) = [text for text in shown.texts("information") if text.startswith("Not accepted")]
    return text


def test_every_verdict_is_told(shown: dict[str, Shown]) -> None:
    suggested = shown["all_verdicts"].suggested
    assert "[apply] exact ⟨hp, hq⟩  -- ✓ proved, score -0.20" in suggested
    assert "[apply] constructor  -- → 2 goals, score -0.10" in suggested
    assert "[apply] apply And.intro hp  -- → 1 goal, score -0.80\n      ⊢ q" in suggested
    others = listed(shown["all_verdicts"])
    assert "  skip  -- = no progress" in others
    assert "  exact nonsense  -- ✗ rejected: Unknown identifier `nonsense`" in others
    assert "  sorry  -- ✗ unsound: uses `sorry`" in others
    assert "  exact all_verdicts p q hp hq  -- ✗ unsound: uses the declaration" in others
    assert "⏎ exact ⟨hp, hq⟩  -- ? timeout: more than 300 thousand heartbeats" in others


def test_what_is_uncertain_is_never_suggested(shown: dict[str, Shown]) -> None:
    suggested = shown["all_verdicts"].suggested
    assert suggested.count("[apply]") == 3
    for text in ("skip", "nonsense", "sorry", "all_verdicts", "decide"):
        assert text not in suggested


def test_proofs_come_first_then_fewest_goals_and_equal_goals_are_one(
    shown: dict[str, Shown],
) -> None:
    lines = [line for line in shown["order"].suggested.split("\n") if "[apply]" in line]
    assert [line.split("  -- ")[0].split("[apply] ")[1] for line in lines] == [
        "exact (⟨hp, hq⟩ : p ∧ q)",
        "exact ⟨hp, hq⟩",
        "refine ⟨hp, ?_⟩",
        "constructor",
    ]


def test_the_goal_is_closed_with_sorry_until_a_suggestion_is_chosen(
    shown: dict[str, Shown],
) -> None:
    assert shown["order"].errors == []
    assert shown["order"].texts("warning") == ["declaration uses `sorry`"]


def test_without_a_good_suggestion_it_says_what_was_tried_and_why_not(
    shown: dict[str, Shown],
) -> None:
    failure = shown["nothing"].failure
    assert failure.startswith(
        "llmstep: none of 3 suggestions works here: 3 rejected.\nMost often: "
    )
    assert failure.endswith("\n`llmstep?` lists them.")
    failure = shown["nothing_listed"].failure
    assert "  simp  -- ✗ rejected: `simp` made no progress" in failure
    assert "  exact ⏎   a  -- ✗ rejected: Unknown identifier `a`" in failure


def test_a_model_without_suggestions_is_named(shown: dict[str, Shown]) -> None:
    assert shown["no_suggestions"].failure == "llmstep: `fake` suggests nothing"


def test_the_model_is_asked_for_the_main_goal_after_the_text_before_the_call(
    shown: dict[str, Shown],
) -> None:
    (request,) = shown["prefix"].requests
    assert request["goal"] == "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"
    assert request["prefix"] == "exact"
    assert request["context"].endswith(f"-- scenario: prefix\nexample {CONJUNCTION}\n  ")
    assert request["n"] == 10


def test_only_suggestions_with_the_prefix_are_tried(shown: dict[str, Shown]) -> None:
    assert "exact ⟨hp, hq⟩" in shown["prefix"].suggested
    assert "constructor" not in shown["prefix"].suggested
    assert shown["other_prefix"].failure == (
        "llmstep: `fake` suggests nothing that begins with the prefix"
    )


def test_an_axiom_proves_nothing(shown: dict[str, Shown]) -> None:
    assert "unsound: rests on the axiom `cheat`" in shown["axiom"].failure


def test_a_suggestion_does_not_ask_the_model_again(shown: dict[str, Shown]) -> None:
    assert len(shown["by_itself"].requests) == 1
    assert shown["by_itself"].failure.count("✗") == 4


def test_unicode_goes_both_ways(shown: dict[str, Shown]) -> None:
    (request,) = shown["unicode"].requests
    assert "«h 1» : ∀ (x : α), 𝔸 x → β₁ x" in request["goal"]
    assert "[apply] exact «h 1» x ℓ  -- ✓ proved" in shown["unicode"].suggested
    assert "[apply] exact «h 1» _ ‹𝔸 x›  -- ✓ proved" in shown["unicode"].suggested


def test_leans_remark_is_shown(shown: dict[str, Shown]) -> None:
    assert "simp only [Nat.add_zero]" in shown["remark"].suggested


def test_trying_costs_the_declaration_nothing(shown: dict[str, Shown]) -> None:
    assert shown["heartbeats_are_given_back"].errors == []
