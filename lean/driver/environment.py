"""What a proof search explores: states with goals, and steps that lead from one to the next."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol, TypeVar

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import LeanProposals
from stepcheck.lean.verdict import CheckedStep

State = TypeVar("State")


class ProofEnvironment(Protocol[State]):
    """The states of a proof, each of which can be expanded by steps.

    Its methods raise `stepcheck.lean.errors.LeanError`.
    """

    async def start(self) -> tuple[State, tuple[str, ...]]:
        """Return the first state and its goals, pretty-printed."""
        ...

    async def propose(self, state: State, wait_milliseconds: int) -> LeanProposals:
        """Return the steps that Lean proposes in a state, as `StepChecker.propose` does."""
        ...

    def try_steps(
        self, state: State, steps: Sequence[str], milliseconds: int
    ) -> AsyncGenerator[CheckedStep]:
        """Yield the verdict on every step in a state, each tried so long, in their order."""
        ...

    def advance(self, state: State, step: str) -> State:
        """Return the state behind a step that was accepted in `state`."""
        ...


class CheckerEnvironment:
    """The proof at a position of a file; a state is the position behind the steps so far.

    The resident checker keeps no state but the last, so the steps before are replayed as text.
    """

    def __init__(
        self, checker: StepChecker, position: ProofPosition, limits: CheckLimits | None = None
    ) -> None:
        self._checker = checker
        self._position = position
        self._limits = limits

    async def start(self) -> tuple[ProofPosition, tuple[str, ...]]:
        """Open the position."""
        state = await self._checker.open(self._position, self._limits)
        return self._position, state.goals

    async def propose(self, state: ProofPosition, wait_milliseconds: int) -> LeanProposals:
        """Have Lean read the goals in the file that holds the steps before."""
        return await self._checker.propose(state, wait_milliseconds)

    async def try_steps(
        self, state: ProofPosition, steps: Sequence[str], milliseconds: int
    ) -> AsyncGenerator[CheckedStep]:
        """Check the steps in the file that holds those before."""
        limits = self._limits or self._checker.limits
        limits = replace(limits, milliseconds=min(limits.milliseconds, milliseconds))
        async with aclosing(self._checker.check_each(state, steps, limits)) as checked:
            async for step in checked:
                yield step

    def advance(self, state: ProofPosition, step: str) -> ProofPosition:
        """Write the step into the file."""
        return state.behind(step)
