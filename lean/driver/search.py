"""Search for a whole proof.

Best-first search over proof states, as in GPT-f (Polu and Sutskever, arXiv:2009.03393) and ReProver
(Yang et al., arXiv:2306.15626), with steps of Lean beside those of a model. What a state is worth
is how likely its goals are proved by a single tactic each, by a learned estimate, and how likely
the steps were that led there. The first visit to a state tries some tactics that prove much, the
second has Lean propose; each tries what gains most for its time, and leaves the rest for the next
one. States with the same goals are one.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from stepcheck.lean.environment import ProofEnvironment
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.limits import load_factor
from stepcheck.lean.proposal import Proposal
from stepcheck.lean.search_node import (
    FINISHERS,
    FIRST_VISIT_OF_SLOW,
    SearchNode,
    StepEstimator,
    log_probability_of,
    provability,
)
from stepcheck.lean.verdict import CheckedStep, StepVerdict

State = TypeVar("State")

MAX_PROPOSALS = 64
VISIT_SECONDS = 0.15
"""A first visit ends after so long; the second after twice as much, and so on."""

BATCH_MILLISECONDS = 80.0
"""What is tried at once is expected to take so long."""

FIRST_MILLISECONDS = 300
"""How long a step may take in an early visit."""

MOST_MILLISECONDS = 2_000
"""How long in a later one, if the limits of the checker are not narrower."""

_MOST_TIMES_FIRST = 16
_INDEX_MILLISECONDS = 2_000
_MOST_READINGS = 5
_REPORT_SECONDS = 0.25
_CASE = re.compile(r"\Acase .*\n")
"""The tag of a goal, which tells by which step it came about."""


ModelPropose = Callable[[Sequence[str], Sequence[str], int], Awaitable[Sequence[Proposal] | None]]
"""Has a model propose, given the goals of a state, the steps that led to it, and how many steps are
wanted; `None` if it is not to be asked again."""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """What a search may use up: seconds of wall clock, and how often the model is asked."""

    seconds: float = 60.0
    requests: int = 64
    proposals: int = 10


class SearchEnd(StrEnum):
    """Why a search is over."""

    PROVED = "proved"
    EXHAUSTED = "exhausted"
    """Everything that is proposed was tried, in every state."""
    TIME = "time"
    REQUESTS = "requests"
    """So was everything, and the model may not be asked for more."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """How a search has ended; `proof` are the steps, one after the other, if it was with a proof.

    `goals` are those of the first state, `tried` counts the steps that were checked, `states` those
    that were visited.
    """

    end: SearchEnd
    goals: tuple[str, ...]
    proof: tuple[CheckedStep, ...] = ()
    tried: int = 0
    states: int = 0

    @property
    def steps(self) -> tuple[str, ...]:
        """The texts of the steps."""
        return tuple(checked.step for checked in self.proof)


@dataclass(frozen=True, slots=True)
class StepSources:
    """Where steps come from beside Lean, which may be nowhere, and what is expected of a step."""

    estimator: StepEstimator
    model: ModelPropose | None = None


async def search_proof(
    space: ProofEnvironment[State],
    sources: StepSources,
    budget: SearchBudget | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> SearchResult:
    """Look for steps that leave no goal; cancelling the caller ends the search.

    The time counts from when the first state is there. `report` is told now and then how far it is.
    Raises `stepcheck.lean.errors.LeanError` where there is no goal or no Lean, and what the model's
    function raises.
    """
    state, goals = await space.start()
    search = _Search(space, sources, budget or SearchBudget(), report)
    return await search.run(state, goals)


class _Search(Generic[State]):
    def __init__(
        self,
        space: ProofEnvironment[State],
        sources: StepSources,
        budget: SearchBudget,
        report: Callable[[str], None],
    ) -> None:
        self._space = space
        self._estimator = sources.estimator
        self._model = sources.model
        self._budget = budget
        self._report = report
        self._reported = -_REPORT_SECONDS
        self._nodes: list[SearchNode[State]] = []
        self._seen: set[tuple[str, ...]] = set()
        self._asking: asyncio.Task[None] | None = None
        self._tried = self._asked = self._visited = 0

    async def run(self, state: State, goals: tuple[str, ...]) -> SearchResult:
        self._add(state, goals, (), 0.0)
        end, proof = SearchEnd.TIME, None
        try:
            async with asyncio.timeout(self._budget.seconds) as limit:
                while proof is None and (node := await self._next()) is not None:
                    proof = await self._visit(node)
                is_spent = self._asked >= self._budget.requests
                end = SearchEnd.REQUESTS if is_spent else SearchEnd.EXHAUSTED
        except TimeoutError:
            if not limit.expired():
                raise
        finally:
            await self._stop_asking()
        if proof is not None:
            end = SearchEnd.PROVED
        return SearchResult(end, goals, proof or (), self._tried, self._visited)

    async def _next(self) -> SearchNode[State] | None:
        """Return the most promising state where there is something to do."""
        while True:
            await asyncio.sleep(0)
            if self._asking is not None and self._asking.done():
                self._asking.result()
                self._asking = None
            eligible = [node for node in self._nodes if self._can_visit(node)]
            if not eligible and self._asking is None:
                eligible = [node for node in self._nodes if not node.is_complete]
            if eligible:
                return max(eligible, key=lambda node: node.priority)
            if self._asking is None:
                return None
            await asyncio.wait({self._asking})

    def _can_visit(self, node: SearchNode[State]) -> bool:
        return not node.is_closed and (
            node.has_waiting or node.readings == 0 or self._can_ask(node)
        )

    def _can_ask(self, node: SearchNode[State]) -> bool:
        is_free = self._model is not None and self._asking is None
        is_left = self._asked < self._budget.requests and node.requested < MAX_PROPOSALS
        return is_free and is_left and not (node.requested and node.has_waiting)

    async def _visit(self, node: SearchNode[State]) -> tuple[CheckedStep, ...] | None:
        """Try what is most worth it in a state; return the steps of a proof, if that is one."""
        self._visited += node.visits == 0
        node.visits += 1
        self._tell()
        if self._can_ask(node):
            self._ask(node)
        try:
            if node.visits > 1 and not node.is_complete:
                await self._read(node)
            return await self._try(node)
        except DocumentError:
            # Steps that are accepted one by one need not be when they are read as a text.
            if not node.proof:
                raise
            node.close()
            return None

    async def _read(self, node: SearchNode[State]) -> None:
        """Have Lean propose; where nothing else is to do, wait for its index of premises."""
        is_idle = node.readings > 0 and not node.has_waiting and self._asking is None
        wait = _INDEX_MILLISECONDS if is_idle else 0
        proposed = await self._space.propose(node.state, wait)
        node.readings += 1
        node.is_complete = proposed.complete or node.readings >= _MOST_READINGS
        node.add(proposed.proposals, self._estimator)

    async def _try(self, node: SearchNode[State]) -> tuple[CheckedStep, ...] | None:
        """Try steps for as long as a visit takes, a few at a time: stopping Lean costs more."""
        end = time.monotonic() + VISIT_SECONDS * min(node.visits, _MOST_TIMES_FIRST) * load_factor()
        is_early = node.visits < FIRST_VISIT_OF_SLOW
        milliseconds = FIRST_MILLISECONDS if is_early else MOST_MILLISECONDS
        while time.monotonic() < end and (batch := node.take(BATCH_MILLISECONDS)):
            tried = self._space.try_steps(node.state, tuple(batch), milliseconds)
            async with aclosing(tried):
                async for checked in tried:
                    self._tried += 1
                    if checked.verdict is StepVerdict.PROVED:
                        return (*node.proof, checked)
                    if checked.verdict is StepVerdict.TIMEOUT and is_early:
                        node.put_back(batch[checked.step], self._estimator)
                    self._go_on(node, checked, batch[checked.step])
            if node.is_closed:
                break
        return None

    def _go_on(self, node: SearchNode[State], checked: CheckedStep, proposal: Proposal) -> None:
        """Add the state behind a step, if there is one."""
        if checked.verdict is not StepVerdict.PROGRESS or not checked.goals:
            return
        state = self._space.advance(node.state, checked.step)
        log_probability = node.log_probability + log_probability_of(proposal)
        self._add(state, checked.goals, (*node.proof, checked), log_probability)
        if checked.goals == node.goals[1:]:
            # One goal is proved and the others are what they were: that is settled.
            node.close()

    def _add(
        self,
        state: State,
        goals: tuple[str, ...],
        proof: tuple[CheckedStep, ...],
        log_probability: float,
    ) -> None:
        key = tuple(_CASE.sub("", goal) for goal in goals)
        if key not in self._seen:
            self._seen.add(key)
            promise = provability(goals, self._estimator)
            node = SearchNode(state, goals, proof, log_probability, promise)
            node.add(FINISHERS, self._estimator)
            self._nodes.append(node)

    def _ask(self, node: SearchNode[State]) -> None:
        """Ask the model in the background: for more than the last time."""
        model = self._model
        count = min(MAX_PROPOSALS, 2 * node.requested or self._budget.proposals)
        node.requested = count
        self._asked += 1

        async def receive() -> None:
            proposals = await model(node.goals, node.steps, count) if model else None
            if proposals is None:
                self._model = None
            elif not node.is_closed:
                node.add(proposals, self._estimator)

        self._asking = asyncio.create_task(receive())

    async def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self._report(f"{self._visited} states, {self._tried} steps tried")
