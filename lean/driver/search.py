"""Search for a whole proof.

Best-first search over proof states, as in GPT-f (Polu and Sutskever, arXiv:2009.03393) and ReProver
(Yang et al., arXiv:2306.15626): the state whose steps are likeliest together is expanded next, and
every step that is accepted there leads to a further one. States with the same goals are one. When
all were expanded, they are again, with twice as many proposals (as `LLMstep/Search.lean`).
"""

import heapq
import itertools
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from stepcheck.lean.environment import ProofEnvironment
from stepcheck.lean.errors import DocumentError
from stepcheck.lean.proposal import Proposal
from stepcheck.lean.verdict import StepVerdict

State = TypeVar("State")

MAX_PROPOSALS = 64

_CASE = re.compile(r"\Acase .*\n")
"""The tag of a goal, which tells by which step it came about."""


Propose = Callable[[Sequence[str], Sequence[str], int], Awaitable[Sequence[Proposal]]]
"""Proposes steps, given the goals of a state, the steps that led to it, and how many are wanted."""


@dataclass(frozen=True, slots=True)
class SearchBudget:
    """What a search may use up: seconds of wall clock, and how often proposals are asked for."""

    seconds: float = 60.0
    requests: int = 64
    proposals: int = 10


class SearchEnd(StrEnum):
    """Why a search is over."""

    PROVED = "proved"
    EXHAUSTED = "exhausted"
    """No accepted step leads to a state that was not expanded."""
    TIME = "time"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """How a search has ended; `steps` prove the goals one after the other if it was with a proof.

    `tried` counts the steps that were checked, `states` those that were expanded.
    """

    end: SearchEnd
    steps: tuple[str, ...] = ()
    tried: int = 0
    states: int = 0

    @property
    def script(self) -> str:
        """The steps as one text, each on lines of its own."""
        return "\n".join(self.steps)


@dataclass(slots=True)
class _Node(Generic[State]):
    state: State
    goals: tuple[str, ...]
    steps: tuple[str, ...] = ()
    score: float = 0.0
    tried: set[str] = field(default_factory=set)


async def search_proof(
    space: ProofEnvironment[State],
    propose: Propose,
    budget: SearchBudget | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> SearchResult:
    """Look for steps that leave no goal; cancelling the caller ends the search.

    `report` is told now and then how far it is. Raises `stepcheck.lean.errors.LeanError` where
    there is no goal or no Lean, and what `propose` raises.
    """
    search = _Search(space, propose, budget or SearchBudget(), report)
    return await search.run()


class _Search(Generic[State]):
    def __init__(
        self,
        space: ProofEnvironment[State],
        propose: Propose,
        budget: SearchBudget,
        report: Callable[[str], None],
    ) -> None:
        self._space = space
        self._propose = propose
        self._budget = budget
        self._report = report
        self._deadline = time.monotonic() + budget.seconds
        self._count = min(budget.proposals, MAX_PROPOSALS)
        self._order = itertools.count()
        self._frontier: list[tuple[float, int, _Node[State]]] = []
        self._expanded: list[_Node[State]] = []
        self._seen: set[tuple[str, ...]] = set()
        self._tried = self._asked = 0

    async def run(self) -> SearchResult:
        state, goals = await self._space.start()
        self._add(_Node(state, goals))
        while True:
            if time.monotonic() >= self._deadline:
                return self._result(SearchEnd.TIME)
            if self._asked >= self._budget.requests:
                return self._result(SearchEnd.REQUESTS)
            if not self._frontier and not self._widen():
                return self._result(SearchEnd.EXHAUSTED)
            node = heapq.heappop(self._frontier)[-1]
            self._expanded.append(node)
            if (steps := await self._expand(node)) is not None:
                return self._result(SearchEnd.PROVED, steps)

    async def _expand(self, node: _Node[State]) -> tuple[str, ...] | None:
        """Try what is proposed in a state; return the steps of a proof, if that is one."""
        self._report(f"{self._asked} states, {self._tried} steps tried")
        self._asked += 1
        proposals = await self._propose(node.goals, node.steps, self._count)
        scores = {each.step: each.score for each in proposals if each.step not in node.tried}
        node.tried.update(scores)
        try:
            tried = self._space.try_steps(node.state, tuple(scores))
            async with aclosing(tried):
                async for checked in tried:
                    self._tried += 1
                    steps = (*node.steps, checked.step)
                    if checked.verdict is StepVerdict.PROVED:
                        return steps
                    if checked.verdict is StepVerdict.PROGRESS and checked.goals:
                        state = self._space.advance(node.state, checked.step)
                        score = node.score + scores[checked.step]
                        self._add(_Node(state, checked.goals, steps, score))
                    if time.monotonic() >= self._deadline:
                        return None
        except DocumentError:
            # Steps that are accepted one by one need not be when they are read as a text.
            if not node.steps:
                raise
        return None

    def _add(self, node: _Node[State]) -> None:
        key = tuple(_CASE.sub("", goal) for goal in node.goals)
        if key not in self._seen:
            self._seen.add(key)
            self._push(node)

    def _push(self, node: _Node[State]) -> None:
        heapq.heappush(self._frontier, (-node.score, next(self._order), node))

    def _widen(self) -> bool:
        """Have every state expanded again, if there can be more proposals for them."""
        if self._count >= MAX_PROPOSALS:
            return False
        self._count = min(MAX_PROPOSALS, 2 * self._count)
        for node in self._expanded:
            self._push(node)
        self._expanded.clear()
        return True

    def _result(self, end: SearchEnd, steps: tuple[str, ...] = ()) -> SearchResult:
        return SearchResult(end, steps, self._tried, self._asked)
