"""Which waiting requests run together, and how long they wait for each other."""

from collections.abc import Iterable, Sequence
from typing import Any

from stepcheck.server.engine.jobs import Job

_LONGEST_WAIT = 5
"""How many quiet times a batch waits at most while requests keep arriving."""


def count_rows(jobs: Iterable[Job[Any]]) -> int:
    """Return how many sequences the model works on for `jobs`."""
    return sum(job.rows for job in jobs)


def choose_batch(pending: Sequence[Job[Any]], max_rows: int) -> list[Job[Any]]:
    """Return the oldest request and those of its model and kind that fit beside it, oldest first.

    A request larger than a batch runs alone.
    """
    batch: list[Job[Any]] = []
    rows = 0
    for job in pending:
        belongs = job.model == pending[0].model and type(job) is type(pending[0])
        if belongs and (rows + job.rows <= max_rows or not batch):
            batch.append(job)
            rows += job.rows
    return batch


def due_time(batch: Sequence[Job[Any]], free_since: float, quiet_seconds: float) -> float:
    """Return when `batch` has waited long enough for others to join it (monotonic seconds).

    It waits until no request has come for `quiet_seconds`. The end of the batch before, at
    `free_since`, counts as an arrival: the clients just answered are likely to ask again.
    """
    first = max(batch[0].submitted, free_since)
    last = max(batch[-1].submitted, free_since)
    return min(last + quiet_seconds, first + _LONGEST_WAIT * quiet_seconds)
