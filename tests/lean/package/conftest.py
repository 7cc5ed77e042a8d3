"""The package with a module of the tests that calls its client."""

from pathlib import Path

import pytest

from ..package_lean import PackageLean


@pytest.fixture(scope="session")
def probe(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> PackageLean:
    """Lean with `ClientProbe.lean`, compiled."""
    module = Path(__file__).with_name("ClientProbe.lean")
    return package.compile(module, tmp_path_factory.mktemp("probe"))
