"""A chat model's opinion of code (CodeJudge, arXiv 2410.02184), verified where it can be.

Analyze-then-summarize gives the verdict, fault localization the faults and a score. Both see the
facts that are established, and facts refute what they claim.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stepcheck.models.chat.interface import (
    ChatCancelledError,
    ChatError,
    ChatMessage,
    ChatModel,
    Sampling,
)
from stepcheck.server.judge.model import prompts
from stepcheck.server.judge.model.parsing import (
    Claim,
    read_claims,
    read_yes_or_no,
    without_reasoning,
)
from stepcheck.server.judge.model.refutation import VerifiedClaim, verify
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Fault,
    FaultKind,
    Finding,
    Judgement,
    Severity,
    Verdict,
)
from stepcheck.server.sandbox.sandbox import CancelledError, Sandbox

PENALTIES = {Severity.NEGLIGIBLE: 0, Severity.SMALL: 5, Severity.MAJOR: 50, Severity.FATAL: 100}
"""What a fault of each severity takes off a score of 100."""

MODEL_CONFIDENCE = 0.6
"""The confidence of a verdict by a model alone; set by hand, as no model was measured."""

_DISPUTED_CONFIDENCE = 0.6
_SUMMARY_TOKENS = 10
_MAX_NOTES = 6


@dataclass(frozen=True, slots=True)
class VotingSettings:
    """How a model is polled: the majority of `votes` runs is its opinion.

    One run is at temperature 0; several at 0.4 and top-p 0.9, as the paper has it for open models.
    """

    votes: int = 1
    max_tokens: int = 1024

    def samplings(self) -> list[Sampling]:
        """Return how each run is drawn; seeds make them repeatable where the model obeys them."""
        if self.votes == 1:
            return [Sampling(max_tokens=self.max_tokens, seed=0)]
        return [Sampling(0.4, 0.9, self.max_tokens, seed=seed) for seed in range(self.votes)]


@dataclass(frozen=True, slots=True)
class ModelJudge:
    """A chat model that judges, and how it is polled."""

    chat: ChatModel
    voting: VotingSettings


def examine(
    question: Question,
    gathered: Sequence[Evidence],
    model: ModelJudge,
    sandbox: Sandbox,
    is_cancelled: Callable[[], bool],
) -> Evidence:
    """Ask the model about the code, knowing what was gathered; raises `CancelledError`.

    A model that cannot be asked, or answers what cannot be read, says nothing.
    """
    chat = model.chat
    task = prompts.describe_task(
        question.intent, question.examples, question.language, question.function
    )
    material = prompts.Material(task, question.code, prompts.describe_facts(gathered))
    try:
        votes = [
            _analyze(chat, material, sampling, is_cancelled)
            for sampling in model.voting.samplings()
        ]
        reports = [
            _localize(chat, material, sampling, is_cancelled)
            for sampling in model.voting.samplings()
        ]
    except ChatCancelledError:
        raise CancelledError from None
    except ChatError as error:
        note = f"{chat.name} was not heard: {error}"
        return Evidence(EvidenceKind.MODEL, Finding.NOTHING, notes=(note,), unfinished=1)
    verified = verify(choose_report(reports) or (), question, sandbox, is_cancelled)
    return to_evidence(chat.name, votes, verified, localized=any(r is not None for r in reports))


def _analyze(
    chat: ChatModel,
    material: prompts.Material,
    sampling: Sampling,
    is_cancelled: Callable[[], bool],
) -> bool | None:
    analysis = chat.complete(prompts.ask_analysis(material), sampling, is_cancelled)
    question: list[ChatMessage] = prompts.ask_summary(without_reasoning(analysis))
    summary = Sampling(max_tokens=_SUMMARY_TOKENS, seed=sampling.seed)
    return read_yes_or_no(chat.complete(question, summary, is_cancelled))


def _localize(
    chat: ChatModel,
    material: prompts.Material,
    sampling: Sampling,
    is_cancelled: Callable[[], bool],
) -> tuple[Claim, ...] | None:
    return read_claims(chat.complete(prompts.ask_faults(material), sampling, is_cancelled))


def score(severities: Sequence[Severity]) -> float:
    """Return max(0, 100 - the sum of penalties) / 100."""
    return max(0, 100 - sum(PENALTIES[each] for each in severities)) / 100


def majority(votes: Sequence[bool | None]) -> bool | None:
    """Return what most of the votes cast say, None if neither side has more."""
    balance = sum(1 if vote else -1 for vote in votes if vote is not None)
    return balance > 0 if balance else None


def choose_report(reports: Sequence[tuple[Claim, ...] | None]) -> tuple[Claim, ...] | None:
    """Return the report whose score is the median (the lower of two) of those readable."""
    readable = [report for report in reports if report is not None]
    if not readable:
        return None
    scores = [score([claim.severity for claim in report]) for report in readable]
    return readable[scores.index(statistics.median_low(scores))]


def to_evidence(
    name: str, votes: Sequence[bool | None], verified: Sequence[VerifiedClaim], *, localized: bool
) -> Evidence:
    """Return the opinion that is left once facts have refuted what they can.

    Nothing is left of an objection all of whose grounds are refuted, and of an approval beside a
    grave fault that stands: then the two ways of asking disagree.
    """
    cast = [vote for vote in votes if vote is not None]
    standing = [each for each in verified if not each.refuted]
    grave = any(each.claim.severity in (Severity.MAJOR, Severity.FATAL) for each in standing)
    notes = [f"{name}: {sum(cast)} of {len(cast)} runs say it is correct"]
    notes += [
        f"dropped: {each.claim.message} ({each.refuted})" for each in verified if each.refuted
    ]
    verdict = majority(votes)
    finding = Finding.NOTHING
    if not cast:
        notes[0] = f"{name} gave no answer that can be read"
    elif verdict is False and verified and not standing:
        notes.append("what it objected to is refuted")
    elif verdict is True and grave:
        notes.append("it approves, and yet reports a grave fault")
    elif verdict is not None:
        finding = Finding.SUPPORTS if verdict else Finding.REFUTES
    if localized:
        left = score([each.claim.severity for each in standing])
        notes.insert(1, f"its faults leave a score of {left:.2f}")
    faults = tuple(
        Fault(each.range, each.claim.severity, FaultKind.INCONSISTENCY, each.claim.message)
        for each in standing
    )
    return Evidence(
        EvidenceKind.MODEL,
        finding,
        passed=sum(cast),
        run=len(cast),
        faults=faults,
        notes=tuple(notes[:_MAX_NOTES]),
    )


def apply_opinion(judgement: Judgement, opinion: Evidence, least_confidence: float) -> Judgement:
    """Return a judgement of facts with a model's opinion beside it.

    The opinion gives the verdict only where nothing could be run and the text shows nothing wrong;
    against a verdict of facts it can only lower the confidence that code is correct.
    """
    faults = (*judgement.faults, *opinion.faults)
    evidence = (*judgement.evidence, opinion)
    verdict, confidence, probability = judgement.verdict, judgement.confidence, judgement.score
    reason = judgement.reason
    if verdict is Verdict.CORRECT and opinion.finding is Finding.REFUTES:
        probability = confidence = min(confidence, _DISPUTED_CONFIDENCE)
        if confidence < least_confidence:
            reason = f"correct by what was run, which {opinion.notes[0]!r} disputes"
            verdict, confidence = Verdict.UNKNOWN, 0.0
    elif verdict is Verdict.UNKNOWN and opinion.finding is not Finding.NOTHING:
        approves = opinion.finding is Finding.SUPPORTS
        was_run = any(each.run for each in judgement.evidence)
        refuted = any(each.finding is Finding.REFUTES for each in judgement.evidence)
        if not was_run and not refuted and least_confidence <= MODEL_CONFIDENCE:
            verdict = Verdict.CORRECT if approves else Verdict.INCORRECT
            confidence = MODEL_CONFIDENCE
            probability = MODEL_CONFIDENCE if approves else 1 - MODEL_CONFIDENCE
            reason = "a model's opinion, as nothing could be run"
    return Judgement(verdict, round(probability, 4), confidence, faults, evidence, reason)
