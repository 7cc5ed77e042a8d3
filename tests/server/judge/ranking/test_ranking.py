"""Ranking code; the tests' server stands in for the chat model, evidence is real."""

import math

import pytest

from stepcheck.models.chat.interface import ChatRefusedError
from stepcheck.models.chat.remote import RemoteChat
from stepcheck.server.judge.criteria import Basis, Criterion, Method
from stepcheck.server.judge.judgement import Judge
from stepcheck.server.judge.model.rating import NoChatModelError, read_rating
from stepcheck.server.judge.ranking.comparators import EvidenceComparator, FactsFirst
from stepcheck.server.judge.ranking.pairs import Preference
from stepcheck.server.judge.ranking.ranking import RankingError, RankQuestion, rank_code
from stepcheck.server.judge.verdict import Evidence, EvidenceKind, Finding, Judgement, Verdict
from stepcheck.server.sandbox.sandbox import Limits, Sandbox, unavailable_reason

needs_sandbox = pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
DOUBLES = "def square(x):\n    return x + x\n"
SQUARES = "def square(x):\n    return x * x\n"
ZERO = "def square(x):\n    return 0\n"
BROKEN = "def square(x):\n    return y\n"
EXAMPLES = "square(3) => 9\nsquare(2) => 4\nsquare(0) => 0"


@pytest.fixture
def judge():
    return Judge(Sandbox(Limits(seconds=8, seconds_per_call=1)))


@pytest.fixture
def chatting(judge, chat_server):
    from dataclasses import replace

    return replace(judge, chat=RemoteChat(chat_server.url, "tiny", timeout_seconds=20))


def preferring(key, *, bias=0.0):
    """Reply with the probabilities of a model that compares by `key`, and likes to say A."""

    def reply(body):
        told, shown = (message["content"] for message in body["messages"])
        first, second = (
            shown.split(f"Program {letter}:\n~~~~~~\n")[1].split("\n~~~~~~")[0] for letter in "AB"
        )
        sign = -1 if "is the worse" in told else 1
        gap = sign * (key(first) - key(second)) + bias
        wins = 0.9 / (1 + math.exp(-gap))
        weights = {"A": wins, " B": 0.9 - wins, "C": 0.1}
        entries = [{"token": t, "logprob": math.log(p), "bytes": None} for t, p in weights.items()]
        best = max(entries, key=lambda entry: entry["logprob"])
        content = [best | {"top_logprobs": entries}]
        message = {"role": "assistant", "content": best["token"]}
        return {"choices": [{"message": message, "logprobs": {"content": content}}]}

    return reply


@needs_sandbox
def test_evidence_alone_puts_what_passes_first(judge):
    question = RankQuestion((ZERO, DOUBLES, SQUARES, BROKEN), examples=EXAMPLES)

    found = rank_code(judge, question)

    assert found.basis is Basis.EVIDENCE
    assert found.ranking.order[0] == 2
    assert found.ranking.order.index(1) < found.ranking.order.index(3)
    assert found.judgements[2].verdict is Verdict.CORRECT
    assert found.consistency.transitivity.value == 1


@needs_sandbox
def test_those_that_pass_alike_share_a_place(judge):
    other = "def square(x):\n    return x ** 2\n"
    found = rank_code(judge, RankQuestion((ZERO, other, SQUARES), examples=EXAMPLES))
    assert found.ranking.order == (1, 2, 0)
    assert found.ranking.places == (1, 1, 3)


@needs_sandbox
def test_where_nothing_is_known_nothing_is_ranked(judge):
    found = rank_code(judge, RankQuestion((SQUARES, DOUBLES), intent="Square a number."))

    assert found.ranking.order == (0, 1)
    assert found.ranking.uncertainties == (None, None)
    assert "could not be compared" in found.notes[0]


def test_a_model_ranks_by_a_preference_whatever_place_it_likes(chatting, chat_server):
    chat_server.replies = [preferring(len, bias=2.0)]
    candidates = tuple("def f(): pass" + "#" * n for n in (3, 9, 1, 6, 4))
    question = RankQuestion(candidates, criterion=Criterion.READABILITY)

    found = rank_code(chatting, question)

    assert found.basis is Basis.MODEL
    assert found.ranking.order == (1, 3, 4, 0, 2)
    assert found.ranking.comparisons == len(chat_server.requests) == 2 * found.ranking.pairs
    assert found.judgements == ()
    assert found.further_comparisons == 0
    assert "telling names" in chat_server.requests[0]["messages"][0]["content"]


def test_full_consistency_asks_every_pair_both_ways_and_negated(chatting, chat_server):
    chat_server.replies = [preferring(len, bias=0.5)]
    candidates = ("a = 1", "a = 1 + 1", "a = 1 + 1 + 1 + 1")
    question = RankQuestion(candidates, criterion=Criterion.STYLE, full_consistency=True)

    found = rank_code(chatting, question)

    report = found.consistency
    assert found.ranking.comparisons + found.further_comparisons == len(chat_server.requests) == 12
    assert (report.transitivity.total, report.commutativity.total, report.negation.total) == (
        1,
        3,
        6,
    )
    assert report.transitivity.value == report.commutativity.value == report.negation.value == 1

    chat_server.replies = [preferring(len, bias=20.0)]
    biased = rank_code(chatting, question).consistency
    assert biased.commutativity.value == biased.negation.value == 0


