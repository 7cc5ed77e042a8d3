"""Experiments: methods of learning against each other, over seeds, on goals held back.

python -m stepcheck.models.learning.experiment --data rows.jsonl --out experiment
"""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from stepcheck.models.learning.arms import CONTROL, Arm, Plan, Split, identity_of, split_by_goal
from stepcheck.models.learning.base import load_base
from stepcheck.models.learning.data import CheckedRow, LearningRows
from stepcheck.models.learning.errors import FolderError, LearningStoppedError
from stepcheck.models.learning.evaluation import Ranking, evaluate
from stepcheck.models.learning.methods import LEARNING_METHODS
from stepcheck.models.learning.offline import quietly
from stepcheck.models.learning.results import (
    Results,
    Run,
    read_results,
    write_results,
)
from stepcheck.models.learning.run_folder import is_learned
from stepcheck.models.learning.trainer_run import RunOptions

Told = Callable[[str], None]


def run_experiment(
    plan: Plan, rows: Sequence[CheckedRow], model: str, out: Path, tell: Told
) -> Results:
    """Run what is not done yet of a plan; return all results.

    They are kept in `results.json` after every run; a run that was cut off goes on from its last
    checkpoint. Raises LearningError, FolderError and ModelError.
    """
    file = out / "results.json"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"cannot write {out} ({error.strerror}): name another --out") from error
    results = read_results(file, identity_of(rows, load_base(model).hash, plan.held_back))
    for seed in plan.seeds:
        split = split_by_goal(rows, plan.held_back, seed)
        for arm in (None, *plan.arms):
            name = arm.name if arm else CONTROL
            if (known := results.find(name, seed)) is not None:
                _require_same(known, arm, file)
                continue
            tell(f"{name}, seed {seed}")
            if arm is None:
                run = Run(arm=name, seed=seed, ranking=_ranking(model, split))
            else:
                run = _run(arm, seed, split, model, out / f"{name}, seed {seed}")
            results = results.with_run(run)
            write_results(file, results)
    return results


def _run(arm: Arm, seed: int, split: Split, model: str, folder: Path) -> Run:
    """Train, evaluate what would be served, and keep the figures alone."""
    base = load_base(model)
    method = LEARNING_METHODS[arm.method]
    task = method.prepare(base, LearningRows(split.train), arm.recipe, seed)
    run = Run(arm=arm.name, seed=seed, recipe=_recipe_of(arm), rows=len(task.rows))
    try:
        if not is_learned(folder, task.identity(base, seed)):
            method.train(base, task, RunOptions(folder, seed, resume=True))
        report = json.loads((folder / "learning.json").read_text())
        ranking = _ranking(str(folder), split)
    except LearningStoppedError as error:
        shutil.rmtree(folder, ignore_errors=True)
        return run.model_copy(update={"stopped": str(error), "notes": task.notes})
    shutil.rmtree(folder, ignore_errors=True)
    figures = {"steps": report["steps"], "seconds": report["seconds"]}
    return run.model_copy(update={"ranking": ranking, "notes": task.notes, **figures})


def _ranking(model: str, split: Split) -> Ranking:
    with quietly():
        return evaluate(load_base(model), split.held_back)


def _recipe_of(arm: Arm) -> str:
    return f"{arm.method} {arm.recipe.model_dump_json(exclude={'save_seconds'})}"


def _require_same(known: Run, arm: Arm | None, file: Path) -> None:
    if arm is not None and known.recipe != _recipe_of(arm):
        raise FolderError(
            f"{file} has the arm {arm.name!r} with another recipe: name the arm otherwise, or "
            "name another --out"
        )
