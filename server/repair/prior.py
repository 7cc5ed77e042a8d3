"""Which edit is likely: a log-linear prior over kinds of edits and where they stand."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from stepcheck.server.repair.mutation import Mutation

_ARTEFACT = "prior.json"


def features(mutation: Mutation) -> Iterator[str]:
    """Yield what the prior knows of an edit, from the general to the special."""
    yield mutation.kind
    yield f"{mutation.kind}|{mutation.detail}"
    yield f"{mutation.kind}@{mutation.place}"
    yield f"{mutation.kind}|{mutation.detail}@{mutation.place}"


@dataclass(frozen=True, slots=True)
class Prior:
    """Weights of features; among the edits of a program, exp(score) is proportional to the odds."""

    weights: Mapping[str, float]

    def score(self, mutation: Mutation) -> float:
        """Return the logarithm of how likely an edit is, up to a constant of the program."""
        return sum(self.weights.get(feature, 0.0) for feature in features(mutation))


@cache
def load_prior() -> Prior:
    """Return the prior that comes with the package."""
    text = files(__package__).joinpath(_ARTEFACT).read_text(encoding="utf-8")
    return Prior(MappingProxyType(json.loads(text)["weights"]))
