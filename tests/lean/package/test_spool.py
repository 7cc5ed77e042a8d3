"""Asking through a folder, as `stepcheck bridge` answers."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..package_lean import PackageLean

ANSWER = {
    "suggestions": [{"text": "exact 𝔸 ▸ h\n", "score": -0.5, "log_probability": -1.0}],
    "model": "a model",
    "request_id": "1",
    "timing": {"queue": 0.1, "generation": 3.0},
    "complete": True,
}


def answer_once(spool: Path, response: Callable[[Path], None], requests: list[bytes]) -> None:
    """The tests' fake of a bridge: takes one request and answers as told."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for file in spool.glob("request-*.json"):
            requests.append(file.read_bytes())
            file.unlink()
            temporary = spool / "response.tmp"
            response(temporary)
            temporary.rename(spool / file.name.replace("request", "response"))
            return
        time.sleep(0.01)


def ask(
    probe: PackageLean, spool: Path, response: str | None, *options: str, goal: str = "⊢ True"
) -> tuple[dict[str, Any], list[bytes]]:
    """Ask once; return what the client makes of the answer, and the request's bytes."""
    requests: list[bytes] = []
    writer = lambda file: file.write_text(response or "", encoding="utf-8")  # noqa: E731
    bridge = threading.Thread(target=answer_once, args=(spool, writer, requests))
    if response is not None:
        bridge.start()
    settings = "".join(f"set_option llmstep.{option}\n" for option in options)
    run = probe.run(
        f'import ClientProbe\nset_option llmstep.spool "{spool}"\n{settings}'
        f'#suggest 3 {json.dumps(goal, ensure_ascii=False)} "rw ["\n',
        writable=[spool],
    )
    if response is not None:
        bridge.join()
    assert run.errors == [], run.stderr
    return json.loads(run.information[0]), requests


def test_request_is_the_servers_and_the_answer_is_read(probe: PackageLean, tmp_path: Path) -> None:
    reply, requests = ask(
        probe, tmp_path, json.dumps({"status": 200, "body": ANSWER}), goal='h : 𝔸 = \\"\n⊢ α → β'
    )
    assert reply == {
        "suggestions": [{"text": "exact 𝔸 ▸ h\n", "score": -0.5}],
        "model": "a model",
    }
    assert json.loads(requests[0]) == {
        "goal": 'h : 𝔸 = \\"\n⊢ α → β',
        "prefix": "rw [",
        "context": "",
        "n": 3,
    }
    assert list(tmp_path.iterdir()) == []
