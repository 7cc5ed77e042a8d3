"""The server with real weights: a small random model, loaded as any other is."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from stepcheck.models.generation.registry import load_generator


@pytest.fixture
def server(start_server, tiny_model):
    return start_server(
        load=lambda: [load_generator(tiny_model, device="cpu", threads=1)],
        batch_wait_milliseconds=100,
    )


def test_suggestions_are_distinct_scored_sorted_and_begin_with_the_prefix(server):
    answer = server.suggest(goal="x : ℕ\n⊢ x = x", prefix="rw [", n=8, max_tokens=12).json()

    texts = [each["text"] for each in answer["suggestions"]]
    scores = [each["log_probability"] for each in answer["suggestions"]]
    assert 1 <= len(texts) <= 8
    assert len(set(texts)) == len(texts)
    assert all(text.startswith("rw [") for text in texts)
    assert scores == sorted(scores, reverse=True)
    assert all(each["log_probability"] <= each["score"] <= 0 for each in answer["suggestions"])
    assert answer["model"] == "tiny"
    assert answer["timing"]["generation"] > 0


def test_the_same_seed_gives_the_same_suggestions(server):
    fields = {"goal": "⊢ True", "n": 4, "max_tokens": 8}

    first, again, other = (
        server.suggest(seed=seed, method="sample", **fields).json()["suggestions"]
        for seed in (7, 7, 8)
    )

    assert first == again
    assert first != other


@pytest.mark.parametrize("method", ["sample", "beam"])
def test_a_stream_brings_the_suggestions_of_the_answer(server, method):
    with server.client() as client:
        text = client.post(
            "/v1/suggest",
            json={"goal": "⊢ True", "n": 4, "max_tokens": 6, "method": method},
            headers={"Accept": "text/event-stream"},
        ).content.decode()

    assert text.count("event: done") == 1
    assert text.rstrip("\n").rsplit("\n\n", 1)[-1].startswith("event: done")


def test_simultaneous_requests_share_batches_and_get_their_own_answers(server):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda index: server.suggest(
                    goal=f"⊢ {index} = {index}", prefix=f"have h{index}", n=2, max_tokens=8
                ).json(),
                range(8),
            )
        )

    for index, answer in enumerate(answers):
        assert answer["suggestions"]
        assert all(each["text"].startswith(f"have h{index}") for each in answer["suggestions"])
    assert server.metric("stepcheck_batch_requests_count") < 8
    assert server.metric("stepcheck_batch_requests_sum") == 8


def test_a_client_that_leaves_frees_the_model(server, eventually):
    with server.client() as client:
        fields = {"goal": "⊢ True", "n": 64, "max_tokens": 256}
        events = {"Accept": "text/event-stream"}
        with client.stream("POST", "/v1/suggest", json=fields, headers=events) as response:
            next(response.iter_lines())

    eventually(lambda: server.metric("stepcheck_cancelled_total") == 1)
    assert server.suggest(n=1, max_tokens=4).status_code == 200
