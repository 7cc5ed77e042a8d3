"""The tactics that stand in a Lean file, as pure text: where each begins and ends.

Nothing here parses Lean. A tactic that is read wrongly is refused by Lean when it is checked.
"""

import re
from dataclasses import dataclass

from stepcheck.lean.open_places import PLACEHOLDER, command_around, tactic_offsets
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.source_text import begins_command, block_length, last_column, mask_comments

_NEXT_IN_LINE = re.compile(r"(?<!<);(?!>)")


@dataclass(frozen=True, slots=True)
class WrittenTactic:
    """A tactic between two offsets of a file; `declaration` is where the one around it begins."""

    file: str
    declaration: int
    start: int
    end: int

    @property
    def text(self) -> str:
        """The tactic."""
        return self.file[self.start : self.end]

    @property
    def proof(self) -> str:
        """Its declaration, up to it."""
        return self.file[self.declaration : self.start]

    @property
    def position(self) -> ProofPosition:
        """Where it stands: the goal is the one that it sees."""
        return ProofPosition(self.file[: self.start], self.file[self.end :])

    @property
    def line(self) -> int:
        """Its line, from 1."""
        return self.file.count("\n", 0, self.start) + 1


def written_tactics(text: str) -> list[WrittenTactic]:
    """Return the tactics of a file in order, those within others too, but for `sorry` and `admit`.

    A tactic ends where its line does or a `;` comes, and what is indented deeper belongs to it.
    """
    masked = mask_comments(text)
    found = []
    end = 0
    for start in _declaration_starts(masked):
        if start < end:
            continue
        end = command_around(masked, start)[1]
        for offset in tactic_offsets(masked, start, end):
            if not PLACEHOLDER.match(masked, offset):
                length = _length(masked[offset:end], last_column(masked[:offset]))
                found.append(WrittenTactic(text, start, offset, offset + length))
    return found


def _declaration_starts(masked: str) -> list[int]:
    lines = re.finditer(r"^(?=[ \t]*\S)", masked, re.MULTILINE)
    return [line.start() for line in lines if begins_command(masked, line.start())]


def _length(masked: str, column: int) -> int:
    """Return how long the tactic is with which a text begins, at this column of its file."""
    block = masked[: block_length(masked, column + 1)]
    following = _NEXT_IN_LINE.search(block.partition("\n")[0])
    return len((block[: following.start()] if following else block).rstrip())


def proof_before(text: str) -> str:
    """Return the last declaration of a text, which may end anywhere in it."""
    return text[command_around(mask_comments(text), len(text))[0] :]
