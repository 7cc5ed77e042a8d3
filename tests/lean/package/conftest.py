"""The package with a module of the tests that calls its client."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..package_lean import PackageLean
from .probing import Probe


@pytest.fixture(scope="session")
def probe(package: PackageLean, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """Lean with `ClientProbe.lean`, compiled; it sees the temporary folders of all tests."""
    module = Path(__file__).with_name("ClientProbe.lean")
    compiled = package.compile(module, tmp_path_factory.mktemp("probe"))
    with Probe(compiled, tmp_path_factory.getbasetemp()) as probe:
        yield probe
