"""Rank pieces of code for one task: by evidence, by a chat model, or by both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise, permutations

from stepcheck.models.chat.interface import ChatModel, Sampling
from stepcheck.server.judge.criteria import Basis, Criterion, Method
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model import prompts
from stepcheck.server.judge.model.rating import NoChatModelError, Rating, RatingRequest, rate
from stepcheck.server.judge.question import Question
from stepcheck.server.judge.ranking import consistency
from stepcheck.server.judge.ranking.comparators import (
    ChatComparator,
    EvidenceComparator,
    FactsFirst,
    PreferenceQuestion,
)
from stepcheck.server.judge.ranking.consistency import ConsistencyReport, PairOutcome
from stepcheck.server.judge.ranking.pairs import (
    Anchored,
    Beam,
    Comparator,
    Comparisons,
    Preference,
    Ranking,
    Search,
    rank,
    share_places,
    sort_greedily,
)
from stepcheck.server.judge.verdict import Judgement

_ANCHORS = 8


_SEARCHES: Mapping[Method, Search] = {
    Method.GREEDY: sort_greedily,
    Method.BEAM: Beam(),
    Method.ANCHORS: Anchored(_ANCHORS),
}


class RankingError(Exception):
    """The options of a question do not go together; the message says which do."""


@dataclass(frozen=True, slots=True)
class RankQuestion:
    """Candidates for one task, and what is known about the task; see `Question`.

    Without `basis`, correctness is compared by evidence, and by the model too if there is one, and
    a preference by the model. With `full_consistency` every pair is compared, in both orders and
    also by which is the worse, whatever the ranking needs.
    """

    candidates: tuple[str, ...]
    intent: str = ""
    language: str = "python"
    examples: str = ""
    tests: str = ""
    reference: str | None = None
    criterion: Criterion = Criterion.CORRECTNESS
    method: Method = Method.GREEDY
    basis: Basis | None = None
    full_consistency: bool = False

    @property
    def task(self) -> str:
        """The task in words."""
        return prompts.describe_task(self.intent, self.examples, self.language, None)


@dataclass(frozen=True, slots=True)
class CodeRanking:
    """An order with what it rests on.

    `judgements` and `ratings` are by candidate, empty where there are none. Who could not be rated
    is not in the order. `further_comparisons` were made for the consistency report alone.
    """

    ranking: Ranking
    basis: Basis
    judgements: tuple[Judgement, ...]
    ratings: tuple[Rating, ...]
    consistency: ConsistencyReport | None
    further_comparisons: int
    notes: tuple[str, ...]


def rank_code(
    judge: Judge,
    question: RankQuestion,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_progress: Callable[[str], None] = lambda _stage: None,
) -> CodeRanking:
    """Rank the candidates.

    Raises `NoChatModelError`, `RankingError`, the model's `ChatError` and `CancelledError`.
    `on_progress` gets what is being done, in words.
    """
    basis = choose_basis(question, judge.chat)
    if question.method is Method.RATING:
        return _rank_by_rating(judge, question, is_cancelled, on_progress)
    judgements = (
        () if basis is Basis.MODEL else _judge_all(judge, question, is_cancelled, on_progress)
    )
    model = _make_comparator(judge.chat, question, is_cancelled)
    counted = _Counted(_compare_by(basis, judgements, model), on_progress)
    # Evidence says the same in either order.
    comparisons = Comparisons(counted, calibrated=basis is not Basis.EVIDENCE)
    ranking = rank(len(question.candidates), comparisons, _SEARCHES[question.method])
    negated = None
    if question.full_consistency and basis is not Basis.EVIDENCE:
        worse = _make_comparator(judge.chat, question, is_cancelled, worse=True)
        negated = Comparisons(_compare_by(basis, judgements, worse, worse=True))
    report, further = _report_consistency(question, basis, comparisons, negated)
    notes = []
    if model is not None and model.estimated:
        notes.append("the model's probabilities are estimated from samples: its server gives none")
    if any(each is None for each in comparisons.answers.values()):
        notes.append("some pairs could not be compared and keep the order given")
    return CodeRanking(
        ranking,
        basis,
        judgements,
        (),
        report,
        further,
        tuple(notes),
    )


def choose_basis(question: RankQuestion, chat: ChatModel | None) -> Basis:
    """Return what to compare by; raises `NoChatModelError` and `RankingError`."""
    preference = question.criterion is not Criterion.CORRECTNESS
    basis = question.basis
    if basis is None:
        by_model = Basis.MODEL if preference else Basis.BOTH
        basis = by_model if preference or chat is not None else Basis.EVIDENCE
    if preference and basis is not Basis.MODEL:
        raise RankingError(
            f"evidence says nothing about {question.criterion}: compare by the model"
        )
    if question.method is Method.RATING and not preference:
        raise RankingError("correctness is not rated but compared: choose another method")
    if basis is not Basis.EVIDENCE and chat is None:
        raise NoChatModelError(f"Comparing {question.criterion} by {basis} needs a chat model.")
    return basis


def _make_comparator(
    chat: ChatModel | None,
    question: RankQuestion,
    is_cancelled: Callable[[], bool],
    *,
    worse: bool = False,
) -> ChatComparator | None:
    if chat is None:
        return None
    asked = PreferenceQuestion(question.task, question.criterion, worse)
    return ChatComparator(chat, question.candidates, asked, is_cancelled)


def _compare_by(
    basis: Basis,
    judgements: tuple[Judgement, ...],
    model: ChatComparator | None,
    *,
    worse: bool = False,
) -> Comparator:
    if model is None or basis is Basis.EVIDENCE:
        return EvidenceComparator(judgements)
    return model if basis is Basis.MODEL else FactsFirst(judgements, model, worse)


def _judge_all(
    judge: Judge,
    question: RankQuestion,
    is_cancelled: Callable[[], bool],
    on_progress: Callable[[str], None],
) -> tuple[Judgement, ...]:
    # The model's part is to compare: its opinion of each would be asked for nothing.
    by_facts = replace(judge, chat=None)
    known: dict[str, Judgement] = {}
    for number, code in enumerate(question.candidates, 1):
        on_progress(f"judging candidate {number} of {len(question.candidates)}")
        if code not in known:
            known[code] = by_facts.judge(
                Question(
                    code=code,
                    language=question.language,
                    intent=question.intent,
                    examples=question.examples,
                    tests=question.tests,
                    reference=question.reference,
                ),
                is_cancelled,
            )
    return tuple(known[code] for code in question.candidates)


def _rank_by_rating(
    judge: Judge,
    question: RankQuestion,
    is_cancelled: Callable[[], bool],
    on_progress: Callable[[str], None],
) -> CodeRanking:
    if judge.chat is None:
        raise NoChatModelError(f"Rating {question.criterion} needs a chat model.")
    sampling = Sampling(max_tokens=judge.voting.max_tokens, seed=0)
    ratings = []
    for number, code in enumerate(question.candidates, 1):
        on_progress(f"rating candidate {number} of {len(question.candidates)}")
        request = RatingRequest(question.criterion, question.task, code, question.reference)
        ratings.append(rate(judge.chat, request, sampling, is_cancelled))
    rated = [(each.value, index) for index, each in enumerate(ratings) if each.value is not None]
    rated.sort(key=lambda entry: (-entry[0], entry[1]))
    order = tuple(index for _, index in rated)
    places = share_places(
        (value == other for (value, _), (other, _) in pairwise(rated)), len(order)
    )
    unrated = len(ratings) - len(order)
    notes = (f"{unrated} could not be rated and are not in the order",) if unrated else ()
    ranking = Ranking(order, places, (None,) * len(order), pairs=0, comparisons=0)
    return CodeRanking(ranking, Basis.MODEL, (), tuple(ratings), None, 0, notes)


class _Counted:
    """A comparator that reports how often it was asked."""

    def __init__(self, comparator: Comparator, on_progress: Callable[[str], None]) -> None:
        self._comparator = comparator
        self._on_progress = on_progress
        self._asked = 0

    def compare(self, first: int, second: int) -> Preference | None:
        self._asked += 1
        self._on_progress(f"comparison {self._asked}")
        return self._comparator.compare(first, second)


def _report_consistency(
    question: RankQuestion, basis: Basis, comparisons: Comparisons, negated: Comparisons | None
) -> tuple[ConsistencyReport, int]:
    """Return the report on the comparisons, and how many were made for it alone.

    With `negated`, which ask for the worse, every pair is asked; so it is by evidence, where
    comparing costs nothing.
    """
    count, before = len(question.candidates), comparisons.count
    if negated is not None or basis is Basis.EVIDENCE:
        for first, second in permutations(range(count), 2):
            comparisons.prefer(first, second)
            if negated is not None:
                negated.prefer(first, second)
    report = consistency.report(
        count, to_outcomes(comparisons.answers), to_outcomes(negated.answers) if negated else None
    )
    return report, comparisons.count - before + (negated.count if negated else 0)


def to_outcomes(
    answers: Mapping[tuple[int, int], Preference | None],
) -> dict[tuple[int, int], PairOutcome]:
    """Return what was preferred of each pair; what could not be compared is left out."""
    return {pair: _to_outcome(answer) for pair, answer in answers.items() if answer is not None}


def _to_outcome(preference: Preference) -> PairOutcome:
    if abs(preference.wins - 0.5) < 1e-9:
        return PairOutcome.TIE
    return PairOutcome.FIRST if preference.wins > 0.5 else PairOutcome.SECOND
