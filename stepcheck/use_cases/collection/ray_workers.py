"""Workers on the machines of a Ray cluster; needs the extra stepcheck[ray].

Ray starts them where there is room, and tells when one is gone. Goals are handed out and rows come
back here, to one process, which alone writes: what a worker had not answered when it died is as if
it had not been asked, and another worker is.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from stepcheck.client.errors import ClientError
from stepcheck.lean.errors import DocumentError, LeanError
from stepcheck.models.collected_steps import CollectedStep
from stepcheck.use_cases.collection.remote_worker import (
    Answer,
    RemoteWorker,
    WorkerDescription,
)
from stepcheck.use_cases.goal_files import OpenGoal

LOCAL: Final = "local"
AUTOMATIC: Final = "auto"

MOST_ATTEMPTS = 3
"""How many workers may die over a goal before it is left for the next time."""

START_SECONDS = 300.0
"""Until Ray has room for a worker and this is ready."""

_CONNECT_SECONDS = 20.0
_STOP_SECONDS = 10.0
_LOCAL_OBJECT_BYTES = 128 << 20
"""For rows on their way; Ray would set aside a third of the memory."""

_CHECK_STATUS = ("-m", "ray.scripts.scripts", "status")

MakeActor = Callable[[], Any]
"""Has Ray make an actor with the methods of `RemoteWorker`."""


class ClusterError(Exception):
    """There is no Ray, or no cluster; `remedy` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")


@contextlib.contextmanager
def connect(address: str, processors: int) -> Iterator[None]:
    """Connect this process to the cluster at `HOST:PORT`; "auto" is the one of this machine.

    "local" starts one of so many `processors`, for as long as the block lasts. Raises
    `ClusterError`.
    """
    # Ray tells its makers of every cluster otherwise.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            f"{error.name} is not installed.", "Install it: pip install 'stepcheck[ray]'"
        ) from error
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
    try:
        if address == LOCAL:
            ray.init(num_cpus=processors, object_store_memory=_LOCAL_OBJECT_BYTES, **quiet)
        else:
            _require_cluster(address)
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ClusterError(
            f"Ray cannot be started or reached: {error}", "See `ray status`."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _require_cluster(address: str) -> None:
    """Raise `ClusterError` unless a cluster answers: Ray would end this process otherwise."""
    if "://" in address:
        raise ClusterError(
            f"{address} is the address of Ray's client.",
            "Name HOST:PORT of the cluster, on one of its machines.",
        )
    named = () if address == AUTOMATIC else ("--address", address)
    with contextlib.suppress(subprocess.TimeoutExpired):
        status = subprocess.run(
            [sys.executable, *_CHECK_STATUS, *named],
            capture_output=True,
            timeout=_CONNECT_SECONDS,
            check=False,
        )
        if status.returncode == 0:
            return
    where = "on this machine" if address == AUTOMATIC else f"at {address}"
    raise ClusterError(
        f"No Ray cluster answers {where}.",
        "Start one with `ray start --head`, add machines with `ray start --address HOST:PORT`, or "
        "name --ray local.",
    )


class RayWorkers:
    """A `GoalWorker` that many goals may be given to at once: each waits for a free actor.

    `problems` are those of the actors that could not be started.
    """

    def __init__(self, make: MakeActor, count: int) -> None:
        self._make = make
        self._free: list[Any] = []
        self._changed = asyncio.Event()
        self._actors: list[Any] = []
        self._error: LeanError | ClientError | ClusterError | None = None
        self.problems: list[str] = []
        self._starting = {asyncio.create_task(self._start()) for _ in range(count)}
        self._living = count
        """How many are there or on the way."""

    async def collect(self, goal: OpenGoal) -> tuple[CollectedStep, ...]:
        """Return the rows of a goal from whichever worker is free; from another, if that dies.

        Raises what a `GoalWorker` raises, a `DocumentError` also if one after the other dies, and
        `ClusterError` if there is no worker left.
        """
        from ray.exceptions import RayError as WorkerLostError
        from ray.exceptions import RayTaskError

        for _ in range(MOST_ATTEMPTS):
            actor = await self._take()
            try:
                answer: Answer = await actor.collect.remote(goal)
            except RayTaskError:
                raise
            except WorkerLostError:
                # It has died, or cannot be reached; then its answer is not waited for.
                self._discard(actor)
                task = asyncio.create_task(self._start())
                self._starting.add(task)
                self._living += 1
                continue
            self._free.append(actor)
            self._changed.set()
            return answer.require_rows()
        raise DocumentError(
            f"{MOST_ATTEMPTS} workers died over it.", "Collect it alone, to see why."
        )

    async def stop(self) -> None:
        """Stop all workers, with what they have started."""
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                stopping = [_stop(actor) for actor in self._free]
                await asyncio.gather(*stopping, return_exceptions=True)
        for actor in list(self._actors):
            self._discard(actor)

    async def _take(self) -> Any:
        while not self._free:
            if not self._living:
                raise self._error or ClusterError("No Ray worker is left.", "See `ray status`.")
            self._changed.clear()
            await self._changed.wait()
        return self._free.pop()

    async def _start(self) -> None:
        from ray.exceptions import RayError as WorkerLostError

        actor = self._make()
        self._actors.append(actor)
        try:
            async with asyncio.timeout(START_SECONDS):
                answer: Answer = await actor.start.remote()
                answer.require_rows()
        except (LeanError, ClientError) as error:
            self._give_up(actor, error)
        except TimeoutError:
            remedy = "Name fewer --workers, or add machines to the cluster."
            self._give_up(actor, ClusterError("Ray has no room for a worker.", remedy))
        except WorkerLostError as error:
            problem = f"A worker died before it was ready: {str(error).partition(chr(10))[0]}"
            self._give_up(actor, ClusterError(problem, "See Ray's logs."))
        else:
            self._free.append(actor)
        self._changed.set()

    def _give_up(self, actor: Any, error: LeanError | ClientError | ClusterError) -> None:
        self._error = error
        self.problems.append(str(error))
        self._discard(actor)

    def _discard(self, actor: Any) -> None:
        import ray

        self._actors.remove(actor)
        self._living -= 1
        ray.kill(actor)


async def _stop(actor: Any) -> None:
    await actor.stop.remote()


@contextlib.asynccontextmanager
async def start_ray_workers(
    address: str, description: WorkerDescription, count: int
) -> AsyncIterator[RayWorkers]:
    """Start so many workers on a cluster, which `connect` explains; raises what it raises."""
    settings = description.settings
    processors = settings.lean.threads or 1
    lean = settings.lean.model_copy(update={"threads": processors})
    each = replace(description, settings=settings.model_copy(update={"lean": lean}))
    with connect(address, processors * count):
        import ray

        actor_type = ray.remote(RemoteWorker).options(
            num_cpus=processors, max_restarts=0, scheduling_strategy="SPREAD"
        )
        workers = RayWorkers(lambda: actor_type.remote(each), count)
        try:
            yield workers
        finally:
            await workers.stop()
