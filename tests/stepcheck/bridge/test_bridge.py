"""The bridge between a real folder and real servers, asked as the tactic asks."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys

import httpx
import pytest

from stepcheck.bridge.bridge import Bridge
from stepcheck.bridge.spool import Spool, SpoolError
from stepcheck.client.server_client import ServerClient
from stepcheck.server.api.suggest_schemas import SuggestResponse
from stepcheck.settings.schema import ClientSettings

SECONDS = 20


class Asker:
    """What the tactic does, with files alone."""

    def __init__(self, folder):
        self.folder = folder

    def ask(self, identifier, **fields):
        self.write(identifier, json.dumps({"goal": "⊢ True"} | fields).encode())

    def write(self, identifier, content):
        temporary = self.folder / f"request-{identifier}.tmp"
        temporary.write_bytes(content)
        temporary.rename(self.folder / f"request-{identifier}.json")

    async def fetch(self, identifier):
        path = self.folder / f"response-{identifier}.json"
        await self.until(path.exists)
        response = json.loads(path.read_bytes())
        path.unlink()
        return response["status"], response["body"]

    async def until(self, condition):
        async with asyncio.timeout(SECONDS):
            while not condition():
                await asyncio.sleep(0.005)

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def serving(tiny_model, tmp_path):
    """Run `stepcheck serve` as a process that can be killed; yields it and its URL."""

    @contextlib.contextmanager
    def run():
        process = subprocess.Popen(
            [sys.executable, "-m", "stepcheck", "serve", "--port", "0", "--model", str(tiny_model)],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            line = process.stdout.readline()
            yield process, next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.kill()
            process.communicate()

    return run


def metrics(url):
    return httpx.get(f"{url}/metrics", trust_env=False).text


@pytest.fixture
def bridging(tmp_path):
    """Run a bridge to a server for the length of a block; yields an asker."""

    @contextlib.asynccontextmanager
    async def run(url, **settings):
        folder = tmp_path / "spool"
        spool = Spool.open(folder)
        async with ServerClient(ClientSettings(server_url=url, **settings)) as client:
            task = asyncio.create_task(Bridge(spool, client).run())
            try:
                yield Asker(folder), task
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    return run


async def test_a_request_gets_the_servers_answer(bridging, start_server, fake_generator):
    generator = fake_generator(name="small")
    async with bridging(start_server(generator).url) as (asker, _):
        asker.ask("a-1_B", goal="x : ℕ\n⊢ x = x", prefix="rw", n=2)
        status, body = await asker.fetch("a-1_B")

        assert status == 200
        answer = SuggestResponse.model_validate(body)
        assert [each.text for each in answer.suggestions] == [
            f"rwstep {rank} of x : ℕ\n⊢ x = x" for rank in range(2)
        ]
        assert answer.model == "small"
        assert asker.names() == []


async def test_requests_are_answered_at_once_not_in_turn(
    bridging, start_server, fake_generator, eventually
):
    first, second = fake_generator(name="first"), fake_generator(name="second")
    slow = start_server(first, second, batch_wait_milliseconds=0)
    first.gate.clear()
    async with bridging(slow.url) as (asker, _):
        asker.ask("held", model="first", goal="held")
        await asker.until(first.began.is_set)
        asker.ask("waiting", goal="waiting", n=1)
        await asker.until(lambda: slow.metric("stepcheck_queue_length") == 1)

        first.gate.set()

        assert (await asker.fetch("waiting"))[0] == (await asker.fetch("held"))[0] == 200


async def test_two_bridges_answer_a_request_once(bridging, start_server, fake_generator):
    generator = fake_generator()
    server = start_server(generator)
    async with bridging(server.url) as (asker, _), bridging(server.url):
        for number in range(20):
            asker.ask(str(number), goal=f"goal {number}", n=1)
        for number in range(20):
            status, body = await asker.fetch(str(number))
            assert status == 200
            assert body["suggestions"][0]["text"] == f"step 0 of goal {number}"

    assert sum(len(batch) for batch in generator.batches) == 20


async def test_giving_up_frees_the_model(bridging, start_server, fake_generator):
    generator = fake_generator(seconds_per_completion=0.1)
    async with bridging(start_server(generator).url) as (asker, _):
        asker.ask("a", goal="given up", n=60)
        await asker.until(generator.began.is_set)

        (asker.folder / "cancel-a").touch()

        await asker.until(lambda: generator.cancelled == ["given up"])
        await asker.until(lambda: asker.names() == [])
        asker.ask("b", n=1)
        assert (await asker.fetch("b"))[0] == 200
        assert asker.names() == []


async def test_giving_up_too_late_removes_the_response(bridging, start_server, fake_generator):
    async with bridging(start_server(fake_generator()).url) as (asker, _):
        asker.ask("a")
        await asker.until((asker.folder / "response-a.json").exists)

        (asker.folder / "cancel-a").touch()

        await asker.until(lambda: asker.names() == [])


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", (400, "malformed_json")),
        (b'{"goal": "half', (400, "malformed_json")),
        (b"\x00\x01\xff", (400, "malformed_json")),
        (b"[]", (422, "invalid_request")),
        (b'{"goal": 1}', (422, "invalid_request")),
        (b'{"goal": "g", "n": 10000}', (422, "invalid_request")),
        (b'{"goal": "g", "unknown": 1}', (422, "invalid_request")),
        (b'{"goal": "\\ud800"}', (422, "invalid_unicode")),
        (b'{"goal": "g", "model": "none"}', (422, "unknown_model")),
        (b" " * (2**21 + 1), (400, "unreadable_request")),
    ],
)
async def test_bad_requests_are_answered_with_what_to_do(
    bridging, start_server, fake_generator, content, refusal
):
    async with bridging(start_server(fake_generator()).url) as (asker, _):
        asker.write("bad", content)
        status, body = await asker.fetch("bad")

        assert (status, body["error"]) == refusal
        assert body["message"]
        assert body["remedy"]
        asker.ask("good", n=1)
        assert (await asker.fetch("good"))[0] == 200


async def test_a_link_out_of_the_folder_is_refused(
    bridging, start_server, fake_generator, tmp_path
):
    secret = tmp_path / "secret"
    secret.write_text('{"goal": "secret"}')
    generator = fake_generator()
    async with bridging(start_server(generator).url) as (asker, _):
        (asker.folder / "request-a.json").symlink_to(secret)

        status, body = await asker.fetch("a")

    assert (status, body["error"]) == (400, "unreadable_request")
    assert generator.batches == []
    assert secret.exists()


async def test_the_servers_own_errors_keep_their_status(bridging, start_server, fake_generator):
    server = start_server(fake_generator(), token="a-token")
    async with bridging(server.url, token="another") as (asker, _):
        asker.ask("a")
        status, body = await asker.fetch("a")

    assert (status, body["error"]) == (401, "unauthorized")
    assert "STEPCHECK_CLIENT_TOKEN" in body["remedy"]


async def test_a_killed_server_is_reported_and_its_successor_used(
    bridging, serving, start_server, fake_generator
):
    with serving() as (process, url):
        async with bridging(url) as (asker, _):
            asker.ask("before", n=1, max_tokens=4)
            assert (await asker.fetch("before"))[0] == 200
            asker.ask("during", n=64, max_tokens=250, method="sample")
            await asker.until(lambda: "stepcheck_batch_requests_count 2.0" in metrics(url))
            process.kill()
            process.wait()

            status, body = await asker.fetch("during")
            assert (status, body["error"]) == (503, "server_unreachable")

            asker.ask("after")
            status, body = await asker.fetch("after")
            assert status == 503
            assert "stepcheck serve" in body["remedy"]

            start_server(fake_generator(), port=httpx.URL(url).port)
            asker.ask("again", n=1)
            assert (await asker.fetch("again"))[0] == 200


async def test_an_answer_that_does_not_come_is_given_up(bridging, start_server, fake_generator):
    generator = fake_generator()
    generator.gate.clear()
    async with bridging(start_server(generator).url, timeout_seconds=0.3) as (asker, _):
        asker.ask("a")
        status, body = await asker.fetch("a")

    assert (status, body["error"]) == (504, "deadline_exceeded")


async def test_those_under_way_are_told_when_the_bridge_stops(
    bridging, start_server, fake_generator
):
    generator = fake_generator()
    generator.gate.clear()
    async with bridging(start_server(generator).url) as (asker, task):
        asker.ask("a")
        await asker.until(generator.began.is_set)

        task.cancel()

        status, body = await asker.fetch("a")
    assert (status, body["error"]) == (503, "stopping")


async def test_a_folder_that_is_removed_ends_the_bridge(bridging, start_server, fake_generator):
    async with bridging(start_server(fake_generator()).url) as (asker, task):
        asker.folder.rmdir()

        with pytest.raises(SpoolError, match="is gone"):
            await asyncio.wait_for(task, SECONDS)


async def test_files_of_others_are_left_alone(bridging, start_server, fake_generator):
    async with bridging(start_server(fake_generator()).url) as (asker, _):
        for name in ("notes.txt", "request-half.tmp", "request-a b.json"):
            (asker.folder / name).write_text("{}")
        (asker.folder / "request-folder.json").mkdir()
        asker.ask("a", n=1)
        await asker.fetch("a")

        assert asker.names() == [
            "notes.txt",
            "request-a b.json",
            "request-folder.json",
            "request-half.tmp",
        ]
