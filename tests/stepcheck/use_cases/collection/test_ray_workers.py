"""Workers that Ray starts: what happens when they die, and what is said where there are none."""

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from stepcheck.models.collected_steps import CollectedStep, read_collected_steps
from stepcheck.use_cases.collection import ray_workers
from stepcheck.use_cases.collection.collection import Collected, collect_goals
from stepcheck.use_cases.collection.ray_workers import (
    MOST_ATTEMPTS,
    ClusterError,
    RayWorkers,
    connect,
)
from stepcheck.use_cases.collection.remote_worker import Answer, Failure, FailureKind
from stepcheck.use_cases.goal_files import OpenGoal, StatedGoal
from stepcheck.use_cases.row_file import RowFile

GOALS = [StatedGoal(f"goal {n}", "", f": {n} = {n}").open_goal for n in range(12)]


def make_worker_type(*, is_ready: bool = True) -> type:
    """Return a class with the methods of `RemoteWorker` which answers without Lean.

    Made in a function, it travels to Ray's processes by value: they know nothing of the tests.
    """

    class QuickWorker:
        async def start(self) -> Answer:
            failure = Failure(FailureKind.LEAN, "There is no Lean here.", "Install it.")
            return Answer(failure=None if is_ready else failure)

        async def collect(self, goal: OpenGoal) -> Answer:
            await asyncio.sleep(0.01)
            if goal.name == "goal 3":
                os.kill(os.getpid(), signal.SIGKILL)
            if goal.name == "goal 5":
                return Answer(failure=Failure(FailureKind.GOAL, "It has an error.", "Mend it."))
            row = {"key": goal.key, "place": goal.name, "goal": "⊢ p", "context": "", "step": "rfl"}
            tried = {"source": "goal", "verdict": "proved", "milliseconds": 1, "number": 1, "of": 1}
            return Answer((CollectedStep.model_validate(row | tried),))

        async def stop(self) -> None:
            pass

    return QuickWorker


async def collect(path: Path, *, is_ready: bool = True) -> tuple[Collected, list[str]]:
    import ray

    with connect("local", 2):
        actor_type = ray.remote(make_worker_type(is_ready=is_ready)).options(num_cpus=1)
        workers = RayWorkers(actor_type.remote, 2)
        try:
            with RowFile.open(path, CollectedStep) as file:
                return await collect_goals(GOALS, [workers, workers], file), workers.problems
        finally:
            await workers.stop()


async def test_a_goal_over_which_every_worker_dies_is_named_and_all_others_are_done_once(
    tmp_path: Path,
):
    pytest.importorskip("ray", reason="needs the extra stepcheck[ray]")
    path = tmp_path / "rows.jsonl"
    collected, problems = await collect(path)
    assert collected.skipped == {
        "goal 3": f"{MOST_ATTEMPTS} workers died over it.",
        "goal 5": "It has an error.",
    }
    expected = {goal.name: 1 for goal in GOALS if goal.name not in collected.skipped}
    assert Counter(row.place for row in read_collected_steps(path)) == expected
    assert problems == []


async def test_what_keeps_all_workers_from_starting_ends_the_collection(tmp_path: Path):
    pytest.importorskip("ray", reason="needs the extra stepcheck[ray]")
    from stepcheck.lean.errors import LeanUnavailableError

    with pytest.raises(LeanUnavailableError, match="There is no Lean here"):
        await collect(tmp_path / "rows.jsonl", is_ready=False)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("ray://127.0.0.1:10001", r"(?s)Ray's client.*HOST:PORT"),
        ("127.0.0.1:9", r"(?s)No Ray cluster answers at 127.0.0.1:9.*ray start --head"),
    ],
)
def test_an_address_without_a_cluster_is_named_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, address: str, problem: str
):
    pytest.importorskip("ray", reason="needs the extra stepcheck[ray]")
    monkeypatch.setattr(ray_workers, "_CONNECT_SECONDS", 5.0)
    with pytest.raises(ClusterError, match=problem), connect(address, 1):
        pass


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install 'stepcheck\[ray\]'"), connect("local", 1):
        pass
