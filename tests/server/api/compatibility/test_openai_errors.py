"""What the clients of OpenAI's API are told when they cannot be served."""

import pytest

from .openai_requests import (
    CONTEXT,
    contents,
    expect_openai_error,
    leave_waiting,
    post,
    write_completion_request,
    write_prompt,
    write_request,
)


class TestErrors:
    """Each in OpenAI's form: llmlean shows a person the body that it cannot read."""

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
    @pytest.mark.parametrize("prompt", ["", "Hello! How are you?", CONTEXT])
    def test_what_is_no_proof_state_gets_told_what_the_server_does(
        self, start_server, fake_generator, path, prompt
    ):
        request = write_completion_request(prompt) | write_request(prompt)

        error = expect_openai_error(
            post(start_server(fake_generator()), request, path), 422, "no_proof_state"
        )

        assert "Lean 4 proof steps" in error.message
        assert "LLMLEAN_PROMPT" in error.message

    @pytest.mark.parametrize(
        "change",
        [
            {"messages": []},
            {"messages": "prove it"},
            {"messages": [{"content": "no role"}]},
            {"n": 0},
            {"n": 1000},
            {"temperature": -1},
            {"max_tokens": 0},
            {"messages": [{"role": "user", "content": write_prompt(goal="x" * 100_001)}]},
            {"messages": [{"role": "user", "content": write_prompt(goal="\0")}]},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_values_out_of_bounds_are_named(self, start_server, fake_generator, change):
        server = start_server(fake_generator())

        error = expect_openai_error(
            post(server, write_request(write_prompt()) | change), 422, "invalid_request"
        )

        assert next(iter(change)) in error.message or "goal" in error.message

    def test_too_long_a_prefix_is_refused(self, start_server, fake_generator):
        server = start_server(fake_generator(), max_prefix_characters=10)

        error = expect_openai_error(
            post(server, write_request(write_prompt(prefix="x" * 11))), 422, "limit_exceeded"
        )

        assert "prefix" in error.message

    def test_streams_are_not_offered(self, start_server, fake_generator):
        request = write_request(write_prompt(), stream=True)

        expect_openai_error(post(start_server(fake_generator()), request), 422, "no_stream")

    @pytest.mark.parametrize(
        ("content", "status", "code"),
        [
            (b'{"messages": [', 400, "malformed_json"),
            (b"[]", 422, "invalid_request"),
            (b"x" * 5000, 413, "request_entity_too_large"),
        ],
    )
    def test_what_is_no_request_is_refused(
        self, start_server, fake_generator, content, status, code
    ):
        server = start_server(fake_generator(), max_body_bytes=4096)

        with server.client() as client:
            response = client.post(
                "/v1/chat/completions",
                content=content,
                headers={"Content-Type": "application/json"},
            )

        expect_openai_error(response, status, code)

    def test_the_guards_hold(self, start_server, fake_generator):
        server = start_server(fake_generator(), token="a-token")
        request = write_request(write_prompt())

        assert expect_openai_error(post(server, request), 401, "unauthorized")
        assert contents(post(server, request, key="a-token"))
        expect_openai_error(post(server, request, Host="evil.example"), 400, "host_not_allowed")
        expect_openai_error(
            post(server, request, key="a-token", Origin="http://evil.example"),
            403,
            "origin_not_allowed",
        )
        with server.client() as client:
            expect_openai_error(client.get("/v1/models"), 401, "unauthorized")

    def test_a_failing_model_is_a_server_error(self, start_server, fake_generator):
        server = start_server(fake_generator(failure=lambda _: ValueError("boom")))

        error = expect_openai_error(
            post(server, write_request(write_prompt())), 500, "generation_failed"
        )

        assert error.type == "server_error"

    def test_a_full_queue_says_when_to_come_again(self, start_server, fake_generator):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator, queue_size=1)
        connection = leave_waiting(server)
        generator.began.wait(10)

        response = post(server, write_request(write_prompt()))

        assert expect_openai_error(response, 429, "queue_full").type == "rate_limit_error"
        assert int(response.headers["Retry-After"]) >= 1
        connection.close()
        generator.gate.set()
