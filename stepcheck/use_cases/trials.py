"""Which proposals are tried next, and what became of those that were.

What is likely to prove a goal, for the time that it takes, is tried first: of independent trials
with probability p and cost c the order by p/c finds a proof soonest.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from stepcheck.lean.proposal import Proposal, ProposalSource
from stepcheck.lean.verdict import CheckedStep, RankedStep, StepVerdict, rank_steps
from stepcheck.models.step_ranker.features import StepKind, kind_of
from stepcheck.models.step_ranker.step_ranker import Candidate, Estimate, StepRanker

ENOUGH_PROOFS = 3
"""So many ways to prove a goal are a choice; more are a list."""

BATCH_MILLISECONDS = 80.0
"""What is tried at once is expected to take so long: what arrives meanwhile waits no longer."""

FIRST_MILLISECONDS = 250
"""How long a step may take at first. What takes longer waits until nothing quick is left."""

_MOST_FOUND = 3
_SLOW_MILLISECONDS = 1_000.0
_FOUND = Estimate(probability=1.0, milliseconds=1.0)
_TRY_THIS = re.compile(r"^\s*\[apply\] (.*?)(?=^\s*\[apply\]|^\s*-- |\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Batch:
    """Steps that are to be tried now, and how long each may take; `None` is as long as any step."""

    steps: tuple[str, ...] = ()
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A proposal, what to expect of it, and whether it has used up its first trial."""

    proposal: Proposal
    estimate: Estimate
    kind: StepKind
    is_slow: bool = False


class Trials:
    """The proposals for one goal, each tried once; the slow ones for a short time before."""

    def __init__(self, goal: str, ranker: StepRanker) -> None:
        self._goal = goal
        self._ranker = ranker
        self._waiting: dict[str, _Entry] = {}
        self._proposals: dict[str, _Entry] = {}
        self._checked: dict[str, CheckedStep] = {}
        self._found: set[str] = set()
        """What searches have found, to be shown in their place."""
        self._failed_endings: Counter[str] = Counter()
        self._failed_templates: Counter[str] = Counter()

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
            entry = self._proposals[text]
            found = [self._checked.get(step) for step in found_steps(checked)]
            if any(each is not None and each.verdict is checked.verdict for each in found):
                continue
            ranked.append(
                RankedStep(
                    checked,
                    entry.proposal.score,
                    entry.proposal.source,
                    entry.estimate.probability,
                )
            )
        return rank_steps(ranked)

    def add(self, proposals: Iterable[Proposal]) -> None:
        """Let proposals wait for their turn; the model's score of a known one is taken over."""
        for proposal in proposals:
            known = self._proposals.get(proposal.step)
            if known is not None and proposal.source is not ProposalSource.MODEL:
                continue
            is_slow = known is not None and known.is_slow
            entry = _Entry(proposal, self._estimate(proposal), kind_of(proposal.step), is_slow)
            self._proposals[proposal.step] = entry
            if proposal.step in self._waiting or known is None:
                self._waiting[proposal.step] = entry

    def take(self, only: ProposalSource | None = None) -> Batch:
        """Take the steps that are to be tried now; of one source only, if it is given.

        What was found is always among them.
        """
        eligible = sorted(
            (self._expected(entry).value, text)
            for text, entry in self._waiting.items()
            if only is None or entry.proposal.source is only or text in self._found
        )
        if not eligible:
            return Batch()
        is_slow = self._waiting[eligible[-1][1]].is_slow
        taken: list[str] = []
        milliseconds = 0.0
        for _, text in reversed(eligible):
            entry = self._waiting[text]
            if taken and milliseconds + entry.estimate.milliseconds > BATCH_MILLISECONDS:
                break
            if entry.is_slow is is_slow:
                taken.append(text)
                milliseconds += entry.estimate.milliseconds
        for text in taken:
            del self._waiting[text]
        return Batch(tuple(taken), None if is_slow else FIRST_MILLISECONDS)

    def put_back(self, steps: Iterable[str]) -> None:
        """Let steps wait again that were taken and not tried."""
        for step in steps:
            self._waiting[step] = self._proposals[step]

    def record(self, checked: CheckedStep) -> None:
        """Remember a verdict; what a search found is tried next, to be shown in its place.

        A step whose first time was too short waits again.
        """
        entry = self._proposals[checked.step]
        if checked.verdict is not StepVerdict.PROVED:
            self._failed_endings[entry.kind.ending] += 1
            self._failed_templates[entry.kind.template] += 1
        if checked.verdict is StepVerdict.TIMEOUT and not entry.is_slow:
            estimate = replace(entry.estimate, milliseconds=_SLOW_MILLISECONDS)
            slow = replace(entry, estimate=estimate, is_slow=True)
            self._proposals[checked.step] = self._waiting[checked.step] = slow
            return
        self._checked[checked.step] = checked
        for step in found_steps(checked):
            if step not in self._proposals:
                self._found.add(step)
                found = _Entry(Proposal(step, entry.proposal.source), _FOUND, kind_of(step))
                self._proposals[step] = self._waiting[step] = found

    def _expected(self, entry: _Entry) -> Estimate:
        """Return what to expect of a step now that others have failed."""
        if entry.proposal.step in self._found:
            return entry.estimate
        return entry.estimate.after_failures(
            self._failed_endings[entry.kind.ending], self._failed_templates[entry.kind.template]
        )

    def _estimate(self, proposal: Proposal) -> Estimate:
        candidate = Candidate(proposal.step, proposal.source, proposal.model_score)
        return self._ranker.estimate(self._goal, candidate)


def found_steps(checked: CheckedStep) -> list[str]:
    """Return the steps that a search such as `exact?` says it has found, the first ones."""
    if not checked.verdict.is_shown or "Try this" not in checked.message:
        return []
    found = [" ".join(text.split()) for text in _TRY_THIS.findall(checked.message)]
    return [text for text in found if "?_" not in text and "sorry" not in text][:_MOST_FOUND]
