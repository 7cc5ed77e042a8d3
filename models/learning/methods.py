"""The methods by name: what each makes of rows, and how it trains."""

from collections.abc import Callable
from dataclasses import dataclass

from stepcheck.models.learning.base import Base
from stepcheck.models.learning.data import LearningRows
from stepcheck.models.learning.dpo import preference_task, train_preferences
from stepcheck.models.learning.facttune import own_samples_task
from stepcheck.models.learning.recipe import Method, Recipe
from stepcheck.models.learning.rejection_sampling import own_accepted_task
from stepcheck.models.learning.sft import accepted_task, train_examples
from stepcheck.models.learning.trainer_run import RunOptions, RunResult, Task


@dataclass(frozen=True, slots=True)
class LearningMethod:
    """How a method turns rows into a task, and trains on it."""

    prepare: Callable[[Base, LearningRows, Recipe, int], Task]
    train: Callable[[Base, Task, RunOptions], RunResult]


LEARNING_METHODS: dict[Method, LearningMethod] = {
    "sft": LearningMethod(accepted_task, train_examples),
    "dpo": LearningMethod(preference_task, train_preferences),
    "facttune": LearningMethod(own_samples_task, train_preferences),
    "rejection-sampling": LearningMethod(own_accepted_task, train_examples),
}
