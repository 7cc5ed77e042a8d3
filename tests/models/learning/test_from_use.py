"""A model that learns from a person's own steps: it serves only if it does better."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.models.learning.errors import LearningError
from stepcheck.models.learning.from_use import learn_from_use, split_by_time
from stepcheck.models.own_models import OwnModels
from stepcheck.models.own_steps import OwnStep

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def own_steps(count: int, habit: str, dismissed: tuple[str, ...] = ()) -> list[OwnStep]:
    return [
        OwnStep(
            key=str(n),
            written=BEGIN + timedelta(hours=n),
            place=f"A.lean:{n}",
            goal=f"x : Nat\n⊢ x + {n} = {n} + x",
            context="",
            step=habit,
            verdict="proved",
            source="typed",
            dismissed=dismissed,
        )
        for n in range(count)
    ]


def test_the_latest_steps_are_held_back_whatever_their_order():
    learned, held = split_by_time(reversed(own_steps(60, "ac_rfl")))
    assert [step.key for step in held] == [str(n) for n in range(48, 60)]
    assert len(learned) == 48


def test_too_few_steps_are_refused_with_what_is_missing():
    with pytest.raises(LearningError, match=r"49 of your own steps are kept, 50 are needed"):
        split_by_time(own_steps(49, "ac_rfl"))


def test_a_habit_is_learned_and_the_model_serves(tmp_path: Path):
    models = OwnModels(tmp_path / "models")
    told: list[str] = []
    steps = own_steps(60, "exact my_commutativity _ _", dismissed=("simp",))
    learned = learn_from_use("bundled", steps, models, tell=told.append)
    assert learned.after.is_better_than(learned.before)
    assert learned.after.log_probability > learned.before.log_probability + 3
    assert models.serving("bundled") == learned.model
    assert [line.partition(":")[0] for line in told] == ["before", "sft", "dpo"]
    assert [path.name for path in sorted(models.folder.iterdir())] == ["own-1", "serving.json"]


def test_who_does_no_better_does_not_serve(tiny_model: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(
        "stepcheck.models.learning.from_use._train",
        lambda method, model, rows, options: shutil.copytree(model, options.out),
    )
    models = OwnModels(tmp_path / "models")
    learned = learn_from_use(str(tiny_model), own_steps(60, "rfl"), models)
    assert learned.model is None
    assert learned.after == learned.before
    assert models.serving(str(tiny_model)) is None
    assert list(models.folder.iterdir()) == []
