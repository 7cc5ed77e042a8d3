"""Asking through a folder."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from stepcheck.bridge.bridge import Bridge
from stepcheck.bridge.spool import Spool
from stepcheck.client.server_client import ServerClient
from stepcheck.settings.schema import ClientSettings

from .probing import Probe

GOAL = 'h : 𝔸 = \\"\n⊢ α → β'
ANSWER = {
    "suggestions": [{"text": "exact 𝔸 ▸ h\n", "score": -0.5, "log_probability": -1.0}],
    "model": "a model",
    "request_id": "1",
    "timing": {"queue": 0.1, "generation": 3.0},
    "complete": True,
}
REPLY = {"suggestions": [{"text": "exact 𝔸 ▸ h\n", "score": -0.5}], "model": "a model"}


class ScriptedBridge:
    """The tests' fake of a bridge: takes requests, and answers with the given texts in turn."""

    def __init__(self, folder: Path, responses: list[str | None]) -> None:
        self.requests: list[Any] = []
        self._folder = folder
        self._responses = responses
        self._stopped = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()

    def _run(self) -> None:
        while self._responses and not self._stopped.wait(0.01):
            for file in self._folder.glob("request-*.json"):
                self.requests.append(json.loads(file.read_bytes()))
                file.unlink()
                response = self._responses.pop(0)
                if response is not None:
                    temporary = self._folder / "response.tmp"
                    temporary.write_text(response, encoding="utf-8")
                    temporary.rename(self._folder / file.name.replace("request", "response"))


def suggest(folder: Path, *options: str) -> str:
    """The command that asks through `folder`."""
    settings = "".join(f"set_option llmstep.{option} in\n" for option in options)
    goal = json.dumps(GOAL, ensure_ascii=False)
    return f'set_option llmstep.spool "{folder}" in\n{settings}#suggest 3 {goal} "rw ["'


@contextmanager
def real_bridge(folder: Path, url: str) -> Iterator[None]:
    """Run the bridge to a server in a thread of its own."""
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with ServerClient(ClientSettings(server_url=url)) as client:
            with suppress(asyncio.CancelledError):
                await Bridge(Spool.open(folder), client).run()

    running = loop.create_task(run())
    thread = threading.Thread(target=loop.run_until_complete, args=(running,))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(running.cancel)
        thread.join()
        loop.close()


def test_server_answers_through_the_bridge(
    probe: Probe,
    tmp_path: Path,
    start_server: Callable[..., Any],
    fake_generator: Any,
) -> None:
    generator = fake_generator()
    server = start_server(generator, max_prefix_characters=10)
    long = suggest(tmp_path).replace('"rw ["', json.dumps("x" * 11))
    with real_bridge(tmp_path, server.url):
        reply, refused = probe.ask(f"{suggest(tmp_path)}\n{long}")
    assert [suggestion["text"] for suggestion in reply["suggestions"]] == [
        f"rw [step {rank} of {GOAL}" for rank in range(3)
    ]
    assert (reply["model"], generator.batches[0][0].prompt.prefix) == ("fake", "rw [")
    assert "prefix: 11 characters" in refused["problem"]
    assert "server.max_prefix_characters" in refused["remedy"]
    assert list(tmp_path.iterdir()) == []


def test_generation_stops_when_lean_interrupts(
    probe: Probe,
    tmp_path: Path,
    start_server: Callable[..., Any],
    fake_generator: Any,
    eventually: Callable[[Callable[[], bool]], None],
) -> None:
    generator = fake_generator()
    generator.gate.clear()
    server = start_server(generator)
    with real_bridge(tmp_path, server.url):
        (found,) = probe.ask(
            f'set_option llmstep.spool "{tmp_path}" in\n#cancel_after 1000 3 "⊢ True"'
        )
        eventually(lambda: list(tmp_path.iterdir()) == [])
    assert found["interrupted"] is True
    assert 900 < found["milliseconds"] < 5000
    assert generator.batches[0][0].prompt.goal == "⊢ True"


def test_answers_and_errors_of_a_bridge(probe: Probe, tmp_path: Path) -> None:
    error = {"error": "limit_exceeded", "message": "Too long.", "remedy": "Send less."}
    bridge = ScriptedBridge(
        tmp_path,
        [
            json.dumps({"status": 200, "body": ANSWER}, ensure_ascii=False),
            json.dumps({"status": 200, "body": ANSWER}),
            json.dumps({"status": 422, "body": error}),
            "<html>",
            json.dumps({"status": "fine"}),
            "[" * 100_000,
            "",
        ],
    )
    with bridge.running():
        raw, escaped, refused, html, shapeless, deep, empty = probe.ask(
            "\n".join([suggest(tmp_path)] * 7)
        )
    assert raw == escaped == REPLY
    assert bridge.requests == [{"goal": GOAL, "prefix": "rw [", "context": "", "n": 3}] * 7
    assert refused == {"problem": "Too long.", "remedy": "Send less."}
    for garbage in (html, shapeless, deep, empty):
        assert "is not one of a bridge" in garbage["problem"]
    assert list(tmp_path.iterdir()) == []


def test_folder_without_a_bridge_names_the_command_that_starts_one(
    probe: Probe, tmp_path: Path
) -> None:
    start = time.monotonic()
    unread, missing = probe.ask(f"{suggest(tmp_path)}\n{suggest(tmp_path / 'nowhere')}")
    assert time.monotonic() - start < 20
    assert f"stepcheck bridge {tmp_path}" in unread["remedy"]
    assert f"stepcheck bridge {tmp_path}/nowhere" in missing["remedy"]
    assert [file.name.split("-")[0] for file in tmp_path.iterdir()] == ["cancel"]


def test_answer_that_does_not_come_is_given_up(probe: Probe, tmp_path: Path) -> None:
    bridge = ScriptedBridge(tmp_path, [None])
    with bridge.running():
        (late,) = probe.ask(suggest(tmp_path, "timeout 400"))
    assert "400 ms" in late["problem"]
    assert "llmstep.timeout" in late["remedy"]
    (cancelled,) = tmp_path.iterdir()
    assert cancelled.name.startswith("cancel-")
    assert cancelled.read_bytes() == b""
    assert set(cancelled.name.removeprefix("cancel-")) <= set("0123456789abcdef-")


def test_lean_without_network_says_how_to_reach_the_model(probe: Probe) -> None:
    (result,) = probe.ask('#suggest 3 "⊢ True" ""')
    assert "no network" in result["problem"]
    assert "stepcheck bridge" in result["remedy"]
