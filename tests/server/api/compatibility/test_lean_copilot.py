"""The requests that LeanCopilot's External.lean sends, and what it reads of the answers."""

import json
import math
import shutil
import socket
import subprocess

import pytest

from stepcheck.models.generation.registry import load_generator

STATE = "n : ℕ\n⊢ gcd n n = n"
NAME = "kaiyuy/leandojo-lean4-tacgen-byt5-small"


@pytest.fixture
def tiny_server(start_server, tiny_model):
    return start_server(load=lambda: [load_generator(tiny_model, device="cpu", threads=1)])


def send(server, path, body, **headers):
    """As its `send` does: compact JSON, these headers, nothing else."""
    with server.client() as client:
        return client.post(
            path,
            content=json.dumps(body, ensure_ascii=False).encode(),
            headers={"accept": "application/json", "Content-Type": "application/json"} | headers,
        )


def generate(server, name=NAME, text=STATE, prefix=""):
    return send(server, "/generate", {"name": name, "input": text, "prefix": prefix})


def encode(server, name=NAME, text=STATE):
    return send(server, "/encode", {"name": name, "input": text})


@pytest.mark.skipif(shutil.which("curl") is None, reason="LeanCopilot calls curl")
def test_its_own_command_line_works(tiny_server):
    def run(path, body):
        arguments = ["-X", "POST", f"{tiny_server.url}/{path}", "-H", "accept: application/json"]
        arguments += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        done = subprocess.run(["curl", *arguments], capture_output=True, timeout=60, check=True)
        return json.loads(done.stdout)

    generated = run("generate", {"name": NAME, "input": STATE, "prefix": ""})
    encoded = run("encode", {"name": NAME, "input": STATE})

    assert all(set(each) == {"output", "score"} for each in generated["outputs"])
    assert generated["outputs"]
    assert len(encoded["outputs"]) == 32


class TestGenerate:
    def test_outputs_begin_with_the_prefix_and_have_probabilities(
        self, start_server, fake_generator
    ):
        generator = fake_generator()

        response = generate(start_server(generator), prefix="rw ")

        assert response.status_code == 200
        assert response.json() == {
            "outputs": [
                {"output": f"rw step {rank} of {STATE}", "score": math.exp(-3.0 * (rank + 1))}
                for rank in range(10)
            ]
        }
        [[request]] = generator.batches
        assert (request.prompt.goal, request.prompt.context) == (STATE, "")

    def test_the_bundled_model_answers(self, start_server):
        server = start_server(load=lambda: [load_generator("bundled", device="cpu", threads=1)])

        outputs = generate(server, text="p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q").json()["outputs"]

        assert "simp_all" in [each["output"] for each in outputs]
        # aesop refuses what is no probability, and takes the best first.
        scores = [each["score"] for each in outputs]
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) <= 1

    def test_a_name_that_is_served_chooses_the_model(self, start_server, fake_generator):
        first, second = fake_generator(name="first"), fake_generator(name="second")
        server = start_server(first, second)

        generate(server, name="second")
        generate(server, name="gpt4")

        assert (len(first.batches), len(second.batches)) == (1, 1)

    @pytest.mark.parametrize("body", [{"name": "m", "input": "g"}, {"prefix": None}])
    def test_the_prefix_may_be_missing(self, start_server, fake_generator, body):
        response = send(
            start_server(fake_generator()), "/generate", {"name": "m", "input": "g"} | body
        )

        assert response.json()["outputs"][0]["output"] == "step 0 of g"


