"""A note of a report, in every use case."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a report: what is wrong, and what to do."""

    problem: str
    remedy: str = ""
