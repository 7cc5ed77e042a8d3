"""`POST /v1/rank` of a real server; the tests' chat server stands in for a chat model."""

import json

import jsonschema
import pytest

from stepcheck.server.api.rank_schemas import RankResponse
from stepcheck.server.sandbox.sandbox import unavailable_reason
from stepcheck.settings.schema import Settings

SQUARES = "def square(x):\n    return x * x\n"
DOUBLES = "def square(x):\n    return x + x\n"


@pytest.fixture
def ask(start_server, fake_generator, chat_server):
    def post(path, *, chat=True, **fields):
        settings = {"server": {"port": 0}}
        if chat:
            settings["chat"] = {"url": chat_server.url, "model": "tiny", "timeout_seconds": 10}
        server = start_server(fake_generator(), settings=Settings.model_validate(settings))
        with server.client() as client:
            return client.post(path, json=fields)

    return post


@pytest.mark.skipif(bool(unavailable_reason()), reason="no namespaces here")
def test_correctness_needs_no_model(ask):
    response = ask(
        "/v1/rank",
        chat=False,
        intent="Square a number.",
        candidates=[DOUBLES, SQUARES],
        examples="square(3) => 9",
    )

    answer = RankResponse.model_validate_json(response.content)
    assert [each.candidate for each in answer.order] == [1, 0]
    assert [each.verdict for each in answer.order] == ["correct", "incorrect"]
    assert (answer.basis, answer.model, answer.comparisons) == ("evidence", None, 1)


def test_a_preference_without_a_model_says_how_to_get_one(ask, expect_error):
    response = ask("/v1/rank", chat=False, candidates=[DOUBLES, SQUARES], criterion="readability")

    assert "chat.url" in expect_error(response, 422, "no_chat_model").remedy


def test_a_preference_with_a_model(ask, chat_server):
    chat_server.replies = ["B", "B", "B", "B", "B", "B", "B", "B", "B", "A"]

    response = ask("/v1/rank", candidates=[DOUBLES, SQUARES], criterion="style")

    answer = RankResponse.model_validate_json(response.content)
    assert [each.candidate for each in answer.order] == [1, 0]
    assert (answer.model, answer.pairs, answer.comparisons) == ("tiny", 1, 2)
    assert answer.consistency.commutativity.value == 1
    assert "estimated" in answer.notes[0]


def test_a_failing_model_is_said_to_fail(ask, chat_server, expect_error):
    chat_server.replies = [(404, {"error": {"message": "model not found"}})]
    response = ask("/v1/rank", candidates=[DOUBLES, SQUARES], criterion="style")
    assert "model not found" in expect_error(response, 503, "chat_model_failed").message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"candidates": []},
        {"candidates": ["x"] * 65},
        {"candidates": ["x"], "criterion": "beauty"},
        {"candidates": ["x"], "method": "rating"},
        {"candidates": ["x"], "criterion": "style", "basis": "evidence"},
    ],
)
def test_a_wrong_request_is_refused(ask, fields):
    assert ask("/v1/rank", **fields).status_code == 422


def test_a_judgement_with_a_rating(ask, chat_server):
    def reply(body):
        told = body["messages"][0]["content"]
        return "Short and clear.\nRating: 8" if "Rating:" in told else "Yes"

    chat_server.replies = [reply]

    answer = ask("/v1/judge", language="python", after=SQUARES, criterion="readability").json()

    assert answer["rating"]["value"] == 8
    assert answer["rating"]["criterion"] == "readability"
    assert answer["verdict"] == "correct"
    assert answer["evidence"][-1]["kind"] == "model"
    assert answer["reason"].startswith("a model's opinion")


def test_a_model_is_heard_on_an_edit_only_if_asked_for(ask, chat_server):
    chat_server.replies = ["It squares.", "Yes", "[]"]
    edit = {"language": "python", "before": DOUBLES, "after": SQUARES, "intent": "Square."}

    facts = ask("/v1/judge/edit", **edit).json()["functions"]
    assert chat_server.requests == []
    heard = ask("/v1/judge/edit", with_model=True, **edit).json()["functions"]
    silent = ask("/v1/judge", language="python", after=SQUARES, with_model=False).json()

    assert len(chat_server.requests) == 3
    assert "model" not in {each["kind"] for each in facts[0]["evidence"] + silent["evidence"]}
    assert heard[0]["evidence"][-1]["kind"] == "model"


def test_a_rating_without_a_model_is_an_error(ask, expect_error):
    response = ask("/v1/judge", chat=False, language="go", after="", criterion="style")
    expect_error(response, 422, "no_chat_model")


def test_the_answer_is_as_the_document_describes_it(ask, chat_server, start_server, fake_generator):
    with start_server(fake_generator()).client() as client:
        document = client.get("/openapi.json").json()
    chat_server.replies = ["Good. Rating: 4"]
    answer = ask("/v1/rank", candidates=["a", "b"], criterion="style", method="rating").json()

    schema = document["components"]["schemas"]["RankResponse"]
    jsonschema.validate(answer, schema | {"components": document["components"]})
    assert json.dumps(answer["order"][0]["rating"]) == "4"
