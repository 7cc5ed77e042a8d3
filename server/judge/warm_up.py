"""What the first judgement would otherwise wait for: imports, and processes that fork others."""

import contextlib

from stepcheck.server.judge.static import type_errors
from stepcheck.server.sandbox.sandbox import SandboxUnavailableError, unavailable_reason


def warm_up() -> None:
    """Import and start what judging Python needs; whatever is missing, the judge will say."""
    # To answer, it starts a process.
    with contextlib.suppress(SandboxUnavailableError):
        unavailable_reason()
    type_errors.warm_up()
    # Hypothesis takes long to import, which is why others import it where they need it.
    from stepcheck.server.judge.evidence import differential  # noqa: F401
