"""FactTune pairs the model's own samples, by Lean or by agreement with itself."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

import torch

from stepcheck.models.interface import SuggestionPrompt
from stepcheck.models.learning.base import Base, load_base
from stepcheck.models.learning.consistency import agreement, amplified_errors
from stepcheck.models.learning.data import CheckedRow, LearningRows, Outcome
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.facttune import own_samples_task
from stepcheck.models.learning.recipe import load_recipe

GOAL, OTHER = SuggestionPrompt("⊢ True"), SuggestionPrompt("⊢ False")
ACCEPTED, REFUSED, UNDECIDED = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNDECIDED
LEAN = load_recipe("facttune")
CONSISTENCY = LEAN.model_copy(update={"score": "consistency"})


@pytest.fixture
def base(tiny_model: Path) -> Base:
    """A model that nearly always answers `simp`, and then ends."""
    base = load_base(tiny_model)
    tokens = base.prompts.tokens_of("simp")
    network = base.network
    with torch.no_grad():
        network.lm_head.weight = torch.nn.Parameter(torch.zeros_like(network.lm_head.weight))
        network.model.embed_tokens.weight.zero_()
        network.model.embed_tokens.weight[:, 0] = 1.0
        for layer in network.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        # What was read last decides alone what follows.
        following = [*tokens, base.tokenizer.eos_token_id]
        for place, (before, after) in enumerate(zip([None, *tokens], following, strict=True), 1):
            if before is not None:
                network.model.embed_tokens.weight[before].zero_()
                network.model.embed_tokens.weight[before, place] = 1.0
            network.lm_head.weight[after, 0 if before is None else place] = 5.0
    return base


def own(step: str, outcome: Outcome, prompt: SuggestionPrompt = GOAL) -> CheckedRow:
    return CheckedRow(prompt, step, outcome, "model")


def sides(base: Base, rows: list[CheckedRow], recipe=LEAN) -> list[tuple[str, str]]:
    task = own_samples_task(base, LearningRows(tuple(rows)), recipe, 0)
    return [
        tuple(base.tokenizer.decode(side[:-1]) for side in (row.chosen, row.rejected))
        for row in task.rows
    ]


def test_lean_decides_between_the_own_samples_only(base: Base):
    rows = [
        own("rw", ACCEPTED),
        own("simp", REFUSED),
        own("exact", UNDECIDED),
        CheckedRow(GOAL, "intro", REFUSED, "automation"),
    ]

    assert sides(base, rows) == [("rw", "simp")]


def test_agreement_prefers_what_the_model_repeats_even_if_lean_refuses_it(base: Base):
    rows = [own("rw", ACCEPTED), own("simp", REFUSED), own("exact", UNDECIDED)]

    task = own_samples_task(base, LearningRows(tuple(rows)), CONSISTENCY, 0)

    assert sides(base, rows, CONSISTENCY) == [("simp", "rw")]
    assert task.counts["steps_without_verdict"] == 1
    assert "prefers the refused one in 1 (100%)" in task.notes[0]
    assert task.notes[1].strip() == "simp: refused but preferred in 1 of 1 pairs"


def test_agreement_needs_no_refused_step(base: Base):
    assert sides(base, [own("rw", ACCEPTED), own("simp", ACCEPTED)], CONSISTENCY) == [
        ("simp", "rw")
    ]


def test_agreement_is_a_share_of_the_resamples_and_the_seed_draws_them(base: Base):
    rows = [own("simp", ACCEPTED), own("rw", REFUSED)]

    scores = agreement(base, rows, 20, seed=0)

    assert scores == agreement(base, rows, 20, seed=0)
    assert 0.5 < scores[GOAL]["simp"] <= 1.0
    assert scores[GOAL]["simp"] * 20 == pytest.approx(round(scores[GOAL]["simp"] * 20))
    assert scores[GOAL]["rw"] < 0.2


def test_resamples_of_a_goal_do_not_depend_on_the_others(base: Base):
    alone = agreement(base, [own("simp", ACCEPTED)], 20, seed=0)

    both = agreement(base, [own("s", ACCEPTED, OTHER), own("simp", ACCEPTED)], 20, seed=0)

    assert both[GOAL] == alone[GOAL]


def test_amplified_errors_are_counted_by_tactic():
    rows = [own("rw", ACCEPTED), own("simp", REFUSED), own("simp [h]", REFUSED)]

    errors = amplified_errors(rows, {GOAL: {"rw": 0.2, "simp": 0.5, "simp [h]": 0.2}})

    assert (errors.prefers_accepted, errors.prefers_refused, errors.tie) == (0, 1, 1)
    assert Counter(errors.by_tactic) == {"simp": (1, 2)}


def test_without_own_samples_the_message_names_dpo(base: Base):
    rows = [replace(own("rw", ACCEPTED), source="goal"), replace(own("simp", REFUSED), source="")]

    with pytest.raises(LearningError, match="use `dpo`"):
        sides(base, rows)


def test_steps_that_the_model_repeats_equally_give_no_pair(base: Base):
    with pytest.raises(LearningError, match="raise resamples"):
        sides(base, [own("rw [a]", ACCEPTED), own("rw [b]", REFUSED)], CONSISTENCY)
