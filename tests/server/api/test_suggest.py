import json

from stepcheck.server.api.suggest_schemas import SuggestResponse


def read_events(text):
    """Name and data of each event, comments left out."""
    blocks = [block for block in text.split("\n\n") if block and not block.startswith(":")]
    pairs = [block.split("\n", 1) for block in blocks]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in pairs
    ]


def test_answers_with_scored_suggestions_and_timing(start_server, fake_generator):
    server = start_server(fake_generator(name="small"))

    response = server.suggest(goal="⊢ 1 + 1 = 2", prefix="nor", n=3)

    answer = SuggestResponse.model_validate_json(response.content)
    assert [each.text for each in answer.suggestions] == [
        f"norstep {rank} of ⊢ 1 + 1 = 2" for rank in range(3)
    ]
    assert [each.score for each in answer.suggestions] == [-1.0, -2.0, -3.0]
    assert [each.log_probability for each in answer.suggestions] == [-3.0, -6.0, -9.0]
    assert answer.model == "small"
    assert answer.complete
    assert answer.timing.queue > 0
    assert answer.request_id == response.headers["X-Request-Id"]


def test_passes_every_field_on_to_the_model(start_server, fake_generator):
    generator = fake_generator()
    fields = {"n": 4, "temperature": 0, "max_tokens": 7, "method": "beam", "seed": 5}

    start_server(generator).suggest(goal="g", prefix="p", context="c", **fields)

    [[request]] = generator.batches
    assert (request.prompt.goal, request.prompt.prefix, request.prompt.context) == ("g", "p", "c")
    assert (request.n, request.temperature, request.max_tokens) == (4, 0, 7)
    assert (request.method, request.seed) == ("beam", 5)


def test_fills_in_the_configured_defaults(start_server, fake_generator):
    from stepcheck.settings.schema import Settings

    asked = {"n": 5, "temperature": 0.5, "max_tokens": 9, "method": "beam"}
    generator = fake_generator()
    server = start_server(
        generator, settings=Settings.model_validate({"server": {"port": 0}, "suggestion": asked})
    )

    server.suggest()

    [[request]] = generator.batches
    assert (request.n, request.temperature, request.max_tokens, request.method) == (
        5,
        0.5,
        9,
        "beam",
    )
    with server.client() as client:
        assert client.get("/info").json()["defaults"] == asked


def test_answers_from_the_model_that_is_named(start_server, fake_generator):
    server = start_server(fake_generator(name="first"), fake_generator(name="second"))

    assert server.suggest().json()["model"] == "first"
    assert server.suggest(model="second").json()["model"] == "second"


def test_an_unknown_model_is_named_with_those_served(start_server, fake_generator, expect_error):
    server = start_server(fake_generator(name="first"))

    error = expect_error(server.suggest(model="frist"), 422, "unknown_model")

    assert "frist" in error.message
    assert "first" in error.message


def test_streams_suggestions_as_they_are_found_and_the_ranked_answer_last(
    start_server, fake_generator
):
    server = start_server(fake_generator(seconds_per_completion=0.02))

    with server.client() as client:
        response = client.post(
            "/v1/suggest",
            json={"goal": "a\u2028b\x85c", "n": 3},
            headers={"Accept": "text/event-stream"},
        )

    assert response.headers["Content-Type"].startswith("text/event-stream")
    events = read_events(response.content.decode())
    assert [name for name, _ in events] == ["suggestion"] * 3 + ["done"]
    assert events[-1][1]["suggestions"] == [data for _, data in events[:-1]]
    assert events[-1][1]["request_id"] == response.headers["X-Request-Id"]


def test_the_first_suggestion_of_a_stream_comes_before_the_last_is_found(
    start_server, fake_generator
):
    server = start_server(fake_generator(seconds_per_completion=0.3))

    with (
        server.client() as client,
        client.stream(
            "POST",
            "/v1/suggest",
            json={"goal": "g", "n": 20},
            headers={"Accept": "text/event-stream"},
        ) as response,
    ):
        lines = response.iter_lines()
        first = next(line for line in lines if line.startswith("data:"))

    assert json.loads(first.removeprefix("data:"))["text"] == "step 0 of g"


def test_a_stream_that_fails_ends_with_an_error_event(start_server, fake_generator):
    server = start_server(fake_generator(failure=lambda _: ValueError("boom")))

    with server.client() as client:
        response = client.post(
            "/v1/suggest", json={"goal": "g"}, headers={"Accept": "text/event-stream"}
        )

    [(name, data)] = read_events(response.text)
    assert name == "error"
    assert data["error"] == "generation_failed"
    assert data["request_id"] == response.headers["X-Request-Id"]


def test_a_silent_stream_is_kept_alive_by_comments(start_server, fake_generator, monkeypatch):
    monkeypatch.setattr("stepcheck.server.api.suggest.KEEP_ALIVE_SECONDS", 0.05)
    server = start_server(fake_generator(seconds_per_completion=0.4))

    with server.client() as client:
        response = client.post(
            "/v1/suggest", json={"goal": "g", "n": 1}, headers={"Accept": "text/event-stream"}
        )

    assert response.text.count(": keep-alive") > 2


class TestLlmstepClient:
    """The request of llmstep's python/suggest.py: `requests.post(url, json={…})`."""

    def post(self, server, body, **headers):
        with server.client() as client:
            return client.post(
                "/",
                # As `requests` encodes it: escapes for everything beyond ASCII.
                content=json.dumps(body),
                headers={
                    "User-Agent": "python-requests/2.31.0",
                    "Accept": "*/*",
                    "Content-Type": "application/json",
                }
                | headers,
            )

    def test_gets_a_list_of_texts(self, start_server, fake_generator):
        generator = fake_generator()
        server = start_server(generator)

        response = self.post(
            server, {"tactic_state": "x : ℕ\n⊢ x = x", "prefix": "exact", "context": "import Lean"}
        )

        assert response.status_code == 200
        assert response.json() == {
            "suggestions": [f"exactstep {rank} of x : ℕ\n⊢ x = x" for rank in range(10)]
        }
        assert generator.batches[0][0].prompt.context == "import Lean"

    def test_may_leave_the_context_out_as_the_first_version_did(self, start_server, fake_generator):
        response = self.post(
            start_server(fake_generator()), {"tactic_state": "⊢ True", "prefix": ""}
        )

        assert len(response.json()["suggestions"]) == 10

    def test_may_send_fields_that_are_not_known(self, start_server, fake_generator):
        response = self.post(
            start_server(fake_generator()), {"tactic_state": "g", "prefix": "", "num_samples": 3}
        )

        assert response.status_code == 200

    def test_a_missing_state_is_named(self, start_server, fake_generator, expect_error):
        response = self.post(start_server(fake_generator()), {"prefix": ""})

        assert "tactic_state" in expect_error(response, 422, "invalid_request").message
