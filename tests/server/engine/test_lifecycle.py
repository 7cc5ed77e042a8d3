"""The engine while its models load, fail and stop, over HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from stepcheck.models.interface import ModelError


class TestFailure:
    def test_a_failing_batch_is_a_500_and_the_engine_goes_on(
        self, start_server, fake_generator, expect_error
    ):
        def fail(requests):
            return KeyError("secret goal text") if requests[0].prompt.goal == "bad" else None

        server = start_server(fake_generator(failure=fail))

        error = expect_error(server.suggest(goal="bad"), 500, "generation_failed")

        assert "secret" not in error.message
        assert server.suggest(goal="good").status_code == 200
        assert server.metric("stepcheck_failed_batches_total") == 1

    @pytest.mark.parametrize(
        "error",
        [
            MemoryError(),
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 4503599627 bytes"),
        ],
    )
    def test_out_of_memory_splits_the_batch_and_tries_once_more(
        self, start_server, fake_generator, ask_together, error
    ):
        generator = fake_generator(failure=lambda requests: error if len(requests) > 2 else None)
        server = start_server(generator, batch_wait_milliseconds=500)

        answers = ask_together(server, *({"goal": f"goal {i}"} for i in range(4)))

        assert [answer.result().status_code for answer in answers] == [200] * 4
        assert [len(batch) for batch in generator.batches] == [4, 2, 2]

    def test_out_of_memory_with_one_request_is_an_error(
        self, start_server, fake_generator, expect_error
    ):
        generator = fake_generator(failure=lambda _: MemoryError())

        error = expect_error(start_server(generator).suggest(), 500, "out_of_memory")

        assert "fewer" in error.remedy
        assert len(generator.batches) == 1

    def test_an_engine_that_breaks_down_leaves_nobody_waiting(
        self, start_server, fake_generator, expect_error, monkeypatch
    ):
        server = start_server(fake_generator())
        monkeypatch.setattr(
            "stepcheck.server.engine.queue.choose_batch",
            lambda *_: [][0],  # an IndexError
        )

        expect_error(server.suggest(), 503, "model_unavailable")

        expect_error(server.suggest(), 503, "model_unavailable")
        with server.client() as client:
            assert (
                "IndexError" in expect_error(client.get("/ready"), 503, "model_unavailable").message
            )


class TestLoading:
    def test_requests_wait_for_the_model_with_a_503(
        self, start_server, fake_generator, expect_error
    ):
        may_load = threading.Event()

        def load():
            may_load.wait(20)
            return [fake_generator()]

        server = start_server(load=load, wait=False)

        with server.client() as client:
            not_ready = client.get("/ready")
            assert client.get("/health").status_code == 200
            assert client.get("/info").json()["state"] == "loading"
        expect_error(not_ready, 503, "loading")
        assert int(not_ready.headers["Retry-After"]) >= 1
        expect_error(server.suggest(), 503, "loading")
        may_load.set()
        server.engine.wait_until_loaded(20)
        with server.client() as client:
            assert client.get("/ready").json() == {"status": "ready"}
        assert server.suggest().status_code == 200

    @pytest.mark.parametrize(
        "error", [ModelError("weights.bin is damaged; fetch it again"), OSError("weights.bin")]
    )
    def test_a_model_that_cannot_be_loaded_says_why(self, start_server, expect_error, error):
        def load():
            raise error

        server = start_server(load=load)

        with server.client() as client:
            not_ready = client.get("/ready")
            assert client.get("/info").json()["state"] == "failed"
        assert "weights.bin" in expect_error(not_ready, 503, "model_unavailable").message
        assert "Retry-After" not in not_ready.headers
        expect_error(server.suggest(), 503, "model_unavailable")


class TestStopping:
    def test_admitted_requests_are_finished_and_new_ones_refused(
        self, start_server, fake_generator, ask_together, eventually, expect_error
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator)
        admitted = ask_together(server, {"goal": "runs"})
        generator.began.wait(10)
        admitted += ask_together(server, {"goal": "waits"})
        eventually(lambda: server.metric("stepcheck_queue_length") == 1)

        with ThreadPoolExecutor(1) as pool:
            stopped = pool.submit(server.engine.stop, 10)
            eventually(lambda: server.engine.state == "stopping")
            expect_error(server.suggest(), 503, "stopping")
            generator.gate.set()
            stopped.result()

        assert [answer.result().status_code for answer in admitted] == [200, 200]

    def test_what_does_not_end_in_time_is_cancelled(
        self, start_server, fake_generator, ask_together, expect_error
    ):
        generator = fake_generator()
        generator.gate.clear()
        server = start_server(generator)
        [answer] = ask_together(server, {"goal": "runs"})
        generator.began.wait(10)

        server.engine.stop(0.1)

        expect_error(answer.result(), 503, "stopping")

    def test_no_new_connections_are_accepted(self, start_server, fake_generator, eventually):
        server = start_server(fake_generator())

        server.http.stop_accepting()

        def is_refused():
            try:
                server.suggest()
            except httpx.ConnectError:
                return True
            return False

        eventually(is_refused)
