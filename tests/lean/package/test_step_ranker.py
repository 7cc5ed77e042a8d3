"""What the tactics expect of a step is what Python expects of it."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from stepcheck.models.step_ranker.features import goal_symbols, kind_of
from stepcheck.models.step_ranker.lean_table import SMALLEST_WEIGHT
from stepcheck.models.step_ranker.step_ranker import Candidate, StepRanker, bundled_ranker

from ..package_lean import PackageLean

SCORE = -0.7
"""Of the model's steps, as the probe has it."""

QUESTIONS = {
    "x y : BitVec 9\nh : x.toNat < 5\n⊢ (y ^^^ x) &&& 42#9 = x.getLsbD 3 &&& y": (
        ("simp [h]", "goal"),
        ("simp [*]", "goal"),
        ("rw [← BitVec.and_comm, h]", "premise"),
        ("bv_omega", "automation"),
        ("apply BitVec.eq_of_toNat_eq; simp", "goal"),
        ("exact ⟨x, by simp_all⟩", "goal"),
        ("simp at h ⊢; omega", "model"),
        ("exact?", "automation"),
    ),
    "α : Type u_1\ninst✝¹ : BEq α\nl₁ l₂ : List α\np : l₁ ~ l₂\n⊢ l₁.length = l₂.length": (
        ("induction p <;> simp_all", "goal"),
        ("induction l₁ generalizing l₂ <;> grind", "goal"),
        ("have := List.Perm.length_eq p\nexact this", "model"),
        ("refine ⟨?_, ?_⟩", "goal"),
        ("by_cases h : l₁ = [] <;> simp_all", "goal"),
    ),
    "case left\n«h 1» : ∀ x, 0 < x → x ≠ 10\n⊢ ¬3 = 10 ∧ True\n\ncase right\n⊢ Even 2": (
        ("constructor <;> simp", "goal"),
        ("intro bylaw; exact bylaw", "model"),
        ("", "model"),
    ),
}


@pytest.fixture(scope="module")
def answers(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What Lean says of the questions."""
    folder = tmp_path_factory.mktemp("ranker")
    probe = package.compile(Path(__file__).with_name("RankerProbe.lean"), folder)
    file = folder / "questions.json"
    questions = [{"goal": goal, "steps": steps} for goal, steps in QUESTIONS.items()]
    file.write_text(json.dumps(questions), encoding="utf-8")
    run = probe.run(f'import RankerProbe\n#estimates "{file}"\n', readable=[folder])
    assert run.errors == []
    return list(json.loads(run.information[0]))


def test_symbols_of_goals_are_those_of_python(answers: list[dict[str, Any]]) -> None:
    for goal, answer in zip(QUESTIONS, answers, strict=True):
        assert answer["symbols"] == list(goal_symbols(goal))


def test_kinds_of_steps_are_those_of_python(answers: list[dict[str, Any]]) -> None:
    for steps, answer in zip(QUESTIONS.values(), answers, strict=True):
        for (step, _), found in zip(steps, answer["steps"], strict=True):
            kind = kind_of(step)
            assert (found["template"], found["ending"]) == (kind.template, kind.ending)


def test_estimates_are_those_of_python_without_the_small_weights(
    answers: list[dict[str, Any]],
) -> None:
    bundled = bundled_ranker()
    ranker = StepRanker(*map(without_small, (bundled.proof, bundled.time)))
    for (goal, steps), answer in zip(QUESTIONS.items(), answers, strict=True):
        for (step, source), found in zip(steps, answer["steps"], strict=True):
            score = SCORE if source == "model" else None
            expected = ranker.estimate(goal, Candidate(step, source, score))
            # Weights are rounded to hundredths.
            assert logit(found["probability"]) == pytest.approx(
                logit(expected.probability), abs=0.15
            )
            assert found["milliseconds"] == pytest.approx(expected.milliseconds, rel=0.15)


def without_small(weights: Any) -> dict[str, float]:
    """The weights that are in Lean's table."""
    return {
        name: weight
        for name, weight in weights.items()
        if "|" not in name or abs(weight) >= SMALLEST_WEIGHT
    }


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))