@needs_sandbox
def test_facts_come_before_the_models_taste(chatting, chat_server):
    chat_server.replies = [preferring(lambda code: -len(code))]
    longer = SQUARES + "\n# The square of x.\n"
    question = RankQuestion((ZERO, longer, SQUARES), examples=EXAMPLES)

    found = rank_code(chatting, question)

    assert found.basis is Basis.BOTH
    assert found.ranking.order == (2, 1, 0)
    asked = [body["messages"][1]["content"] for body in chat_server.requests]
    assert asked
    assert not any("return 0" in each for each in asked)


def test_a_model_that_answers_no_letter_leaves_pairs_open(chatting, chat_server):
    chat_server.replies = ["I would rather not."]
    question = RankQuestion(("a = 1", "b = 2"), criterion=Criterion.STYLE)

    found = rank_code(chatting, question)

    assert found.ranking.order == (0, 1)
    assert found.ranking.uncertainties == (None, None)
    assert found.consistency.commutativity.value is None
    assert "could not be compared" in found.notes[-1]


def test_an_estimate_says_that_it_is_one(chatting, chat_server):
    chat_server.replies = ["A"]
    question = RankQuestion(("a = 1", "b = 2"), criterion=Criterion.STYLE)
    assert "estimated" in rank_code(chatting, question).notes[0]


def test_a_failing_model_is_an_error(chatting, chat_server):
    chat_server.replies = [(401, b"")]
    with pytest.raises(ChatRefusedError):
        rank_code(chatting, RankQuestion(("a = 1", "b = 2"), criterion=Criterion.STYLE))


def test_equal_candidates_are_not_asked_about(chatting, chat_server):
    question = RankQuestion(("a = 1",) * 3, criterion=Criterion.STYLE)
    found = rank_code(chatting, question)
    assert chat_server.requests == []
    assert found.ranking.order == (0, 1, 2)


def test_ratings_rank_and_what_is_unrated_is_not_last_but_apart(chatting, chat_server):
    chat_server.replies = ["Plain.\nRating: 4", "Rating: none", "Clear.\n**Rating:** 9/10", "0"]
    question = RankQuestion(
        ("a = 1", "b = 2", "c = 3", "d = 4"),
        criterion=Criterion.READABILITY,
        method=Method.RATING,
        reference="x = 0",
    )

    found = rank_code(chatting, question)

    assert found.ranking.order == (2, 0)
    assert found.ranking.places == (1, 2)
    assert [rating.value for rating in found.ratings] == [4, None, 9, None]
    assert "2 could not be rated" in found.notes[0]
    assert "x = 0" in chat_server.requests[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Rating: 7", 7),
        ("It deserves a rating of sorts.\nRating: 10", 10),
        ("Rating: 3 at first, but\n\nRating: 5 / 10", 5),
        ("**Rating**: 8.", 8),
        ("Rating: 0", None),
        ("Rating: 11", None),
        ("Rating: 100", None),
        ("Rating: 8.5", None),
        ("8", None),
        ("", None),
    ],
)
def test_ratings_are_read_or_unknown(answer, value):
    assert read_rating(answer) == value


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"criterion": Criterion.STYLE}, NoChatModelError),
        ({"basis": Basis.MODEL}, NoChatModelError),
        ({"basis": Basis.BOTH}, NoChatModelError),
        ({"criterion": Criterion.STYLE, "basis": Basis.EVIDENCE}, RankingError),
        ({"method": Method.RATING}, RankingError),
    ],
)
def test_what_cannot_be_done_is_said(judge, fields, error):
    with pytest.raises(error):
        rank_code(judge, RankQuestion(("a = 1", "b = 2"), **fields))


def judgement(verdict, score, finding=Finding.NOTHING, passed=0, run=0):
    evidence = Evidence(EvidenceKind.EXAMPLES, finding, passed=passed, run=run)
    return Judgement(verdict, score, 0.5, (), (evidence,), "")


def test_evidence_compares_facts_then_scores_then_shares():
    right = judgement(Verdict.CORRECT, 0.9, Finding.SUPPORTS, 3, 3)
    unsure = judgement(Verdict.CORRECT, 0.7, Finding.SUPPORTS, 1, 1)
    unknown = judgement(Verdict.UNKNOWN, 0.5)
    nearly = judgement(Verdict.INCORRECT, 0.1, Finding.REFUTES, 2, 3)
    far = judgement(Verdict.INCORRECT, 0.1, Finding.REFUTES, 0, 3)
    ranked = [right, unsure, unknown, nearly, far]
    comparator = EvidenceComparator([*ranked, unknown])

    for better in range(5):
        for worse in range(better + 1, 5):
            assert comparator.compare(better, worse).wins > 0.5
            assert comparator.compare(worse, better).wins < 0.5
    assert comparator.compare(2, 5) is None
    assert comparator.compare(0, 0) == Preference(0, 0, 1)
    model = EvidenceComparator(ranked)
    assert FactsFirst(ranked, model, worse=True).compare(0, 4) == Preference(0, 1)
    assert FactsFirst(ranked, model).compare(0, 4) == Preference(1, 0)


def test_progress_is_told(chatting, chat_server):
    chat_server.replies = [preferring(len)]
    stages = []
    question = RankQuestion(("a = 1", "b = 22"), criterion=Criterion.STYLE)
    rank_code(chatting, question, on_progress=stages.append)
    assert stages == ["comparison 1", "comparison 2"]
