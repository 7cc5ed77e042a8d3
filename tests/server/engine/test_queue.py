"""The queue, observed through HTTP with a model whose every step the tests control."""

import socket
import threading

import pytest


def send_raw(server, body=b'{"goal": "left alone", "n": 10}', accept=b"application/json"):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(
        b"POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Accept: %b\r\nContent-Length: %d\r\n\r\n%b" % (accept, len(body), body)
    )
    return connection


class TestBatching:
    def test_requests_that_come_together_share_a_batch(
        self, start_server, fake_generator, ask_together
    ):
        generator = fake_generator()
        server = start_server(generator, batch_wait_milliseconds=300)

        answers = ask_together(server, *({"goal": f"goal {i}", "n": 2} for i in range(8)))

        texts = [answer.result().json()["suggestions"][1]["text"] for answer in answers]
        assert texts == [f"step 1 of goal {i}" for i in range(8)]
        assert len(generator.batches) < 8
        assert server.metric("stepcheck_batch_requests_sum") == 8
        assert server.metric("stepcheck_batch_requests_count") == len(generator.batches)
        assert server.metric("stepcheck_batch_rows_sum") == 16

    def test_requests_that_wait_behind_a_batch_share_the_next(
        self, start_server, fake_generator, ask_together, eventually
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator)
        [first] = ask_together(server, {"goal": "first"})
        generator.began.wait(10)
        others = ask_together(server, *({"goal": f"other {i}"} for i in range(5)))
        eventually(lambda: server.metric("stepcheck_queue_length") == 5)

        generator.gate.set()

        assert all(answer.result().status_code == 200 for answer in (first, *others))
        assert [len(batch) for batch in generator.batches] == [1, 5]

    def test_a_batch_has_no_more_rows_than_allowed(
        self, start_server, fake_generator, ask_together, eventually
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator, max_batch_rows=20)
        [first] = ask_together(server, {"goal": "first"})
        generator.began.wait(10)
        others = ask_together(server, *({"goal": "other", "n": 8} for _ in range(5)))
        eventually(lambda: server.metric("stepcheck_queue_length") == 5)

        generator.gate.set()

        assert all(answer.result().status_code == 200 for answer in (first, *others))
        assert [len(batch) for batch in generator.batches] == [1, 2, 2, 1]

    def test_a_request_larger_than_a_batch_runs_alone(self, start_server, fake_generator):
        server = start_server(fake_generator(), max_batch_rows=4)

        assert len(server.suggest(n=9).json()["suggestions"]) == 9

    def test_a_batch_is_for_one_model(self, start_server, fake_generator, ask_together, eventually):
        first, second = fake_generator(name="first"), fake_generator(name="second")
        first.gate.clear()
        server = start_server(first, second)
        held = ask_together(server, {"goal": "held"})
        first.began.wait(10)
        mixed = ask_together(
            server, *({"goal": "mixed", "model": name} for name in ("first", "second") * 3)
        )
        eventually(lambda: server.metric("stepcheck_queue_length") == 6)

        first.gate.set()

        models = [answer.result().json()["model"] for answer in mixed]
        assert models == ["first", "second"] * 3
        assert held[0].result().status_code == 200
        assert [len(batch) for batch in first.batches] == [1, 3]
        assert [len(batch) for batch in second.batches] == [3]


class TestCancellation:
    @pytest.mark.parametrize("accept", [b"application/json", b"text/event-stream"])
    def test_the_model_is_told_to_stop_when_the_client_leaves(
        self, start_server, fake_generator, eventually, accept
    ):
        generator = fake_generator(seconds_per_completion=0.1)
        server = start_server(generator)
        connection = send_raw(server, b'{"goal": "left alone", "n": 60}', accept)
        generator.began.wait(10)

        connection.close()

        eventually(lambda: generator.cancelled == ["left alone"])
        eventually(lambda: server.metric("stepcheck_cancelled_total") == 1)

    def test_a_waiting_request_whose_client_left_is_never_run(
        self, start_server, fake_generator, ask_together, eventually
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator)
        [first] = ask_together(server, {"goal": "first"})
        generator.began.wait(10)
        connection = send_raw(server)
        eventually(lambda: server.metric("stepcheck_queue_length") == 1)

        connection.close()
        # The next request lets the queue drop those that nobody waits for.
        generator.gate.set()

        assert first.result().status_code == 200
        eventually(lambda: server.metric("stepcheck_cancelled_total") == 1)
        assert [request.prompt.goal for batch in generator.batches for request in batch] == [
            "first"
        ]

    def test_others_in_the_batch_get_their_answers(
        self, start_server, fake_generator, ask_together
    ):
        generator = fake_generator(seconds_per_completion=0.05)
        server = start_server(generator, batch_wait_milliseconds=300)
        connection = send_raw(server)
        [stays] = ask_together(server, {"goal": "stays", "n": 12})
        generator.began.wait(10)

        connection.close()

        assert len(stays.result().json()["suggestions"]) == 12
        assert generator.cancelled == ["left alone"]
        assert len(generator.batches) == 1


