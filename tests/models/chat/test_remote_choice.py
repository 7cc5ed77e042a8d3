"""The probabilities of options, read off the answers of different servers."""

import math

import openai
import pytest

from stepcheck.models.chat.interface import (
    ChatAnswerError,
    ChatMessage,
    Sampling,
)
from stepcheck.models.chat.remote import RemoteChat

from .openai_answers import LLAMA_CPP, OLLAMA, VLLM, position, with_logprobs

ASKED = (ChatMessage("system", "Be brief."), ChatMessage("user", "Which?"))
OPTIONS = ("A", "B", "C")


def chat(server, **options):
    return RemoteChat(server.url, "some-model", **{"timeout_seconds": 20.0} | options)


def test_options_are_read_off_log_probabilities_as_vllm_gives_them(chat_server):
    chat_server.replies = [VLLM]

    found = chat(chat_server).choose(ASKED, ("A", "B", "C"))

    assert chat_server.requests[0]["top_logprobs"] == 20
    assert (found.calls, found.estimated) == (1, False)
    assert found.probabilities == pytest.approx(
        {"A": math.exp(-0.2), "B": math.exp(-1.9), "C": math.exp(-5.5)}
    )


def test_the_position_is_the_first_that_emits_an_option_and_variants_count_by_their_largest(
    chat_server,
):
    chat_server.replies = [LLAMA_CPP]

    found = chat(chat_server).choose(ASKED, ("A", "B", "C"))

    assert found.probabilities == pytest.approx({"A": math.exp(-1.6), "B": math.exp(-0.3), "C": 0})


def test_a_server_without_log_probabilities_is_sampled_and_that_is_said(chat_server):
    texts = iter(["A", "A", "**B**", "A.", "I cannot say", "(A)", "B", "A"])
    chat_server.replies = [OLLAMA, lambda _body: next(texts)]

    found = chat(chat_server).choose(ASKED, ("A", "B", "C"))

    assert found.estimated
    assert found.calls == 8
    assert found.probabilities == {"A": 5 / 8, "B": 2 / 8, "C": 0}
    assert [body["seed"] for body in chat_server.requests[1:]] == list(range(8))
    assert {body["temperature"] for body in chat_server.requests[1:]} == {1.0}


def test_fewer_alternatives_are_asked_for_where_twenty_are_too_many(chat_server):
    refusal = {
        "object": "error",
        "message": "Requested sample logprobs of 20, which is greater than max allowed: 5",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
    chat_server.replies = [(400, refusal), VLLM]

    assert not chat(chat_server).choose(ASKED, ("A", "B")).estimated
    assert [body["top_logprobs"] for body in chat_server.requests] == [20, 5]


def test_no_option_in_the_answer_is_an_error_not_a_zero(chat_server):
    chat_server.replies = [with_logprobs(position("Well", -0.1, {"Well": -0.1, "A": -3.0}))]

    with pytest.raises(ChatAnswerError, match="'Well'"):
        chat(chat_server).choose(ASKED, ("A", "B"))

    chat_server.replies = ["Well"]
    with pytest.raises(ChatAnswerError, match="'Well'"):
        chat(chat_server).choose(ASKED, ("A", "B"))


@pytest.mark.parametrize("reply", [VLLM, LLAMA_CPP, OLLAMA])
def test_openais_own_client_reads_the_same_off_these_answers(chat_server, reply):
    """So that what stands in for a model here speaks the protocol, and we read it rightly."""
    chat_server.replies = [reply]
    client = openai.OpenAI(base_url=chat_server.url, api_key="none", max_retries=0)
    [choice] = client.chat.completions.create(
        model="some-model", messages=[{"role": "user", "content": "Which?"}]
    ).choices

    assert chat(chat_server).complete(ASKED, Sampling()) == choice.message.content
    if choice.logprobs is not None:
        emitting = next(each for each in choice.logprobs.content if each.token.strip() in OPTIONS)
        best = max(emitting.top_logprobs, key=lambda each: each.logprob)
        found = chat(chat_server).choose(ASKED, ("A", "B", "C")).probabilities
        assert max(found, key=found.get) == best.token.strip()
        assert max(found.values()) == pytest.approx(math.exp(best.logprob))


@pytest.mark.parametrize(
    "content",
    [[{"token": "A"}], [{"token": "A", "logprob": None}], ["A"], {"A": 1}],
)
def test_malformed_log_probabilities_are_an_error(chat_server, content):
    choice = {"message": {"content": "A"}, "logprobs": {"content": content}}
    chat_server.replies = [{"choices": [choice]}]
    with pytest.raises(ChatAnswerError):
        chat(chat_server).choose(ASKED, ("A", "B"))