class TestEncode:
    def test_texts_get_embeddings_of_the_models_size(self, start_server, tiny_server):
        first, again, other = (
            encode(tiny_server, text=text).json()["outputs"] for text in ("a", "a", "⊢ a = b")
        )

        assert len(first) == len(other) == 32
        assert first == again
        assert first != other
        assert tiny_server.metric("stepcheck_embeddings_total") == 3

    def test_they_are_answered_between_generations(self, tiny_server):
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(12) as pool:
            steps = [
                pool.submit(tiny_server.suggest, goal=f"⊢ {number} = x", n=2, max_tokens=8)
                for number in range(6)
            ]
            texts = [pool.submit(encode, tiny_server, text="⊢ x = x") for _ in range(6)]

        assert all(each.result().json()["suggestions"] for each in steps)
        embeddings = [each.result().json()["outputs"] for each in texts]
        assert all(each == embeddings[0] for each in embeddings)

    def test_a_model_without_embeddings_is_named(self, start_server, fake_generator, expect_error):
        response = encode(start_server(fake_generator(name="small")))

        error = expect_error(response, 422, "no_encoder")
        assert "small" in error.message
        assert "--model" in error.remedy

    def test_weights_that_are_damaged_fail_the_request_alone(
        self, start_server, tiny_model, tmp_path, expect_error
    ):
        import torch
        from safetensors.torch import load_file, save_file

        folder = shutil.copytree(tiny_model, tmp_path / "damaged")
        weights = load_file(folder / "model.safetensors")
        broken = load_generator(folder, device="cpu", threads=1)
        server = start_server(load=lambda: [broken])
        assert encode(server).status_code == 200
        weights["model.norm.weight"].fill_(torch.nan)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        broken._network = load_generator(folder, device="cpu", threads=1)._network

        expect_error(encode(server), 500, "generation_failed")
        assert server.engine.state == "ready"


@pytest.mark.parametrize("path", ["/generate", "/encode"])
class TestBadInput:
    @pytest.mark.parametrize(
        "case",
        [({}, "name"), ({"name": "m"}, "input"), ({"name": "m", "input": 1}, "input")],
    )
    def test_what_is_missing_or_wrong_is_named(
        self, start_server, fake_generator, expect_error, path, case
    ):
        body, named = case
        error = expect_error(
            send(start_server(fake_generator()), path, body), 422, "invalid_request"
        )

        assert named in error.message

    def test_too_long_a_text_is_refused(self, start_server, fake_generator, expect_error, path):
        server = start_server(fake_generator(), max_goal_characters=10)

        error = expect_error(
            send(server, path, {"name": "m", "input": "x" * 11}), 422, "limit_exceeded"
        )

        assert "max_goal_characters" in error.remedy

    def test_the_guards_hold(self, start_server, fake_generator, expect_error, path):
        server = start_server(fake_generator(), token="a-token")
        body = {"name": "m", "input": "g"}

        expect_error(send(server, path, body), 401, "unauthorized")
        token = {"Authorization": "Bearer a-token"}
        expect_error(send(server, path, body, Host="evil.example"), 400, "host_not_allowed")
        expect_error(
            send(server, path, body, Origin="http://evil.example", **token),
            403,
            "origin_not_allowed",
        )
        with server.client() as client:
            expect_error(client.post(path, content=b"{}"), 401, "unauthorized")
            response = client.post(path, content=b"{}", headers=token)
            expect_error(response, 415, "unsupported_media_type")

    def test_a_full_queue_says_when_to_come_again(
        self, start_server, fake_generator, expect_error, tiny_model, path
    ):
        generator = load_generator(tiny_model, device="cpu", threads=1)
        held = fake_generator(name="held")
        held.gate.clear()
        server = start_server(held, generator, queue_size=1)
        connection = leave_waiting(server)
        held.began.wait(10)

        response = send(server, path, {"name": "tiny", "input": "g"})

        expect_error(response, 429, "queue_full")
        assert int(response.headers["Retry-After"]) >= 1
        connection.close()
        held.gate.set()


def leave_waiting(server):
    body = json.dumps({"name": "held", "input": "left alone", "prefix": ""}).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(
        b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    return connection


def test_the_model_is_told_to_stop_when_the_client_leaves(start_server, fake_generator, eventually):
    generator = fake_generator(name="held", seconds_per_completion=0.2)
    server = start_server(generator)
    connection = leave_waiting(server)
    generator.began.wait(10)

    connection.close()

    eventually(lambda: generator.cancelled == ["left alone"])