class TestLimits:
    def test_a_full_queue_is_a_429_that_says_when_to_try_again(
        self, start_server, fake_generator, ask_together, eventually, expect_error
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator, queue_size=2)
        admitted = ask_together(server, {"goal": "runs"})
        generator.began.wait(10)
        admitted += ask_together(server, {"goal": "waits"})
        eventually(lambda: server.metric("stepcheck_queue_length") == 1)

        refused = server.suggest()

        expect_error(refused, 429, "queue_full")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert server.metric("stepcheck_rejected_total") == 1
        generator.gate.set()
        assert all(answer.result().status_code == 200 for answer in admitted)
        assert server.suggest().status_code == 200

    def test_a_place_is_free_again_before_its_client_is_answered(
        self, start_server, fake_generator
    ):
        server = start_server(fake_generator(), queue_size=1, batch_wait_milliseconds=0)

        with server.client() as client:
            statuses = [
                client.post("/v1/suggest", json={"goal": "g"}).status_code for _ in range(100)
            ]

        assert set(statuses) == {200}

    def test_the_other_endpoints_answer_while_the_queue_is_full(
        self, start_server, fake_generator, ask_together, eventually
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator, queue_size=4)
        answers = ask_together(server, *({"goal": "g"} for _ in range(30)))
        eventually(lambda: sum(answer.done() for answer in answers) == 26)

        with server.client() as client:
            statuses = [client.get(path).status_code for path in ("/health", "/ready", "/info")]

        assert statuses == [200, 200, 200]
        generator.gate.set()
        assert sorted(answer.result().status_code for answer in answers) == [200] * 4 + [429] * 26

    def test_the_time_limit_answers_with_what_there_is(self, start_server, fake_generator):
        generator = fake_generator(seconds_per_completion=0.2)

        answer = start_server(generator, request_timeout_seconds=0.5).suggest(n=60).json()

        assert 1 <= len(answer["suggestions"]) < 60
        assert answer["complete"] is False

    def test_nothing_at_the_time_limit_is_a_504(self, start_server, fake_generator, expect_error):
        generator = fake_generator()
        generator.gate.clear()

        response = start_server(generator, request_timeout_seconds=0.2).suggest()

        expect_error(response, 504, "deadline_exceeded")

    def test_a_model_that_hangs_and_does_not_even_poll_is_given_up(
        self, start_server, fake_generator, expect_error, monkeypatch
    ):
        monkeypatch.setattr("stepcheck.server.engine.jobs.GRACE_SECONDS", 0.3)
        freed = threading.Event()
        generator = fake_generator(failure=lambda _: freed.wait(20) and None)

        response = start_server(generator, request_timeout_seconds=0.2).suggest()

        freed.set()
        expect_error(response, 504, "deadline_exceeded")


def test_many_clients_that_come_and_go_leave_nothing_behind(
    start_server, fake_generator, ask_together, eventually
):
    generator = fake_generator(seconds_per_completion=0.01)
    server = start_server(generator, queue_size=50)

    leaving = [send_raw(server, accept=b"text/event-stream") for _ in range(30)]
    # Whoever leaves before the server has read the request is not even admitted.
    eventually(lambda: server.metric("stepcheck_queue_length") > 0)
    staying = ask_together(server, *({"goal": f"goal {i}", "n": 5} for i in range(15)))
    for connection in leaving:
        connection.close()

    for index, answer in enumerate(staying):
        texts = [each["text"] for each in answer.result().json()["suggestions"]]
        assert texts == [f"step {rank} of goal {index}" for rank in range(5)]
    eventually(lambda: server.metric("stepcheck_queue_length") == 0)
    eventually(lambda: server.metric("stepcheck_cancelled_total") > 0)
    assert server.suggest().status_code == 200
