"""From evidence to a judgement: the verdict, and how sure it is."""

from collections.abc import Sequence

from stepcheck.server.judge.calibration.calibration import Calibration, fitted
from stepcheck.server.judge.verdict import (
    Evidence,
    EvidenceKind,
    Finding,
    Judgement,
    Severity,
    Verdict,
)

_SCORE_WITHOUT_EVIDENCE = 0.5
_SCORE_UNDER_SUSPICION = 0.4
_MANY_DOUBTS = 0.05
"""From this share of inputs on, differences that refute nothing stand in the way of *correct*.

Edges of which nobody speaks make fewer. Set by hand.
"""


def conclude(
    gathered: Sequence[Evidence],
    least_confidence: float = 0.5,
    calibration: Calibration | None = None,
) -> Judgement:
    """Return the judgement that follows from the evidence.

    Facts give the verdict: one refutation decides, and without any, support does, unless there is
    doubt. The calibration says how likely it is to be right, and a verdict less sure than
    `least_confidence` is withheld. Where nothing was found, there is no verdict, and the score only
    orders.
    """
    faults = tuple(fault for evidence in gathered for fault in evidence.faults)
    verdict = decide(gathered)
    if verdict is Verdict.UNKNOWN:
        slight = any(fault.severity is not Severity.NEGLIGIBLE for fault in faults)
        score = _SCORE_UNDER_SUSPICION if slight else _SCORE_WITHOUT_EVIDENCE
        notes = dict.fromkeys(note for evidence in gathered for note in evidence.notes)
        reason = "; ".join(notes) or "nothing could be run"
        return Judgement(verdict, score, 0.0, faults, tuple(gathered), reason)
    score = (calibration or fitted()).probability(gathered)
    confidence = score if verdict is Verdict.CORRECT else 1 - score
    reason = ""
    if confidence < least_confidence:
        reason = f"{verdict} with a confidence of {confidence:.2f} only"
        verdict, confidence = Verdict.UNKNOWN, 0.0
    return Judgement(
        verdict, round(score, 4), round(confidence, 4), faults, tuple(gathered), reason
    )


def decide(gathered: Sequence[Evidence]) -> Verdict:
    """Return the verdict of the facts alone."""
    findings = {evidence.finding for evidence in gathered}
    if Finding.REFUTES in findings:
        return Verdict.INCORRECT
    if any(map(_doubts, gathered)):
        return Verdict.UNKNOWN
    return Verdict.CORRECT if Finding.SUPPORTS in findings else Verdict.UNKNOWN


def _doubts(evidence: Evidence) -> bool:
    """Tell whether code and reference differ often, on inputs that the task may not be about."""
    if evidence.kind is not EvidenceKind.DIFFERENTIAL or not evidence.run:
        return False
    return 1 - evidence.passed / evidence.run >= _MANY_DOUBTS
