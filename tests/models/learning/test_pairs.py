"""Pairs hold what was accepted against what was refused, and nothing else."""

import pytest

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.data import CheckedRow, Outcome
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.pairs import pairs_of_scores, pairs_of_verdicts

GOAL = SuggestionPrompt("⊢ True")
OTHER = SuggestionPrompt("⊢ False")
ACCEPTED, REFUSED, UNDECIDED = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNDECIDED


def row(step: str, outcome: Outcome, prompt: SuggestionPrompt = GOAL) -> CheckedRow:
    return CheckedRow(prompt, step, outcome)


def test_a_step_without_a_verdict_is_on_neither_side():
    rows = [row("trivial", ACCEPTED), row("omega", REFUSED), row("slow", UNDECIDED)]

    pairs = pairs_of_verdicts(rows, per_prompt=8, seed=0)

    assert [(pair.chosen, pair.rejected) for pair in pairs.preferences] == [("trivial", "omega")]
    assert pairs.undecided == 1


def test_without_a_verdict_nothing_is_refused():
    rows = [row("trivial", ACCEPTED), row("slow", UNDECIDED)]

    with pytest.raises(LearningError, match="every verdict is accepted"):
        pairs_of_verdicts(rows, per_prompt=8, seed=0)


def test_steps_are_paired_within_their_goal_only():
    rows = [row("trivial", ACCEPTED), row("omega", REFUSED, OTHER)]

    with pytest.raises(LearningError, match="no goal has both"):
        pairs_of_verdicts(rows, per_prompt=8, seed=0)


def test_a_step_with_both_verdicts_is_left_out_and_counted():
    rows = [
        row("simp  [h]", ACCEPTED),
        row("simp [h]", REFUSED),
        row("trivial", ACCEPTED),
        row("omega", REFUSED),
        row("rfl", REFUSED, OTHER),
    ]

    pairs = pairs_of_verdicts(rows, per_prompt=8, seed=0)

    assert [(pair.chosen, pair.rejected) for pair in pairs.preferences] == [("trivial", "omega")]
    assert (pairs.contradictory, pairs.lone_prompts) == (1, 1)


def test_all_pairs_with_a_higher_score_are_made():
    preferences, lone = pairs_of_scores(
        {GOAL: {"a": 0.6, "b": 0.3, "c": 0.1}, OTHER: {"d": 0.5, "e": 0.5}}, per_prompt=8, seed=0
    )

    assert {(pair.chosen, pair.rejected) for pair in preferences} == {
        ("a", "b"),
        ("a", "c"),
        ("b", "c"),
    }
    assert lone == 1


def test_a_goal_gives_so_many_pairs_at_most_and_the_seed_draws_them():
    scored = {GOAL: {f"good {n}": 1.0 for n in range(9)} | {f"bad {n}": 0.0 for n in range(9)}}

    first, _ = pairs_of_scores(scored, per_prompt=4, seed=1)
    again, _ = pairs_of_scores(scored, per_prompt=4, seed=1)
    other, _ = pairs_of_scores(scored, per_prompt=4, seed=2)

    assert len(first) == 4
    assert first == again != other
