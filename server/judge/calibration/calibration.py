"""How likely code is right, given what was found: learned from judgements of labelled code.

A logistic regression over a few figures of the evidence, none of which may count for what it speaks
against, and on top of it an increasing map from its log-odds to observed frequencies (isotonic
regression: Zadrozny and Elkan, KDD 2002), because the regression alone is sure of what it has
rarely seen. `bench/calibrate.py` fits both.
"""

import bisect
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding, Severity

_FITTED = "calibration.json"
_CHECKS = (EvidenceKind.EXAMPLES, EvidenceKind.TESTS)
_MAX_SUSPICIONS = 3
_WITHOUT_EVIDENCE = 0.5

FEATURES = (
    "text refuted",
    "suspicions in the text",
    "a check failed",
    "share of the checks that failed",
    "checks passed (logarithm)",
    "compared with a reference",
    "differs from the reference",
    "share of inputs that differ",
    "inputs that agree (logarithm)",
)


class CalibrationError(Exception):
    """The fitted figures are missing or not for these features."""


class Calibration(BaseModel):
    """What was fitted: a weight for each of `FEATURES`, and the map from log-odds to frequency."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    features: tuple[str, ...]
    intercept: float
    weights: tuple[float, ...]
    log_odds: tuple[float, ...]
    frequencies: tuple[float, ...]

    @model_validator(mode="after")
    def _agree(self) -> "Calibration":
        if not len(self.features) == len(self.weights) == len(FEATURES):
            raise ValueError("one weight is wanted for each feature")
        if len(self.log_odds) != len(self.frequencies) or not self.log_odds:
            raise ValueError("log-odds and frequencies come in pairs")
        if list(self.log_odds) != sorted(self.log_odds):
            raise ValueError("log-odds must rise")
        return self

    def probability(self, gathered: Sequence[Evidence]) -> float:
        """Return how likely code is right of which this was found, between 0 and 1.

        That it agrees with a reference counts as far as the inputs would have shown a fault: as
        likely as they would have missed it, nothing was found.
        """
        whole = self._probability(gathered)
        power = _power(gathered)
        if power == 1:
            return whole
        others = [one for one in gathered if one.kind is not EvidenceKind.DIFFERENTIAL]
        is_known = any(one.finding is not Finding.NOTHING for one in others)
        without = self._probability(others) if is_known else _WITHOUT_EVIDENCE
        return min(whole, power * whole + (1 - power) * without)

    def _probability(self, gathered: Sequence[Evidence]) -> float:
        found = zip(self.weights, describe(gathered), strict=True)
        return self.frequency(self.intercept + sum(weight * value for weight, value in found))

    def frequency(self, log_odds: float) -> float:
        """Return the frequency that goes with these log-odds, linear between those fitted."""
        after = bisect.bisect_left(self.log_odds, log_odds)
        if after == 0:
            return self.frequencies[0]
        if after == len(self.log_odds):
            return self.frequencies[-1]
        low, high = self.log_odds[after - 1], self.log_odds[after]
        share = (log_odds - low) / (high - low)
        before = self.frequencies[after - 1]
        return before + share * (self.frequencies[after] - before)


@cache
def fitted() -> Calibration:
    """Return the calibration that comes with the judge; raises `CalibrationError`."""
    file = resources.files(__package__) / _FITTED
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise CalibrationError(f"{_FITTED}: {error}") from error


def describe(gathered: Sequence[Evidence]) -> tuple[float, ...]:
    """Return the figures of the evidence, in the order of `FEATURES`.

    Examples and tests count as one: both are calls whose results are known.
    """
    static = [evidence for evidence in gathered if evidence.kind is EvidenceKind.STATIC]
    checks = [evidence for evidence in gathered if evidence.kind in _CHECKS]
    compared = [evidence for evidence in gathered if evidence.kind is EvidenceKind.DIFFERENTIAL]
    return (
        float(_refuted(static)),
        float(min(sum(map(_suspicions, static)), _MAX_SUSPICIONS)),
        float(_refuted(checks)),
        _failed_share(checks),
        math.log1p(sum(evidence.passed for evidence in checks)),
        float(any(evidence.run for evidence in compared)),
        float(_refuted(compared)),
        _failed_share(compared),
        math.log1p(sum(evidence.passed for evidence in compared)),
    )


def _refuted(some: Sequence[Evidence]) -> bool:
    return any(evidence.finding is Finding.REFUTES for evidence in some)


def _power(gathered: Sequence[Evidence]) -> float:
    """Return how likely the inputs compared would show a fault, 1 where that is not known."""
    known = [one.adequacy.power for one in gathered if one.adequacy is not None]
    return min(known, default=1.0)


def _suspicions(evidence: Evidence) -> int:
    return sum(fault.severity is Severity.SMALL for fault in evidence.faults)


def _failed_share(some: Sequence[Evidence]) -> float:
    run = sum(evidence.run for evidence in some)
    return (run - sum(evidence.passed for evidence in some)) / run if run else 0.0
