"""The requests that llmlean sends to an OpenAI-like server, and what it reads of the answers."""

import json
import shutil
import socket
import subprocess

import jsonschema
import pytest

from stepcheck.models.generation.registry import load_generator
from stepcheck.server.api.compatibility.openai_schemas import ChatResponse, OpenAiErrorBody

GOAL = "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"
CONTEXT = "theorem both (p q : Prop) (hp : p) (hq : q) : p ∧ q := by\n  "


def write_prompt(tag="TAC", prefix="", goal=GOAL, context=CONTEXT):
    return (
        "/- The state is inside [STATE]...[/STATE]. Put the answer inside "
        f"[{tag}]...[/{tag}].\n[CTX]\n{context}\n[/CTX]\n[STATE]\n{goal}\n[/STATE]\n"
        + (f"[THOUGHTS]\n{prefix}" if tag == "TAC" else "")
    )


def write_request(prompt, **fields):
    """`OpenAIGenerationRequest` with llmlean's defaults."""
    return {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": prompt}],
        "n": 32,
        "temperature": 0.7,
        "max_tokens": 1024,
        "stream": False,
        "stop": ["[/TAC]"],
    } | fields


def write_completion_request(prompt, **fields):
    """The request of its first versions to Together."""
    chat = write_request(prompt, n=10, max_tokens=100, stop=["\n", "[/TAC]"]) | fields
    del chat["messages"]
    return chat | {"prompt": prompt}


def post(server, body, path="/v1/chat/completions", **headers):
    key = headers.pop("key", "none")
    with server.client() as client:
        return client.post(
            path,
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={
                "accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {key}",
                "x-api-key": key,
                "anthropic-version": "2023-06-01",
            }
            | headers,
        )


def expect_openai_error(response, status, code):
    assert response.status_code == status, response.text
    error = OpenAiErrorBody.model_validate_json(response.content).error
    assert error.code == code
    assert error.type in ("invalid_request_error", "rate_limit_error", "server_error")
    return error


def contents(response):
    assert response.status_code == 200, response.text
    return [choice["message"]["content"] for choice in response.json()["choices"]]


@pytest.fixture
def bundled(start_server):
    return start_server(load=lambda: [load_generator("bundled", device="cpu", threads=1)])


class TestChat:
    def test_a_step_of_the_bundled_model(self, bundled):
        response = post(bundled, write_request(write_prompt()))

        # The stop sequence is left out, as OpenAI does.
        assert "[TAC]constructor" in contents(response)
        answer = ChatResponse.model_validate_json(response.content)
        assert answer.model == "bundled"
        assert answer.id.startswith("chatcmpl-")
        assert {choice.message.role for choice in answer.choices} == {"assistant"}
        assert [choice.index for choice in answer.choices] == list(range(len(answer.choices)))

    def test_a_proof_of_the_bundled_model_is_one_step(self, bundled):
        request = write_request(write_prompt("PROOF"), stop=["[/PROOF]", "</think>"])

        assert "[PROOF]simp_all" in contents(post(bundled, request))

    def test_the_prefix_is_left_out_because_llmlean_puts_it_before(self, bundled):
        response = post(bundled, write_request(write_prompt(prefix="exact ⟨h")))

        assert "[TAC]p, hq⟩" in contents(response)

    @pytest.mark.skipif(shutil.which("curl") is None, reason="llmlean calls curl")
    def test_its_own_command_line_works(self, start_server, fake_generator):
        server = start_server(fake_generator())
        headers = ["accept: application/json", "Content-Type: application/json"]
        headers += ["Authorization: Bearer ", "x-api-key: ", "anthropic-version: 2023-06-01"]
        arguments = ["-X", "POST", f"{server.url}/v1/chat/completions"]
        arguments += [part for header in headers for part in ("-H", header)]
        arguments += ["-d", json.dumps(write_request(write_prompt()))]
        done = subprocess.run(
            ["curl", *arguments],
            capture_output=True,
            timeout=60,
            check=True,
        )

        assert len(json.loads(done.stdout)["choices"]) == 32

    def test_the_model_is_asked_for_what_llmlean_means(self, start_server, fake_generator):
        generator = fake_generator()

        post(start_server(generator), write_request(write_prompt(prefix="rw")))

        [[request]] = generator.batches
        assert (request.prompt.goal, request.prompt.prefix) == (GOAL, "rw")
        assert request.prompt.context == CONTEXT
        assert (request.n, request.temperature) == (32, 0.7)

    def test_what_exceeds_the_limits_gets_the_most_allowed(self, start_server, fake_generator):
        generator = fake_generator()
        server = start_server(generator, max_suggestions=5, max_context_characters=100)
        prompt = write_prompt(context="import Mathlib\n" + 500 * "-" + "by\n  simp")

        assert len(contents(post(server, write_request(prompt, n=100, max_tokens=10**6)))) == 5

        [[request]] = generator.batches
        assert request.max_tokens == 64
        assert len(request.prompt.context) == 100
        assert request.prompt.context.startswith("import Mat")
        assert request.prompt.context.endswith("-by\n  simp")

    def test_a_file_of_any_length_is_read_as_mathlibs(self, start_server, fake_generator):
        generator = fake_generator()
        prompt = write_prompt(context="import Mathlib\n" + 500_000 * "-")

        assert contents(post(start_server(generator), write_request(prompt)))

        [[request]] = generator.batches
        assert request.prompt.context.startswith("import Mathlib\n")

    def test_the_last_message_of_the_user_counts(self, start_server, fake_generator):
        messages = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": None},
            {"role": "user", "content": [{"type": "text", "text": write_prompt()}]},
        ]
        server = start_server(fake_generator())

        [answer] = contents(post(server, {"messages": messages, "unknown": 1}))

        assert answer == f"[TAC]step 0 of {GOAL}[/TAC]"

    def test_a_name_that_is_served_chooses_the_model(self, start_server, fake_generator):
        server = start_server(fake_generator(name="first"), fake_generator(name="second"))

        answers = [
            post(server, write_request(write_prompt(), model=name)).json()["model"]
            for name in ("gpt-4o", "second", "first")
        ]

        assert answers == ["first", "second", "first"]


