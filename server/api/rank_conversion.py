"""From what is asked of a ranking to its question, and from rankings to answers."""

from stepcheck.server.api.rank_schemas import (
    Consistency,
    MeasuredShare,
    RankedCandidate,
    RankRequest,
    RankResponse,
)
from stepcheck.server.judge.criteria import Basis
from stepcheck.server.judge.ranking.consistency import ConsistencyReport, Share
from stepcheck.server.judge.ranking.ranking import CodeRanking, RankQuestion


def to_rank_question(asked: RankRequest) -> RankQuestion:
    """Return what is to be ranked."""
    return RankQuestion(
        candidates=tuple(asked.candidates),
        intent=asked.intent,
        language=asked.language,
        examples=asked.examples,
        tests=asked.tests,
        reference=asked.reference,
        criterion=asked.criterion,
        method=asked.method,
        basis=asked.basis,
        full_consistency=asked.full_consistency,
    )


def to_rank_response(question: RankQuestion, found: CodeRanking, model: str | None) -> RankResponse:
    """Return a ranking as the contract words it."""
    ranking = found.ranking
    return RankResponse(
        order=[
            _to_candidate(candidate, place, uncertainty, found)
            for candidate, place, uncertainty in zip(
                ranking.order, ranking.places, ranking.uncertainties, strict=True
            )
        ],
        unranked=sorted(set(range(len(question.candidates))) - set(ranking.order)),
        method=question.method,
        basis=found.basis,
        model=None if found.basis is Basis.EVIDENCE else model,
        pairs=ranking.pairs,
        comparisons=ranking.comparisons,
        consistency=_to_consistency(found.consistency, found.further_comparisons),
        notes=list(found.notes),
    )


def _to_candidate(
    candidate: int, place: int, uncertainty: float | None, found: CodeRanking
) -> RankedCandidate:
    judgement = found.judgements[candidate] if found.judgements else None
    rating = found.ratings[candidate] if found.ratings else None
    return RankedCandidate(
        candidate=candidate,
        place=place,
        uncertainty=None if uncertainty is None else round(uncertainty, 4),
        verdict=judgement.verdict if judgement else None,
        score=judgement.score if judgement else None,
        rating=rating.value if rating else None,
        rationale=rating.rationale if rating else "",
    )


def _to_consistency(report: ConsistencyReport | None, further: int) -> Consistency | None:
    if report is None:
        return None
    return Consistency(
        transitivity=_to_share(report.transitivity),
        subset_size=report.subset_size,
        chance=report.chance,
        commutativity=_to_share(report.commutativity),
        negation=_to_share(report.negation),
        further_comparisons=further,
    )


def _to_share(share: Share) -> MeasuredShare:
    return MeasuredShare(value=share.value, total=share.total)
