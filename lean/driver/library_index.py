"""The indexes of lemmas that Lean's library search uses (`exact?`, `apply?`, `rw?`).

Lean builds an index when a tactic first needs it, once for the imports of a file in each process.
That takes longer than the tactic, and would be charged to the step that happens to be the first.
"""

import re
from dataclasses import dataclass

from stepcheck.lean.limits import CheckLimits
from stepcheck.lean.source_text import header_end, mask_comments

BUILD_LIMITS = CheckLimits(heartbeats=10_000_000, milliseconds=30_000)

SEARCHES = "exact?; rw?"
"""A step that uses every index."""

_SEARCH = re.compile(r"(?<![\w'.])(exact|apply|rw)\?")
_TACTICS = {"exact": "exact?", "apply": "exact?", "rw": "rw?"}


@dataclass(frozen=True, slots=True)
class LibraryIndex:
    """The index that a search `tactic` uses in files with a `header`."""

    header: str
    tactic: str

    @property
    def builder(self) -> str:
        """A step that makes Lean build the index, wherever it stands.

        Its goal is its own: the goal of the place may be one that is closed without a look at the
        index.
        """
        return f"have (a b : Nat) : a + b = b + a := by {self.tactic}"


def indexes_for(step: str, before: str) -> list[LibraryIndex]:
    """Return the indexes that a step behind the text `before` may use."""
    tactics = {_TACTICS[found] for found in _SEARCH.findall(step)}
    if not tactics:
        return []
    masked = mask_comments(before)
    header = " ".join(masked[: header_end(masked)].split())
    return [LibraryIndex(header, tactic) for tactic in sorted(tactics)]
