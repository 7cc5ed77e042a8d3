"""A note of a report, in every use case."""

from collections.abc import Iterable
from dataclasses import dataclass

from stepcheck.client.errors import ClientError


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a report: what is wrong, and what to do."""

    problem: str
    remedy: str = ""


def raise_noted(notes: Iterable[Note]) -> None:
    """Raise the first note as a `ClientError`: for those who need what it says is missing."""
    for note in notes:
        raise ClientError(note.problem, note.remedy)
