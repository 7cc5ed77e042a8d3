"""The requests that llmlean sends to an OpenAI-like server, and what it reads of the answers."""

import json
import shutil
import subprocess

import jsonschema
import pytest

from stepcheck.models.generation.registry import load_generator
from stepcheck.server.api.compatibility.openai_schemas import ChatResponse

from .openai_requests import (
    CONTEXT,
    GOAL,
    contents,
    expect_openai_error,
    leave_waiting,
    post,
    write_completion_request,
    write_prompt,
    write_request,
)


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
