"""Our server and the reference server as child processes, and clients that load them."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """What clients measured: seconds of each request, and of all together."""

    latencies: tuple[float, ...]
    wall: float

    @property
    def requests_per_second(self) -> float:
        """Throughput."""
        return len(self.latencies) / self.wall


@contextmanager
def reference_server(model: Path) -> Iterator[str]:
    """Run the reference algorithm and yield its URL."""
    arguments = [sys.executable, "-m", "bench.reference_server", str(model)]
    with _child(arguments) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


@contextmanager
def our_server(model: str) -> Iterator[str]:
    """Run `stepcheck serve` on a free port and yield its URL once it is ready."""
    arguments = [sys.executable, "-m", "stepcheck", "serve", "--model", model, "--port", "0"]
    with _child(arguments) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://[\d.]+:\d+", line):
                url = found.group()
                break
        else:
            raise RuntimeError("the server ended before it was ready")
        deadline = time.monotonic() + START_SECONDS
        while httpx.get(f"{url}/ready").status_code != 200:
            if time.monotonic() > deadline:
                raise RuntimeError("the server did not get ready")
            time.sleep(0.1)
        yield url


@contextmanager
def _child(arguments: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def load(url: str, goals: Sequence[str], clients: int) -> Load:
    """Have `clients` ask llmstep's request for all goals between them, each one at a time."""
    waiting = iter(goals)
    latencies: list[float] = []

    async def work(http: httpx.AsyncClient) -> None:
        for goal in waiting:
            began = time.perf_counter()
            answer = await http.post(url, json={"tactic_state": goal, "prefix": "", "context": ""})
            answer.raise_for_status()
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=300) as http:
        await asyncio.gather(*(work(http) for _ in range(clients)))
    return Load(tuple(latencies), time.perf_counter() - began)
