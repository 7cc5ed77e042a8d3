"""Which proposals are tried next, and what became of those that were.

What is likely to prove a goal, for the time that it takes, is tried first: of independent trials
with probability p and cost c the order by p/c finds a proof soonest.
"""

import re
from collections.abc import Iterable

from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict, rank_steps
from stepcheck.models.step_ranker.step_ranker import Candidate, Estimate, StepRanker

ENOUGH_PROOFS = 3
"""So many ways to prove a goal are a choice; more are a list."""

BATCH_MILLISECONDS = 80.0
"""What is tried at once is expected to take so long: what arrives meanwhile waits no longer."""

_MOST_FOUND = 3
_FOUND = Estimate(probability=1.0, milliseconds=1.0)
_TRY_THIS = re.compile(r"^\s*\[apply\] (.*?)(?=^\s*\[apply\]|^\s*-- |\Z)", re.MULTILINE | re.DOTALL)


class Trials:
    """The proposals for one goal, each tried once."""

    def __init__(self, goal: str, ranker: StepRanker) -> None:
        self._goal = goal
        self._ranker = ranker
        self._waiting: dict[str, tuple[Proposal, Estimate]] = {}
        self._proposals: dict[str, tuple[Proposal, Estimate]] = {}
        self._checked: dict[str, CheckedStep] = {}
        self._found: set[str] = set()
        """What searches have found, to be shown in their place."""

    @property
    def untried(self) -> int:
        """How many proposals wait."""
        return len(self._waiting)

    @property
    def are_enough(self) -> bool:
        """Whether there are proofs enough, and nothing that was found waits."""
        verdicts = [checked.verdict for checked in self._checked.values()]
        is_complete = self._found.isdisjoint(self._waiting)
        return is_complete and verdicts.count(StepVerdict.PROVED) >= ENOUGH_PROOFS

    @property
    def steps(self) -> list[RankedStep]:
        """Everything that was tried, best first; a search is shown as what it found."""
        ranked = []
        for text, checked in self._checked.items():
            proposal, estimate = self._proposals[text]
            found = [self._checked.get(step) for step in found_steps(checked)]
            if any(each is not None and each.verdict is checked.verdict for each in found):
                continue
            ranked.append(
                RankedStep(checked, proposal.score, proposal.source, estimate.probability)
            )
        return rank_steps(ranked)

    def add(self, proposals: Iterable[Proposal]) -> None:
        """Let proposals wait for their turn; the model's score of a known one is taken over."""
        for proposal in proposals:
            known = self._proposals.get(proposal.step)
            if known is not None and proposal.source is not ProposalSource.MODEL:
                continue
            entry = (proposal, self._estimate(proposal))
            self._proposals[proposal.step] = entry
            if proposal.step not in self._checked:
                self._waiting[proposal.step] = entry

    def take(self, only: ProposalSource | None = None) -> list[str]:
        """Take the steps that are to be tried now; of one source only, if it is given.

        What was found is always among them.
        """
        eligible = [
            (estimate.value, text, estimate.milliseconds)
            for text, (proposal, estimate) in self._waiting.items()
            if only is None or proposal.source is only or text in self._found
        ]
        taken: list[str] = []
        milliseconds = 0.0
        for _, text, expected in sorted(eligible, key=lambda entry: -entry[0]):
            if taken and milliseconds + expected > BATCH_MILLISECONDS:
                break
            taken.append(text)
            milliseconds += expected
        for text in taken:
            del self._waiting[text]
        return taken

    def put_back(self, steps: Iterable[str]) -> None:
        """Let steps wait again that were taken and not tried."""
        for step in steps:
            self._waiting[step] = self._proposals[step]

    def record(self, checked: CheckedStep) -> None:
        """Remember a verdict; what a search found is tried next, to be shown in its place."""
        self._checked[checked.step] = checked
        source = self._proposals[checked.step][0].source
        for step in found_steps(checked):
            if step not in self._proposals:
                self._found.add(step)
                self._proposals[step] = self._waiting[step] = (Proposal(step, source), _FOUND)

    def _estimate(self, proposal: Proposal) -> Estimate:
        score = proposal.score if proposal.source is ProposalSource.MODEL else None
        return self._ranker.estimate(self._goal, Candidate(proposal.step, proposal.source, score))


def found_steps(checked: CheckedStep) -> list[str]:
    """Return the steps that a search such as `exact?` says it has found, the first ones."""
    if not checked.verdict.is_shown or "Try this" not in checked.message:
        return []
    found = [" ".join(text.split()) for text in _TRY_THIS.findall(checked.message)]
    return [text for text in found if "?_" not in text and "sorry" not in text][:_MOST_FOUND]
