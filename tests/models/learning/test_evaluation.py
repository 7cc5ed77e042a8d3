"""Steps with verdicts are ranked by what the model thinks of them."""

from pathlib import Path

import pytest
import torch

from stepcheck.models.interface import ModelError, SuggestionPrompt
from stepcheck.models.learning.base import load_base
from stepcheck.models.learning.data import CheckedRow, Outcome
from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.evaluation import Ranking, evaluate, log_probabilities, rank

GOAL, OTHER = SuggestionPrompt("⊢ True"), SuggestionPrompt("⊢ False")
ACCEPTED, REFUSED, UNDECIDED = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNDECIDED


def test_a_step_is_as_likely_as_when_it_is_read_alone_with_its_prompt(tiny_model: Path):
    network = load_base(tiny_model).network.eval()
    prompt, steps = [7, 9, 11], [[20, 21, 1], [30, 1], [1]]

    together = log_probabilities(network, prompt, steps)

    for step, found in zip(steps, together, strict=True):
        tokens = torch.tensor([[*prompt, *step]])
        every = network(input_ids=tokens).logits[0].detach().log_softmax(dim=-1)
        places = range(len(prompt) - 1, len(prompt) + len(step) - 1)
        alone = sum(float(every[place, token]) for place, token in zip(places, step, strict=True))
        assert found == pytest.approx(alone, abs=1e-4)


def test_means_are_over_goals_so_that_those_with_many_steps_do_not_rule():
    steps = {
        GOAL: {"a": True, "b": False, "c": False, "d": False},
        OTHER: {"a": True, "b": False},
    }
    scores = {GOAL: {"a": -1.0, "b": -2.0, "c": -3.0, "d": -4.0}, OTHER: {"a": -3.0, "b": -2.0}}

    assert rank(steps, scores) == Ranking(
        2, pair_accuracy=0.5, accepted_log_probability=-2.0, best_accepted=0.5
    )


def test_a_tie_is_half_a_pair_and_not_the_best():
    ranking = rank({GOAL: {"a": True, "b": False}}, {GOAL: {"a": -1.0, "b": -1.0}})

    assert (ranking.pair_accuracy, ranking.best_accepted) == (0.5, 0.0)


def test_goals_of_one_outcome_and_steps_without_verdict_do_not_count(tiny_model: Path):
    rows = [
        CheckedRow(GOAL, "rw", ACCEPTED, "model"),
        CheckedRow(GOAL, "simp", REFUSED, "model"),
        CheckedRow(GOAL, "exact", UNDECIDED, "model"),
        CheckedRow(OTHER, "rw", ACCEPTED, "model"),
    ]
    base = load_base(tiny_model)

    assert evaluate(base, rows).goals == 1
    assert evaluate(base, rows) == evaluate(base, rows[:2])


def test_the_steps_of_others_count_only_where_none_is_the_models(tiny_model: Path):
    rows = [
        CheckedRow(GOAL, "rw", ACCEPTED, "model"),
        CheckedRow(GOAL, "simp", REFUSED, "model"),
        CheckedRow(OTHER, "rw", ACCEPTED, "goal"),
        CheckedRow(OTHER, "simp", REFUSED, "goal"),
    ]
    base = load_base(tiny_model)

    assert evaluate(base, rows).goals == evaluate(base, rows[2:]).goals == 1


def test_one_outcome_alone_is_an_error(tiny_model: Path):
    with pytest.raises(LearningError, match="collect more proposals"):
        evaluate(load_base(tiny_model), [CheckedRow(GOAL, "rw", ACCEPTED, "model")])


def test_damaged_weights_are_an_error(tiny_model: Path):
    base = load_base(tiny_model)
    next(base.network.parameters()).data.fill_(float("nan"))
    rows = [CheckedRow(GOAL, "rw", ACCEPTED, "model"), CheckedRow(GOAL, "simp", REFUSED, "model")]

    with pytest.raises(ModelError, match="not numbers"):
        evaluate(base, rows)
