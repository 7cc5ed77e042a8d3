"""The use case of a whole proof: searched step by step, then verified on the whole file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from stepcheck.client.errors import ClientError
from stepcheck.client.server_client import ServerClient
from stepcheck.lean.checker import StepChecker
from stepcheck.lean.environment import CheckerEnvironment
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.recheck import VerifiedStep
from stepcheck.lean.search import SearchBudget, SearchResult, StepSources, search_proof
from stepcheck.models.step_ranker.step_ranker import (
    Candidate,
    Estimate,
    StepRanker,
    bundled_ranker,
)
from stepcheck.settings.schema import SuggestionSettings
from stepcheck.use_cases.note import Note
from stepcheck.use_cases.proof_minimization import ProofMinimizer
from stepcheck.use_cases.suggestion_query import SuggestionQuery, make_request

MINIMIZATION_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ProofReport:
    """How a search went; where it found a proof, its text, and what the whole file says of it.

    `notes` say what went wrong, such as a model server that does not answer.
    """

    position: ProofPosition
    search: SearchResult
    steps: tuple[str, ...] = ()
    """Of the proof, once it was made shorter."""
    verified: VerifiedStep | None = None
    notes: tuple[Note, ...] = ()

    @property
    def script(self) -> str:
        """The steps as one text, each on lines of its own."""
        return "\n".join(self.steps)


class Prover:
    """Has the model and Lean propose steps, Lean check them, and goes on from those accepted."""

    def __init__(
        self,
        checker: StepChecker,
        client: ServerClient,
        settings: SuggestionSettings,
        ranker: StepRanker | None = None,
    ) -> None:
        self._checker = checker
        self._client = client
        self._settings = settings
        self._estimator = RankerEstimator(ranker or bundled_ranker())

    async def prove(
        self,
        position: ProofPosition,
        budget: SearchBudget,
        report: Callable[[str], None] = lambda _: None,
    ) -> ProofReport:
        """Search for a proof of the goals at a position, shorten it, and verify what is found.

        The proof takes the place of what follows in the tactic block. Where the model cannot be
        asked, Lean proposes alone, and a note says so. Raises `stepcheck.lean.errors.LeanError`.
        """
        place = position.closing
        space = CheckerEnvironment(self._checker, position)
        model = ModelSteps(self._client, self._settings, position)
        sources = StepSources(self._estimator, model.propose)
        found = await search_proof(space, sources, budget, report)
        if not found.proof:
            return ProofReport(place, found, notes=model.notes)
        report("making the proof shorter")
        minimizer = ProofMinimizer(space, position, self._estimator)
        steps = await minimizer.minimize(found, MINIMIZATION_SECONDS)
        report("checking the whole file")
        verified = await self._checker.verify(place, "\n".join(steps))
        return ProofReport(place, found, steps, verified, model.notes)


class RankerEstimator:
    """What the learned ranker expects of proposals."""

    def __init__(self, ranker: StepRanker) -> None:
        self._ranker = ranker

    def estimate(self, goal: str, proposal: Proposal) -> Estimate:
        """Estimate a step; its score counts if it is the model's."""
        candidate = Candidate(proposal.step, proposal.source, proposal.model_score)
        return self._ranker.estimate(goal, candidate)


class ModelSteps:
    """Asks the model server for steps of one proof, until it fails."""

    def __init__(
        self, client: ServerClient, settings: SuggestionSettings, position: ProofPosition
    ) -> None:
        self._client = client
        self._settings = settings
        self._position = position
        self.notes: tuple[Note, ...] = ()

    async def propose(
        self, goals: Sequence[str], steps: Sequence[str], count: int
    ) -> Sequence[Proposal] | None:
        """Return suggestions for the first goal behind the steps; `None` once the server fails."""
        before = self._position.behind("\n".join(steps)) if steps else self._position
        query = SuggestionQuery.from_settings(self._settings, before)
        try:
            request = make_request(query, goals[:1]).model_copy(update={"n": count})
        except ValidationError:
            return ()
        try:
            answer = await self._client.suggest(request)
        except ClientError as error:
            self.notes = (Note(str(error), error.remedy),)
            return None
        return [
            Proposal(each.text, ProposalSource.MODEL, each.score) for each in answer.suggestions
        ]
