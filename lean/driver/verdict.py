"""What Lean says of a candidate proof step: the words used everywhere in stepcheck.

The definition of each verdict is `lean/LLMstep/StepVerdict.lean`; this module only carries it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from stepcheck.lean.proposal import ProposalSource


class StepVerdict(StrEnum):
    """The outcome of running one candidate tactic in one proof state."""

    PROVED = "proved"
    """The whole declaration stands with the step; other open places may be left in it."""
    PROGRESS = "progress"
    """Accepted; goals remain and are listed."""
    NO_PROGRESS = "no_progress"
    """Accepted, but the goals are what they were."""
    REJECTED = "rejected"
    """Lean reports an error."""
    UNSOUND = "unsound"
    """Uses `sorry`, `admit` or an axiom beyond the standard three, or escapes its block."""
    TIMEOUT = "timeout"
    """Its heartbeats or its wall clock ran out."""
    UNKNOWN = "unknown"
    """It could not be checked: Lean died, the document changed, or the check was cancelled."""

    @property
    def is_shown(self) -> bool:
        """Whether a person sees a step with this verdict without asking for it."""
        return self in (StepVerdict.PROVED, StepVerdict.PROGRESS)


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A candidate and what Lean said of it.

    `goals` are the pretty-printed goals that remain, `message` is Lean's own text or the reason
    for the verdict, `milliseconds` is the time of the check inside Lean.
    """

    step: str
    verdict: StepVerdict
    goals: tuple[str, ...] = ()
    message: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RankedStep:
    """A checked step, who proposed it, and how promising it was before it was tried.

    `score` is the model's mean log-probability of a token, 0 for what others propose. `promise` is
    the estimated probability that it proves the goal.
    """

    checked: CheckedStep
    score: float
    source: ProposalSource = ProposalSource.MODEL
    promise: float = 0.0


def rank_steps(steps: Iterable[RankedStep]) -> list[RankedStep]:
    """Order proofs first, then what makes progress, then the rest.

    Of proofs the first of each kind comes before the second of any: the model's, which are like
    what people write, then the shortest. Progress is ordered by the
    fewest goals, then by promise, score and the shorter text. Steps that are shown and leave the
    same goals are one suggestion: the best-ranked is kept.
    """
    order = list(StepVerdict)

    def order_of_proofs(ranked: RankedStep) -> tuple[bool, int]:
        if ranked.checked.verdict is not StepVerdict.PROVED:
            return False, 0
        return ranked.source is not ProposalSource.MODEL, len(ranked.checked.step)

    ordered = sorted(
        steps,
        key=lambda ranked: (
            order.index(ranked.checked.verdict),
            len(ranked.checked.goals),
            order_of_proofs(ranked),
            -ranked.promise,
            -ranked.score,
            len(ranked.checked.step),
        ),
    )
    kept: list[RankedStep] = []
    seen: set[tuple[StepVerdict, tuple[str, ...]]] = set()
    for ranked in ordered:
        outcome = (ranked.checked.verdict, ranked.checked.goals)
        if ranked.checked.verdict is StepVerdict.PROGRESS:
            if outcome in seen:
                continue
            seen.add(outcome)
        kept.append(ranked)
    proofs = [ranked for ranked in kept if ranked.checked.verdict is StepVerdict.PROVED]
    return [*_alternate_kinds(proofs), *kept[len(proofs) :]]


def _alternate_kinds(proofs: Sequence[RankedStep]) -> list[RankedStep]:
    """Put the first proof of each kind first, then the second of each: the kind is its tactic."""
    turns: Counter[str] = Counter()
    numbered = []
    for ranked in proofs:
        kind = ranked.checked.step.split(maxsplit=1)[0]
        numbered.append((turns[kind], ranked))
        turns[kind] += 1
    return [ranked for _, ranked in sorted(numbered, key=lambda entry: entry[0])]
