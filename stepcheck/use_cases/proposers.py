"""Who proposes proof steps: the model, and Lean, which reads the goal and the library.

A proposer yields proposals in batches, as they come. Nothing of them is checked yet.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from pydantic import ValidationError

from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.server.api.suggest_schemas import SuggestRequest, SuggestResponse
from stepcheck.use_cases.note import Note
from stepcheck.use_cases.suggestion_query import SuggestionQuery, make_request

INDEX_MILLISECONDS = 60_000
"""How long to wait for the index of premises where nothing that is proposed may be missing."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a step is wanted for: the query, and the goals at its position, pretty-printed."""

    query: SuggestionQuery
    goals: tuple[str, ...]

    @property
    def position(self) -> ProofPosition:
        """Where the step goes."""
        return self.query.position


class Proposer(Protocol):
    """Proposes steps."""

    def batches(self, situation: Situation) -> AsyncGenerator[Sequence[Proposal]]:
        """Yield proposals as they come; raises `stepcheck.lean.errors.LeanError`."""
        ...


class LeanProposer:
    """Has Lean propose: by the goal, by its automation, and by premises once they are indexed.

    `wait_milliseconds` is how long to wait for that index.
    """

    def __init__(self, checker: StepChecker, wait_milliseconds: int = 0) -> None:
        self._checker = checker
        self._wait_milliseconds = wait_milliseconds

    async def batches(self, situation: Situation) -> AsyncGenerator[Sequence[Proposal]]:
        """Yield one batch: the steps that begin with the prefix."""
        proposed = await self._checker.propose(situation.position, self._wait_milliseconds)
        prefix = situation.query.prefix
        yield [each for each in proposed.proposals if each.step.startswith(prefix)]


class ModelProposer:
    """Asks the model server, and yields what it streams; at the end with the final scores.

    Each instance serves one situation. `notes` say what went wrong, once all batches were yielded.
    """

    def __init__(self, client: ServerClient) -> None:
        self._client = client
        self.model = ""
        self.notes: tuple[Note, ...] = ()

    async def batches(self, situation: Situation) -> AsyncGenerator[Sequence[Proposal]]:
        """Yield each suggestion as it comes, then all of them."""
        try:
            request = make_request(situation.query, situation.goals)
        except ValidationError as error:
            problem = f"The model cannot be asked: {error.errors()[0]['msg']}."
            remedy = "Remove what is not Unicode text from the prefix and the file."
            self.notes = (Note(problem, remedy),)
            return
        try:
            async with aclosing(self._stream(request)) as proposals:
                async for batch in proposals:
                    yield batch
        except ClientError as error:
            self.notes = (Note(str(error), error.remedy),)

    async def _stream(self, request: SuggestRequest) -> AsyncGenerator[Sequence[Proposal]]:
        async with aclosing(self._client.stream(request)) as items:
            async for item in items:
                if isinstance(item, SuggestResponse):
                    self.model = item.model
                    yield [
                        Proposal(each.text, ProposalSource.MODEL, each.score)
                        for each in item.suggestions
                    ]
                else:
                    yield [Proposal(item.text, ProposalSource.MODEL, item.score)]


async def merge_batches(
    proposers: Sequence[Proposer], situation: Situation
) -> AsyncGenerator[Sequence[Proposal]]:
    """Yield what all proposers propose, as it comes: all that has come since the last time.

    Raises what a proposer raises. Leaving the iteration early cancels them.
    """
    arrived: asyncio.Queue[Sequence[Proposal] | None] = asyncio.Queue()

    async def receive(proposer: Proposer) -> None:
        try:
            async with aclosing(proposer.batches(situation)) as batches:
                async for batch in batches:
                    arrived.put_nowait(batch)
        finally:
            arrived.put_nowait(None)

    tasks = [asyncio.create_task(receive(proposer)) for proposer in proposers]
    try:
        running = len(tasks)
        while running:
            items = [await arrived.get()]
            while not arrived.empty():
                items.append(arrived.get_nowait())
            running -= items.count(None)
            merged = [proposal for batch in items if batch is not None for proposal in batch]
            if merged:
                yield merged
        for task in tasks:
            await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
