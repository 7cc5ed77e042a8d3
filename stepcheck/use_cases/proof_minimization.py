"""Makes a proof shorter: without the steps that it does not need, with one that ends it sooner."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.errors import LeanError
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.search import MOST_MILLISECONDS, SearchResult
from stepcheck.lean.search_node import FINISHERS, StepEstimator
from stepcheck.lean.verdict import StepVerdict
from stepcheck.use_cases.trials import found_steps

_LEAST_PROBABILITY = 0.01
"""A tactic that is less likely to end the proof is not tried again."""


class ProofMinimizer:
    """Tries to leave out each step of a proof, and to end it sooner by a single tactic."""

    def __init__(
        self, space: CheckerEnvironment, position: ProofPosition, estimator: StepEstimator
    ) -> None:
        self._space = space
        self._position = position
        self._estimator = estimator

    async def minimize(self, found: SearchResult, seconds: float) -> tuple[str, ...]:
        """Return a shorter proof, as far as so many seconds allow; every one of them is checked.

        It is what was found where that does not stand as one text.
        """
        steps = found.steps
        try:
            async with asyncio.timeout(seconds), aclosing(self._shorten(found)) as shorter:
                async for shorter_steps in shorter:
                    steps = shorter_steps
        except (TimeoutError, LeanError):
            pass
        return steps

    async def _shorten(self, found: SearchResult) -> AsyncGenerator[tuple[str, ...]]:
        """Yield shorter and shorter proofs."""
        left = list(found.proof)
        if not await self._prove((), [found.steps]):
            return
        kept: list[str] = []
        goals = found.goals
        while left:
            rest = tuple(checked.step for checked in left[1:])
            alternatives = [rest] if rest else []
            alternatives += [(step, *rest) for step in found_steps(left[0])]
            endings = [(step,) for step in self._endings(goals)] if rest else []
            proved = await self._prove(kept, [*alternatives, *endings])
            if proved is None:
                goals = left[0].goals
                kept.append(left.pop(0).step)
            elif proved == rest:
                # The goals behind the steps that remain may be others, but these are proved.
                left.pop(0)
                yield (*kept, *rest)
            elif proved in endings:
                yield (*kept, *proved)
                return
            else:
                goals = left.pop(0).goals
                kept.append(proved[0])
                yield (*kept, *rest)

    def _endings(self, goals: Sequence[str]) -> list[str]:
        """Return tactics that may prove all goals at once, the likeliest first."""
        probabilities = {
            proposal.step: math.prod(
                self._estimator.estimate(goal, proposal).probability for goal in goals
            )
            for proposal in FINISHERS
        }
        likely = [step for step, value in probabilities.items() if value >= _LEAST_PROBABILITY]
        likely.sort(key=lambda step: -probabilities[step])
        return likely if len(goals) == 1 else [f"all_goals {step}" for step in likely]

    async def _prove(
        self, before: Sequence[str], scripts: Sequence[tuple[str, ...]]
    ) -> tuple[str, ...] | None:
        """Return the first of the scripts that proves what the steps before leave."""
        texts = {"\n".join(script): script for script in scripts}
        state = self._position.behind("\n".join(before)) if before else self._position
        async with aclosing(self._space.try_steps(state, tuple(texts), MOST_MILLISECONDS)) as tried:
            async for checked in tried:
                if checked.verdict is StepVerdict.PROVED:
                    return texts[checked.step]
        return None
