"""Rows to write, and a disk that is full, for the tests of the files that rows are kept in."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from stepcheck.models.collected_steps import CollectedStep


def rows_of(key: str, count: int = 3) -> list[CollectedStep]:
    return [
        CollectedStep(
            key=key,
            place=f"goal {key}",
            goal="⊢ p",
            context="",
            step=f"step {number}",
            source="goal",
            verdict="rejected",
            milliseconds=1.0,
            number=number,
            of=count,
        )
        for number in range(1, count + 1)
    ]


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
