"""Lean without a network, the real bridge, a real server and the bundled model."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from stepcheck.models.generation.registry import load_generator

from .probing import Probe

Bridging = Callable[..., Any]


@pytest.fixture
def bridging(tmp_path: Path) -> Bridging:
    """Run `stepcheck bridge` for the length of a block; yields its folder."""

    @contextmanager
    def run(url: str) -> Iterator[Path]:
        folder = tmp_path / "spool"
        process = subprocess.Popen(
            [sys.executable, "-m", "stepcheck", "bridge", str(folder)],
            env=os.environ | {"STEPCHECK_CLIENT_SERVER_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert str(folder) in process.stdout.readline()
            yield folder
        finally:
            process.terminate()
            process.communicate(timeout=30)

    return run


def test_lean_gets_the_models_suggestions(
    probe: Probe, bridging: Bridging, start_server: Callable[..., Any]
) -> None:
    server = start_server(load=lambda: [load_generator("bundled", device="cpu", threads=1)])
    with bridging(server.url) as folder:
        (answer,) = probe.ask(
            f'set_option llmstep.spool "{folder}"\n'
            '#suggest 8 "p q : Prop\\nhp : p\\nhq : q\\n⊢ p ∧ q" "sim"'
        )
        left = list(folder.iterdir())

    assert answer["model"] == "bundled"
    texts = [suggestion["text"] for suggestion in answer["suggestions"]]
    assert "simp_all" in texts
    assert all(text.startswith("sim") for text in texts)
    assert left == []


def test_lean_reads_the_servers_and_the_bridges_errors(
    probe: Probe, bridging: Bridging, run_server: Any, fake_generator: Callable[..., Any]
) -> None:
    with ExitStack() as stack:
        with run_server(fake_generator(), max_goal_characters=10) as server:
            folder = stack.enter_context(bridging(server.url))
            option = f'set_option llmstep.spool "{folder}"\n'
            (refused,) = probe.ask(option + '#suggest 1 "⊢ too long a goal" ""')
        (unreachable,) = probe.ask(option + '#suggest 1 "⊢ True" ""')

    assert "max_goal_characters" in refused["remedy"]
    assert "stepcheck serve" in unreachable["remedy"]
