"""Steps that are worth trying, before Lean has tried them."""

from dataclasses import dataclass
from enum import StrEnum


class ProposalSource(StrEnum):
    """Who proposes a step."""

    MODEL = "model"
    """A language model."""
    GOAL = "goal"
    """The goal itself: its hypotheses, connectives, variables, functions."""
    AUTOMATION = "automation"
    """Tactics of Lean that search by themselves."""
    PREMISE = "premise"
    """Theorems of the library and of the file that share rare symbols with the goal."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A step, who proposes it, and the logarithm of how likely it is for whoever says so.

    A model's score is the mean log-probability of a token; 0, that of what is certain, stands for
    none.
    """

    step: str
    source: ProposalSource = ProposalSource.MODEL
    score: float = 0.0

    @property
    def model_score(self) -> float | None:
        """The score, if the step is the model's; nobody else's says how likely it is."""
        return self.score if self.source is ProposalSource.MODEL else None


@dataclass(frozen=True, slots=True)
class LeanProposals:
    """What Lean proposes at a position; not `complete` while it still reads the library."""

    proposals: tuple[Proposal, ...] = ()
    complete: bool = True
