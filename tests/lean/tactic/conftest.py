"""Scenarios are run once for all tests of a module that look at them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ..package_lean import PackageLean
from .scenario import Scenario, Shown, play

PlayAll = Callable[[Sequence[Scenario]], dict[str, Shown]]


@pytest.fixture(scope="session")
def play_all(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> PlayAll:
    """Runs scenarios in one Lean."""
    return lambda scenarios: play(package, tmp_path_factory.mktemp("scenarios"), scenarios)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Lean may write in."""
    return tmp_path_factory.mktemp("tactic")
