"""What is asked of a ranking and what it answers: the public contract."""

from typing import Annotated

from pydantic import ConfigDict, Field

from stepcheck.server.api.judge_schemas import Specification
from stepcheck.server.http.schema import Schema, Text
from stepcheck.server.judge.criteria import Basis, Criterion, Method
from stepcheck.server.judge.verdict import Verdict

MAX_CANDIDATES = 64


class RankRequest(Specification):
    """`POST /v1/rank`; each candidate is a whole module."""

    model_config = ConfigDict(extra="forbid")

    candidates: Annotated[list[Text], Field(min_length=1, max_length=MAX_CANDIDATES)]
    criterion: Criterion = Field(
        default=Criterion.CORRECTNESS,
        description="What to rank by; all but correctness need a chat model.",
    )
    language: str = Field(default="python", max_length=40)
    method: Method = Field(
        default=Method.GREEDY,
        description="PairS greedy or beam, with anchors for many, or ratings (of preferences).",
    )
    basis: Basis | None = Field(
        default=None,
        description="Default: evidence, and for correctness also the chat model if there is one.",
    )
    full_consistency: bool = Field(
        default=False,
        description="Compare every pair, in both orders and negated, for the consistency report.",
    )


class RankedCandidate(Schema):
    """One candidate at its place."""

    candidate: int = Field(description="Its index in the request.")
    place: int = Field(description="From 1; who is tied with the one before shares its place.")
    uncertainty: float | None = Field(
        description="Entropy of the comparisons with its neighbours, 0 to ln 3; null if unknown."
    )
    verdict: Verdict | None = Field(description="Of the evidence; null if it was not asked.")
    score: float | None = Field(description="Of the evidence, from wrong (0) to right (1).")
    rating: int | None = Field(description="1 to 10; null if it was not asked.")
    rationale: str = Field(description="The model's reasons for its rating.")


class MeasuredShare(Schema):
    """A share of cases; null where there were none."""

    value: float | None
    total: int


class Consistency(Schema):
    """How logical the comparisons were (arXiv 2410.02205), of those that were asked."""

    transitivity: MeasuredShare = Field(description="Subsets without a cycle.")
    subset_size: int
    chance: float = Field(description="The transitivity of comparisons made at random.")
    commutativity: MeasuredShare = Field(description="Pairs judged alike in both orders.")
    negation: MeasuredShare = Field(description="Questions whose negation is answered so.")
    further_comparisons: int = Field(description="Questions asked for this report alone.")


class RankResponse(Schema):
    """Answer of `POST /v1/rank`, best first."""

    order: list[RankedCandidate]
    unranked: list[int] = Field(description="Candidates that could not be rated.")
    method: Method
    basis: Basis
    model: str | None = Field(description="The chat model that took part.")
    pairs: int = Field(description="Pairs that were compared.")
    comparisons: int = Field(description="Questions asked about them.")
    consistency: Consistency | None
    notes: list[str]
