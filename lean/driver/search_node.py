"""A state of a proof in a search: what was proposed there and not tried, and what to hope for."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep

State = TypeVar("State")

FINISHERS = tuple(
    Proposal(tactic, ProposalSource.AUTOMATION)
    for tactic in ("rfl", "simp", "omega", "simp_all", "decide", "grind", "contradiction")
)
"""Tactics that prove a goal or fail: a goal is as promising as the best of them on it."""

PROGRESS_PROBABILITY = {
    ProposalSource.MODEL: 0.2,
    ProposalSource.GOAL: 0.1,
    ProposalSource.AUTOMATION: 0.01,
    ProposalSource.PREMISE: 0.02,
}
"""How likely a step that does not prove the goal is one of a proof."""

LEAN_LOG_PROBABILITY = -1.5
"""Of a step that the model did not propose; that of a likely one of the model is above it."""

VISIT_COST = 0.7
"""By how much, as a logarithm of odds, a visit without a proof makes a state less promising."""

FIRST_VISIT_OF_SLOW = 4
"""From this visit on, steps may take as long as any."""

_PATH_WEIGHT = 0.4
_LEAST_PROBABILITY = 1e-6


class Expectation(Protocol):
    """How likely a step proves its goal, and how many milliseconds trying it may take."""

    @property
    def probability(self) -> float:
        """From 0 to 1."""
        ...

    @property
    def milliseconds(self) -> float:
        """More than 0."""
        ...


class StepEstimator(Protocol):
    """Tells what to expect of a step before it is tried."""

    def estimate(self, goal: str, proposal: Proposal) -> Expectation:
        """Estimate a step on a goal, pretty-printed."""
        ...


def provability(goals: Sequence[str], estimator: StepEstimator) -> float:
    """Return the logarithm of how likely all goals are proved, each by the best finisher."""
    return sum(
        math.log(
            max(
                _LEAST_PROBABILITY,
                *(estimator.estimate(goal, proposal).probability for proposal in FINISHERS),
            )
        )
        for goal in goals
    )


@dataclass(slots=True, eq=False)
class SearchNode(Generic[State]):
    """A state, the checked steps that led to it, and the proposals that wait there.

    `log_probability` is that of these steps together, `promise` that of a proof from here, before
    anything was tried.
    """

    state: State
    goals: tuple[str, ...]
    proof: tuple[CheckedStep, ...]
    log_probability: float
    promise: float
    visits: int = 0
    readings: int = 0
    """How often Lean was asked for proposals here."""
    is_complete: bool = False
    """Whether Lean has no more proposals than those it has given."""
    requested: int = 0
    """How many proposals the model was asked for at once, the last time."""
    is_closed: bool = False
    """Whether nothing is to be tried here any more."""
    _waiting: dict[str, tuple[Proposal, Expectation]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _slow: set[str] = field(default_factory=set)

    @property
    def has_waiting(self) -> bool:
        """Whether a proposal waits to be tried."""
        return bool(self._waiting)

    @property
    def priority(self) -> float:
        """The state with the highest is visited next."""
        return self.promise + _PATH_WEIGHT * self.log_probability - VISIT_COST * self.visits

    @property
    def steps(self) -> tuple[str, ...]:
        """The texts of the steps that led here."""
        return tuple(checked.step for checked in self.proof)

    def add(self, proposals: Iterable[Proposal], estimator: StepEstimator) -> None:
        """Let proposals wait that were not known."""
        for proposal in proposals:
            if proposal.step not in self._known:
                self._known.add(proposal.step)
                self._wait(proposal, estimator)

    def take(self, milliseconds: float) -> dict[str, Proposal]:
        """Take what gains most for its time, until so much time is expected; one at least.

        What is slow waits for a later visit: searches of the library, and what was put back so.
        """
        is_early = self.visits < FIRST_VISIT_OF_SLOW
        taken: dict[str, Proposal] = {}
        for proposal, expected in sorted(self._waiting.values(), key=_value, reverse=True):
            if is_early and (proposal.step in self._slow or _searches_library(proposal.step)):
                continue
            if taken and expected.milliseconds > milliseconds:
                break
            milliseconds -= expected.milliseconds
            taken[proposal.step] = proposal
            del self._waiting[proposal.step]
        return taken

    def put_back(self, proposal: Proposal, estimator: StepEstimator) -> None:
        """Let a step wait again that had not the time that it needs."""
        self._slow.add(proposal.step)
        self._wait(proposal, estimator)

    def _wait(self, proposal: Proposal, estimator: StepEstimator) -> None:
        expected = estimator.estimate(self.goals[0], proposal)
        self._waiting[proposal.step] = (proposal, expected)

    def close(self) -> None:
        """Forget what waits: nothing more is to be found from here."""
        self._waiting.clear()
        self.is_closed = self.is_complete = True


def _searches_library(step: str) -> bool:
    return "?" in step.replace("?_", "")


def _value(entry: tuple[Proposal, Expectation]) -> float:
    proposal, expected = entry
    gain = expected.probability
    if "<;>" not in proposal.step:
        gain += PROGRESS_PROBABILITY[proposal.source]
    return gain / expected.milliseconds


def log_probability_of(proposal: Proposal) -> float:
    """Return the model's score of a step, or what stands for one where it has none."""
    score = proposal.model_score
    return LEAN_LOG_PROBABILITY if score is None else score
