"""A remote chat model against servers on real sockets.

The chat server of the tests stands in for a model; what it replies here has the shape of the
answers of vLLM 0.10, ollama 0.12 and llama.cpp's server of 2025.
"""

import logging
import math
import threading
import time

import openai
import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import SecretStr, TypeAdapter

from stepcheck.models.chat import remote
from stepcheck.models.chat.interface import (
    ChatAnswerError,
    ChatBusyError,
    ChatCancelledError,
    ChatMessage,
    ChatRefusedError,
    ChatTimeoutError,
    ChatUnreachableError,
    Sampling,
)
from stepcheck.models.chat.remote import RemoteChat

ASKED = (ChatMessage("system", "Be brief."), ChatMessage("user", "Which?"))
OPTIONS = ("A", "B", "C")
SECRET = "sk-very-secret-4711"


def position(token, logprob, others):
    entries = [{"token": t, "logprob": p, "bytes": list(t.encode())} for t, p in others.items()]
    own = {"token": token, "logprob": logprob, "bytes": list(token.encode())}
    return own | {"top_logprobs": entries}


def with_logprobs(*positions, **further):
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(p["token"] for p in positions)},
        "logprobs": {"content": list(positions)},
        "finish_reason": "stop",
    }
    return {"id": "x", "object": "chat.completion", "choices": [choice]} | further


VLLM = with_logprobs(
    position("A", -0.2, {"A": -0.2, "B": -1.9, " A": -4.0, "C": -5.5, "Both": -9999.0}),
    position("", 0.0, {"": 0.0}),
    usage={"prompt_tokens": 31, "total_tokens": 33, "completion_tokens": 2},
    prompt_logprobs=None,
    kv_transfer_params=None,
) | {"service_tier": None, "system_fingerprint": None}
LLAMA_CPP = with_logprobs(
    position("\n", -0.1, {"\n": -0.1, "A": -2.5}),
    position(" B", -0.3, {" B": -0.3, "B": -2.0, "A": -1.6, " A": -3.0}),
    timings={"prompt_n": 12, "predicted_n": 3},
    usage={"completion_tokens": 3, "prompt_tokens": 12, "total_tokens": 15},
)
LLAMA_CPP["choices"][0]["logprobs"]["content"][0]["id"] = 198
OLLAMA = {
    "id": "chatcmpl-512",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "qwen2.5-coder:7b",
    "system_fingerprint": "fp_ollama",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "A"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 26, "completion_tokens": 2, "total_tokens": 28},
}


def chat(server, **options):
    return RemoteChat(server.url, "some-model", **{"timeout_seconds": 20.0} | options)


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch):
    monkeypatch.setattr(remote, "_FIRST_WAIT_SECONDS", 0.01)


def test_it_asks_in_the_words_of_the_protocol(chat_server):
    chat_server.replies = ["Hello."]

    said = chat(chat_server, token=SecretStr(SECRET)).complete(
        ASKED, Sampling(temperature=0.4, top_p=0.9, max_tokens=7, seed=3, stop=("\n\n",))
    )

    assert said == "Hello."
    assert chat_server.paths == ["/v1/chat/completions"]
    assert chat_server.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert chat_server.requests == [
        {
            "model": "some-model",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Which?"},
            ],
            "temperature": 0.4,
            "top_p": 0.9,
            "max_tokens": 7,
            "seed": 3,
            "stop": ["\n\n"],
            "stream": False,
        }
    ]


def test_without_a_token_none_is_sent(chat_server):
    chat_server.replies = ["."]
    chat(chat_server).complete(ASKED, Sampling())
    assert "Authorization" not in chat_server.headers[0]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"role": "assistant", "content": None, "reasoning_content": "Hm."}, ""),
        ({"role": "assistant", "content": [{"type": "text", "text": "Yes."}]}, "Yes."),
        ({"role": "assistant", "content": "", "tool_calls": []}, ""),
    ],
)
def test_contents_of_other_forms_are_read(chat_server, message, text):
    chat_server.replies = [{"choices": [{"message": message}]}]
    assert chat(chat_server).complete(ASKED, Sampling()) == text


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


def test_the_limit_is_renamed_for_models_that_know_it_otherwise(chat_server):
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    error = {"error": {"message": message, "type": "invalid_request_error", "param": "max_tokens"}}
    chat_server.replies = [(400, error), "Yes."]

    assert chat(chat_server).complete(ASKED, Sampling(max_tokens=9)) == "Yes."
    assert "max_tokens" not in chat_server.requests[1]
    assert chat_server.requests[1]["max_completion_tokens"] == 9


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


def test_requests_are_as_openais_client_describes_them(chat_server):
    chat_server.replies = [VLLM]
    chat(chat_server).choose(ASKED, ("A", "B"))
    chat(chat_server).complete(ASKED, Sampling(0.4, 0.9, 7, 3, ("\n\n",)))

    described = TypeAdapter(CompletionCreateParamsNonStreaming)
    for body in chat_server.requests:
        assert set(described.validate_python(body)) == set(body)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_an_overloaded_server_is_asked_again(chat_server, status):
    chat_server.replies = [(status, {"error": {"message": "busy"}}), (status, b""), "At last."]

    assert chat(chat_server).complete(ASKED, Sampling()) == "At last."
    assert len(chat_server.requests) == 3


