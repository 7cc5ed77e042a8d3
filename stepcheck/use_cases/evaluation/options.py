"""What a person chooses of an evaluation, and the conditions that follow with the settings."""

from dataclasses import dataclass

from stepcheck.settings.schema import Settings
from stepcheck.use_cases.checked_suggestions import MOST_SHOWN
from stepcheck.use_cases.evaluation.results import EvaluationConditions, EvaluationMethod

DRAWS = 32
"""Of a goal, unless another number is chosen."""

DOJO_SECONDS = 60.0
"""Of a step, whose theorem is open: lean-dojo sets no other limit."""

MOST_RANKED = 64
"""A model server answers no more steps at once."""


class EvaluationOptionsError(ValueError):
    """Options do not fit together; the message says which, and what would."""


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """The options of an evaluation; `None` is left to the method and the settings.

    `ks` are the numbers of steps whose share of solved goals is reported. The others are those of
    `EvaluationConditions`.
    """

    method: EvaluationMethod
    ks: tuple[int, ...]
    model: str = "bundled"
    n: int | None = None
    seconds: float | None = None
    temperature: float | None = None
    seed: int = 0

    def to_conditions(self, settings: Settings) -> EvaluationConditions:
        """Return what the results will depend on. Raises `EvaluationOptionsError`."""
        n = self.n or self._usual_n(settings)
        self._require_used()
        self._require_fitting(n)
        common = EvaluationConditions(
            method=self.method, model=self.model, n=n, generation=settings.suggestion.method
        )
        of_lean = {
            "heartbeats": settings.lean.heartbeats,
            "milliseconds": settings.lean.milliseconds_per_candidate,
        }
        match self.method:
            case EvaluationMethod.STEP:
                seconds = self.seconds or settings.suggestion.seconds
                return common.model_copy(update={"seconds": seconds, **of_lean})
            case EvaluationMethod.SEARCH:
                seconds = self.seconds or settings.editor.search_seconds
                return common.model_copy(update={"seconds": seconds, **of_lean})
            case EvaluationMethod.SAMPLE:
                drawn = {
                    "generation": "sample",
                    "temperature": self.temperature or settings.suggestion.temperature,
                    "seed": self.seed,
                }
                return common.model_copy(update={**drawn, **of_lean})
            case EvaluationMethod.DOJO:
                return common.model_copy(update={"seconds": self.seconds or DOJO_SECONDS})
            case EvaluationMethod.MATCH:
                return common

    def _usual_n(self, settings: Settings) -> int:
        match self.method:
            case EvaluationMethod.SAMPLE:
                return max(DRAWS, *self.ks)
            case EvaluationMethod.MATCH | EvaluationMethod.DOJO:
                return max(settings.suggestion.n, *self.ks)
        return settings.suggestion.n

    def _require_used(self) -> None:
        timed = (EvaluationMethod.STEP, EvaluationMethod.SEARCH, EvaluationMethod.DOJO)
        if self.seconds is not None and self.method not in timed:
            raise EvaluationOptionsError(
                f"--seconds is for step, search and dojo, not for {self.method}"
            )
        if self.temperature is not None and self.method is not EvaluationMethod.SAMPLE:
            raise EvaluationOptionsError(f"--temperature is for sample, not for {self.method}")

    def _require_fitting(self, n: int) -> None:
        method = self.method
        if method is EvaluationMethod.STEP and max(self.ks) > MOST_SHOWN:
            raise EvaluationOptionsError(
                f"--k {max(self.ks)}: step shows {MOST_SHOWN} steps at most; name smaller ones"
            )
        if method is not EvaluationMethod.SAMPLE and n > MOST_RANKED:
            raise EvaluationOptionsError(
                f"{method} asks the model for {n} steps: it answers {MOST_RANKED} at most"
            )
        drawn = (EvaluationMethod.SAMPLE, EvaluationMethod.MATCH, EvaluationMethod.DOJO)
        if method in drawn and max(self.ks) > n:
            raise EvaluationOptionsError(
                f"--k {max(self.ks)} needs as many steps: raise --n, which is {n}"
            )
