"""A remote chat model against servers on real sockets: requests, texts and errors."""

import logging
import threading
import time

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

from .openai_answers import VLLM

ASKED = (ChatMessage("system", "Be brief."), ChatMessage("user", "Which?"))
SECRET = "sk-very-secret-4711"


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


def test_the_limit_is_renamed_for_models_that_know_it_otherwise(chat_server):
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    error = {"error": {"message": message, "type": "invalid_request_error", "param": "max_tokens"}}
    chat_server.replies = [(400, error), "Yes."]

    assert chat(chat_server).complete(ASKED, Sampling(max_tokens=9)) == "Yes."
    assert "max_tokens" not in chat_server.requests[1]
    assert chat_server.requests[1]["max_completion_tokens"] == 9


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
