"""Run variants of a definition on its documented examples, in the project's sandbox."""

import doctest
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stepcheck.server.sandbox.sandbox import CommandRequest, Limits, Sandbox

_DRIVER = Path(__file__).parent / "split_driver.py"
_LIMITS = Limits(seconds=240.0, processes=16)
_SEEDS = ("0", "1")


@dataclass(frozen=True, slots=True)
class Trial:
    """A module to run a session against; `Outcome` says what came of it."""

    code: str
    session: Sequence[doctest.Example]


Outcome = frozenset[int] | None
"""The examples that failed, by place; None where the module or an example did not end or load, or
where the order of sets changes the answer."""


def run(trials: Sequence[Trial], sandbox: Sandbox) -> list[Outcome]:
    """Return what became of each trial, under Python's doctest without further flags."""
    first, second = (_run(trials, seed, sandbox) for seed in _SEEDS)
    return [one if one == other else None for one, other in zip(first, second, strict=True)]


def _run(trials: Sequence[Trial], seed: str, sandbox: Sandbox) -> list[Outcome]:
    order = [
        {
            "code": trial.code,
            "session": [[one.source, one.want, one.exc_msg] for one in trial.session],
        }
        for trial in trials
    ]
    request = CommandRequest(
        [sys.executable, "driver.py"],
        files={"driver.py": _DRIVER.read_bytes(), "trials.json": json.dumps(order).encode()},
        readable=[Path(sys.base_prefix), Path(sys.prefix)],
        environment={"PYTHONHASHSEED": seed},
        collect=["outcomes.json"],
        limits=_LIMITS,
    )
    completed = sandbox.run(request)
    if "outcomes.json" not in completed.files:
        raise RuntimeError(f"the driver failed: {completed.stderr.decode()[-2000:]}")
    found = json.loads(completed.files["outcomes.json"])
    return [None if one is None else frozenset(one) for one in found]