def test_it_waits_as_long_as_the_server_says(chat_server):
    chat_server.replies = [(429, b"", {"Retry-After": "0.4"}), "Now."]
    started = time.monotonic()

    assert chat(chat_server).complete(ASKED, Sampling()) == "Now."
    assert time.monotonic() - started >= 0.4


def test_patience_ends(chat_server):
    chat_server.replies = [(503, {"error": "overloaded"})]

    with pytest.raises(ChatBusyError, match="overloaded"):
        chat(chat_server).complete(ASKED, Sampling())
    assert len(chat_server.requests) == 5


@pytest.mark.parametrize(
    ("status", "body", "remedy"),
    [
        (401, {"error": {"message": f"Incorrect API key: {SECRET}"}}, "chat.token"),
        (404, {"error": {"message": 'model "some-model" not found'}}, "chat.model"),
        (404, b"404 page not found", "/v1"),
        (422, {"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        (307, b"", "307"),
    ],
)
def test_a_refusal_is_final_and_says_why(chat_server, status, body, remedy, caplog):
    chat_server.replies = [(status, body)]

    with caplog.at_level(logging.DEBUG), pytest.raises(ChatRefusedError) as caught:
        chat(chat_server, token=SecretStr(SECRET)).complete(ASKED, Sampling())

    assert remedy in str(caught.value)
    assert len(chat_server.requests) == 1
    assert SECRET not in str(caught.value)
    assert SECRET not in caplog.text
    assert SECRET not in repr(chat(chat_server, token=SecretStr(SECRET)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"choices": []}',
        b'{"choices": [{"message": "text"}]}',
        b'{"choices": {"0": 1}}',
        b'{"choices": [{"message": {"content": 3}}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_the_protocol_is_said_to_be_so(chat_server, body):
    chat_server.replies = [(200, body)]
    with pytest.raises(ChatAnswerError):
        chat(chat_server).complete(ASKED, Sampling())


@pytest.mark.parametrize(
    "content",
    [[{"token": "A"}], [{"token": "A", "logprob": None}], ["A"], {"A": 1}],
)
def test_malformed_log_probabilities_are_an_error(chat_server, content):
    choice = {"message": {"content": "A"}, "logprobs": {"content": content}}
    chat_server.replies = [{"choices": [choice]}]
    with pytest.raises(ChatAnswerError):
        chat(chat_server).choose(ASKED, ("A", "B"))


def test_nobody_waits_longer_than_set(chat_server):
    released = threading.Event()
    chat_server.replies = [lambda _body: released.wait(10) and "late"]
    started = time.monotonic()

    with pytest.raises(ChatTimeoutError, match=r"chat\.timeout_seconds"):
        chat(chat_server, timeout_seconds=0.3).complete(ASKED, Sampling())

    released.set()
    assert time.monotonic() - started < 5


def test_cancelling_breaks_the_connection(chat_server):
    released, asked = threading.Event(), threading.Event()

    def hold(_body):
        asked.set()
        released.wait(10)
        return (200, b"x" * 10_000_000)

    chat_server.replies = [hold]
    with pytest.raises(ChatCancelledError):
        chat(chat_server).complete(ASKED, Sampling(), asked.is_set)

    released.set()
    assert chat_server.broken_off.wait(10)


def test_nothing_at_the_address(chat_server):
    nowhere = RemoteChat("http://127.0.0.1:9/v1", "m", timeout_seconds=5)
    with pytest.raises(ChatUnreachableError, match=r"chat\.url"):
        nowhere.complete(ASKED, Sampling())


def test_a_password_in_the_address_is_not_shown():
    nowhere = RemoteChat(f"http://me:{SECRET}@127.0.0.1:9/v1", "m", timeout_seconds=5)
    with pytest.raises(ChatUnreachableError) as caught:
        nowhere.complete(ASKED, Sampling())
    assert "http://127.0.0.1:9/v1" in str(caught.value)
    assert SECRET not in str(caught.value) + repr(nowhere)


def test_the_server_of_this_project_is_a_peer(start_server, fake_generator):
    """Its endpoint answers llmlean's prompts only; the model behind it is the tests' fake."""
    server = start_server(fake_generator())
    peer = RemoteChat(f"{server.url}/v1", "fake")
    prompt = "Suggest.\n[STATE]\n⊢ True\n[/STATE]\n[TAC]\n"

    said = peer.complete([ChatMessage("user", prompt)], Sampling(temperature=1.0))

    assert said == "[TAC]step 0 of ⊢ True[/TAC]"
    with pytest.raises(ChatRefusedError, match="proof state"):
        peer.complete(ASKED, Sampling())
    with pytest.raises(ChatAnswerError):
        peer.choose([ChatMessage("user", prompt)], ("A", "B"))
