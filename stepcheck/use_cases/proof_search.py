"""The use case of a whole proof: searched step by step, then verified on the whole file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.recheck import VerifiedStep
from stepcheck.lean.search import SearchBudget, SearchResult, search_proof
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.suggestion_query import SuggestionQuery, make_request


@dataclass(frozen=True, slots=True)
class ProofReport:
    """How a search went; where it found a proof, what the whole file says of it."""

    position: ProofPosition
    search: SearchResult
    verified: VerifiedStep | None = None


class Prover:
    """Has the model propose steps, Lean check them, and goes on from those that are accepted."""

    def __init__(
        self, checker: StepChecker, client: ServerClient, settings: SuggestionSettings
    ) -> None:
        self._checker = checker
        self._client = client
        self._settings = settings

    async def prove(
        self,
        position: ProofPosition,
        budget: SearchBudget,
        report: Callable[[str], None] = lambda _: None,
    ) -> ProofReport:
        """Search for a proof of the goals at a position, and verify what is found.

        The proof takes the place of what follows in the tactic block. Raises
        `stepcheck.lean.errors.LeanError`, and `ClientError` if the model cannot be
        asked.
        """

        async def propose(
            goals: Sequence[str], steps: Sequence[str], count: int
        ) -> Sequence[Proposal]:
            before = position.behind("\n".join(steps)) if steps else position
            query = SuggestionQuery.from_settings(self._settings, before)
            try:
                request = make_request(query, goals[:1]).model_copy(update={"n": count})
            except ValidationError:
                return ()
            answer = await self._client.suggest(request)
            return [
                Proposal(each.text, ProposalSource.MODEL, each.score) for each in answer.suggestions
            ]

        place = position.closing
        space = CheckerEnvironment(self._checker, position)
        found = await search_proof(space, propose, budget, report)
        if not found.steps:
            return ProofReport(place, found)
        report("checking the whole file")
        return ProofReport(place, found, await self._checker.verify(place, found.script))
