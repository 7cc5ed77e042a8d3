"""A linear model of which steps prove a goal, and of how long they take to try."""

import json
import lzma
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from stepcheck.models.step_ranker.features import features_of

_LEAST_MILLISECONDS = 0.5
_MOST_MILLISECONDS = 5_000.0
_ENDING_DECAY = 1.2
_TEMPLATE_DECAY = 0.5
"""Fitted, like the weights, to which steps of the training data still proved after others."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step, who proposes it, and its mean log-probability of a token if the model does."""

    step: str
    source: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """How likely a step proves the goal, and how many milliseconds trying it may take."""

    probability: float
    milliseconds: float

    @property
    def value(self) -> float:
        """What trying it gains for the time it takes."""
        return self.probability / self.milliseconds

    def after_failures(self, same_ending: int, same_template: int) -> "Estimate":
        """Return the estimate when so many steps like this one have not proved the goal."""
        odds = self.probability / max(1e-9, 1 - self.probability)
        odds *= (1 + same_ending) ** -_ENDING_DECAY * (1 + same_template) ** -_TEMPLATE_DECAY
        return Estimate(odds / (1 + odds), self.milliseconds)


@dataclass(frozen=True, slots=True)
class StepRanker:
    """Estimates steps by the sum of the weights of their features.

    `proof` are weights of the log-odds of a proof, `time` those of the logarithm of milliseconds;
    the empty feature is the constant.
    """

    proof: Mapping[str, float]
    time: Mapping[str, float]

    def estimate(self, goal: str, candidate: Candidate) -> Estimate:
        """Return what is to be expected of a candidate."""
        odds, time = self.proof.get("", 0.0), self.time.get("", 0.0)
        proof, slow = self.proof, self.time
        for feature in features_of(goal, candidate.step, candidate.source, candidate.score):
            odds += proof.get(feature, 0.0)
            time += slow.get(feature, 0.0)
        milliseconds = math.exp(min(9.0, max(-1.0, time)))
        return Estimate(
            1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))),
            min(_MOST_MILLISECONDS, max(_LEAST_MILLISECONDS, milliseconds)),
        )


@cache
def bundled_ranker() -> StepRanker:
    """Return the ranker that stepcheck comes with; see `docs/proposals.md` for how it is made."""
    data = resources.files(__package__).joinpath("weights.json.xz").read_bytes()
    weights = json.loads(lzma.decompress(data))
    return StepRanker(weights["proof"], weights["time"])