class TestCompletions:
    def test_the_prompt_is_continued(self, start_server, fake_generator):
        server = start_server(fake_generator())
        prompt = write_prompt(prefix="rw ", goal="⊢ True").replace("THOUGHTS", "TAC")

        response = post(server, write_completion_request(prompt, n=2), "/v1/completions")

        assert response.status_code == 200
        assert response.json()["choices"] == [
            {"index": rank, "text": f"step {rank} of ⊢ True", "finish_reason": "stop"}
            for rank in range(2)
        ]

    def test_it_ends_before_a_stop(self, start_server, fake_generator):
        request = write_completion_request(write_prompt(), n=1)

        response = post(start_server(fake_generator()), request, "/v1/completions")

        # The fake's step repeats the goal, whose second line is behind the stop "\n".
        assert response.json()["choices"][0]["text"] == "step 0 of p q : Prop"

    def test_several_prompts_are_refused(self, start_server, fake_generator):
        request = write_completion_request(["a", "b"])

        response = post(start_server(fake_generator()), request, "/v1/completions")

        expect_openai_error(response, 422, "several_prompts")


def test_the_served_models_are_listed(start_server, fake_generator):
    server = start_server(fake_generator(name="first"), fake_generator(name="second"))

    with server.client() as client:
        listed = client.get("/v1/models").json()

    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["first", "second"]


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


def leave_waiting(server):
    body = json.dumps(write_request(write_prompt())).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return connection


def test_the_model_is_told_to_stop_when_the_client_leaves(start_server, fake_generator, eventually):
    generator = fake_generator(seconds_per_completion=0.2)
    server = start_server(generator)
    connection = leave_waiting(server)
    generator.began.wait(10)

    connection.close()

    eventually(lambda: generator.cancelled == [GOAL])


def test_answers_and_errors_are_as_the_document_says(start_server, fake_generator):
    server = start_server(fake_generator())
    with server.client() as client:
        document = client.get("/openapi.json").json()

    for prompt, status in ((write_prompt(), "200"), ("Hello", "422")):
        response = post(server, write_request(prompt))
        described = document["paths"]["/v1/chat/completions"]["post"]["responses"][status]
        schema = described["content"]["application/json"]["schema"]
        jsonschema.validate(response.json(), schema | {"components": document["components"]})
