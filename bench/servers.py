"""The reference server as a child process, and clients that load it or ours."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True, slots=True)
class Load:
    """What clients measured: seconds of each request, and of all together."""

    latencies: tuple[float, ...]
    wall: float

    @property
    def requests_per_second(self) -> float:
        """Throughput."""
        return len(self.latencies) / self.wall


@asynccontextmanager
async def reference_server(model: Path) -> AsyncIterator[str]:
    """Run the reference algorithm and yield its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.reference_server", str(model), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.terminate()
        await process.wait()


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
