"""A piece of code that an edit touched, in whatever language."""

from dataclasses import dataclass
from enum import StrEnum

from stepcheck.server.judge.verdict import Range

MODULE = "<module>"
"""The name of a module's own code: what is in no function and no class."""


class ChangeKind(StrEnum):
    """What became of a piece of code."""

    ADDED = "added"
    CHANGED = "changed"
    RENAMED = "renamed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Change:
    """A function, or the code of a class or module outside functions, that an edit touched.

    `name` is dotted ("Stack.push"); `was` its former name if that differs. `range` is where it is
    now (of a class or module: what changed of it), None if it is gone. `differing` are the lines of
    a changed function from the first that differs to the last, None if some are merely gone.
    """

    name: str
    kind: ChangeKind
    range: Range | None
    was: str | None = None
    differing: Range | None = None
