"""One real, embedded Lean for the tests that check steps."""

from collections.abc import AsyncIterator

import pytest

from stepcheck.lean.checker import StepChecker
from stepcheck.lean.embedded.install import install
from stepcheck.lean.embedded.installation import EmbeddedLean
from stepcheck.lean.toolchain import EMBEDDED_SETTING, Toolchain, find_lean

from .package_lean import PackageLean


class NoProgress:
    """Tells nobody how an installation goes."""

    def begin(self, step: str, total: int | None = None) -> None: ...

    def advance(self, position: int) -> None: ...

    def say(self, message: str) -> None: ...


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """The embedded Lean in the user's cache, installed if it is not there yet."""
    install(NoProgress())
    return find_lean(setting=EMBEDDED_SETTING)


@pytest.fixture(scope="session")
async def checker(toolchain: Toolchain) -> AsyncIterator[StepChecker]:
    """A checker with one warm worker, shared by all tests that leave it as it is."""
    async with StepChecker(toolchain) as checker:
        await checker.start()
        yield checker


@pytest.fixture(scope="session")
def package(toolchain: Toolchain) -> PackageLean:
    """The embedded Lean and the compiled package with the tactics."""
    assert isinstance(toolchain.lean, EmbeddedLean)
    return PackageLean(toolchain.lean.prepared, toolchain.build_package())
