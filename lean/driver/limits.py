"""How much Lean may use: for each candidate, for a document, for a process."""

import os
from dataclasses import dataclass, field, replace
from typing import Self

LARGEST_STRETCH = 4.0
MOST_THREADS = 4
"""What more threads gain is lost to the memory that they share."""


def default_threads() -> int:
    """Return how many candidates a worker tries at once unless told otherwise."""
    return min(MOST_THREADS, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker may use.

    `memory_limit` is in bytes of resident memory; `threads` try one candidate each.
    `grace_seconds` is how long an answer may be overdue before Lean is killed, `cancel_seconds` how
    long it may take to stop when cancelled.
    """

    memory_limit: int = 2560 << 20
    threads: int = field(default_factory=default_threads)
    start_seconds: float = 120.0
    grace_seconds: float = 5.0
    cancel_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """How much a candidate may use, and how much the document before it.

    Heartbeats are Lean's own unit of work, in thousands as in `maxHeartbeats`; they do not depend
    on the machine. Milliseconds are wall clock on a machine that has nothing else to do.
    """

    heartbeats: int = 200_000
    milliseconds: int = 5_000
    document_milliseconds: int = 60_000

    def stretched(self, factor: float) -> Self:
        """Return the limits with the wall clock ones multiplied."""
        return replace(
            self,
            milliseconds=round(self.milliseconds * factor),
            document_milliseconds=round(self.document_milliseconds * factor),
        )


def load_factor() -> float:
    """Return how much longer work takes now than on an idle machine: from 1 to `LARGEST_STRETCH`.

    What waits for a processor loses no time by its own fault. Where the system does not tell its
    load, it is 1.
    """
    try:
        waiting = os.getloadavg()[0]
    except (AttributeError, OSError):
        return 1.0
    return min(LARGEST_STRETCH, max(1.0, waiting / (os.cpu_count() or 1)))
