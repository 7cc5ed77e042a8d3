"""What is watched while a trainer runs: progress, checkpoints, and the alarms that stop it."""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from transformers import TrainerCallback

from stepcheck.models.learning.errors import LearningStoppedError
from stepcheck.models.learning.recipe import Recipe
from stepcheck.models.learning.run_folder import RunFolder

ALARM_STEPS = 10
"""Over how many steps the fall of the chosen is averaged."""

_REFERENCE_TOLERANCE = 1e-2
"""Nats; what rounding alone may put between a model and itself."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: steps done and to do, the loss (nats) and the seconds still to go.

    `chosen_change` is by how many nats the chosen have become more likely, on the last rows; None
    where there are none.
    """

    step: int
    steps: int
    loss: float
    seconds_left: float
    chosen_change: float | None = None


Report = Callable[[Progress], None]


class Watch(TrainerCallback):  # type: ignore[misc]
    """Reports every step, saves by the clock, and raises LearningStoppedError on an alarm."""

    def __init__(self, recipe: Recipe, folder: RunFolder, report: Report) -> None:
        self._recipe = recipe
        self._folder = folder
        self._report = report
        self._changes: deque[float] = deque(maxlen=ALARM_STEPS)
        self._began = self._saved = time.monotonic()
        self._first_step: int | None = None
        self.history: list[Progress] = []

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Begin the clock, and note the step that a resumed run goes on from."""
        self._began = self._saved = time.monotonic()
        self._first_step = state.global_step

    def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
        """Ask for a checkpoint when one is due."""
        if time.monotonic() - self._saved > self._recipe.save_seconds:
            control.should_save = True

    def on_save(self, _args: Any, state: Any, _control: Any, **_: Any) -> None:
        """Mark the checkpoint that was just written."""
        self._folder.mark_whole(state.global_step)
        self._saved = time.monotonic()

    def on_log(self, _args: Any, state: Any, _control: Any, logs: dict[str, Any], **_: Any) -> None:
        """Look at the figures of a step."""
        if "loss" not in logs:
            return
        loss, step = float(logs["loss"]), int(state.global_step)
        if not math.isfinite(loss) or not math.isfinite(float(logs.get("grad_norm", 0.0))):
            raise LearningStoppedError(
                f"the loss is no number at step {step}: lower learning_rate in the recipe "
                f"(it is {self._recipe.learning_rate:g}) and begin anew"
            )
        change = self._change_of_the_chosen(step, logs)
        done = step - (self._first_step or 0)
        left = (time.monotonic() - self._began) / max(1, done) * (state.max_steps - step)
        progress = Progress(step, int(state.max_steps), loss, left, change)
        self.history.append(progress)
        self._report(progress)

    def _change_of_the_chosen(self, step: int, logs: dict[str, Any]) -> float | None:
        if "rewards/chosen" not in logs:
            return None
        beta = self._recipe.beta
        if step == 1:
            _require_own_reference(logs, beta)
        change = float(logs["rewards/chosen"]) / beta
        self._changes.append(change)
        mean = sum(self._changes) / len(self._changes)
        if len(self._changes) == ALARM_STEPS and -mean > self._recipe.chosen_may_fall:
            raise LearningStoppedError(
                f"the chosen steps have become less likely by {-mean:.2f} nats at step {step}, "
                f"chosen_may_fall is {self._recipe.chosen_may_fall:g}: raise likelihood_weight or "
                "beta in the recipe, or lower learning_rate"
            )
        return change


def _require_own_reference(logs: dict[str, Any], beta: float) -> None:
    """Before anything was learned, model and reference agree, so that DPO's loss is ln 2.

    TRL takes the reference of a model in memory from the folder it was loaded from, where an
    earlier round's weights are still the old ones.
    """
    margin = abs(float(logs["rewards/margins"])) / beta
    if margin > _REFERENCE_TOLERANCE:
        raise LearningStoppedError(
            "the reference is not the model that learning starts from: before the first step they "
            f"differ by {margin:.3g} nats, and the first loss is not ln 2; save the model, and "
            "name its folder with --model"
        )
