"""Learning in the background: begun when the machine is idle, and ended with the server."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

pytest.importorskip("trl", reason="needs the extra stepcheck[learn]")

from stepcheck.lsp.features import learning_from_use
from stepcheck.lsp.features.learning_from_use import learn_when_idle
from stepcheck.lsp.language_server import StepcheckLanguageServer
from stepcheck.models.own_models import OwnModels
from stepcheck.models.own_steps import OwnStep
from stepcheck.use_cases.own_steps import own_models_folder


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StepcheckLanguageServer:
    """A server whose person always writes the same, on a machine that always counts as idle."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(learning_from_use, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(learning_from_use, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(learning_from_use, "_BUSY_SHARE", 1000.0)
    server = StepcheckLanguageServer()
    server.own_steps.enable()
    server.own_steps.add(
        [
            OwnStep(
                key=str(n),
                written=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n),
                place=f"A.lean:{n}",
                goal=f"x : Nat\n⊢ x + {n} = {n} + x",
                context="",
                step="exact my_commutativity _ _",
                verdict="proved",
                source="typed",
                dismissed=(),
            )
            for n in range(60)
        ]
    )
    return server


def learning_processes() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "from-use" in child.cmdline()
    ]


async def test_enough_new_steps_are_learned_from_at_low_priority_and_only_once(server, until):
    task = asyncio.create_task(learn_when_idle(server))
    try:
        (process,) = await until(learning_processes)
        await until(lambda: process.nice() > 0)
        await until(lambda: OwnModels(own_models_folder()).serving("bundled"), 200)
        await until(lambda: not learning_processes())
        assert server.own_steps.unlearned == 0
        await asyncio.sleep(0.5)
        assert learning_processes() == []
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_learning_ends_with_the_server(server, until):
    task = asyncio.create_task(learn_when_idle(server))
    (process,) = await until(learning_processes)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not process.is_running()


async def test_without_agreement_nothing_is_learned(server):
    server.own_steps.disable()
    task = asyncio.create_task(learn_when_idle(server))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert learning_processes() == []
