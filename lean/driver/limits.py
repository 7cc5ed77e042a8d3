"""How much Lean may use: for each candidate, for a document, for a process."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker may use.

    `memory_limit` is in bytes of resident memory. `grace_seconds` is how long an answer may be
    overdue before Lean is killed, `cancel_seconds` how long it may take to stop when cancelled.
    """

    memory_limit: int = 2560 << 20
    start_seconds: float = 120.0
    grace_seconds: float = 5.0
    cancel_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """How much a candidate may use, and how much the document before it.

    Heartbeats are Lean's own unit of work, in thousands as in `maxHeartbeats`; they do not depend
    on the machine. Milliseconds are wall clock.
    """

    heartbeats: int = 200_000
    milliseconds: int = 5_000
    document_milliseconds: int = 60_000
