"""Offsets in a text and the positions of the Language Server Protocol.

A position is a line and a count of code units in the negotiated encoding (LSP 3.17, *Position*).
Lines end at LF, CR LF or CR and nowhere else. Python's `str.splitlines`, and with it the lines of
pygls, also end at form feeds and Unicode separators, where no client ends them; so pygls counts the
code units here, and does not find the positions.
"""

import re
from bisect import bisect_right

from lsprotocol import types
from pygls.workspace import PositionCodec

_LINE_END = re.compile(r"\r\n|\n|\r")


class TextPositions:
    """Converts between offsets in `text` (code points) and client positions (code units)."""

    def __init__(
        self,
        text: str,
        encoding: types.PositionEncodingKind | str = types.PositionEncodingKind.Utf16,
    ) -> None:
        self._text = text
        self._units = PositionCodec(encoding).impl
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(match.end() for match in ends)]
        self._ends = [*(match.start() for match in ends), len(text)]

    def offset_at(self, position: types.Position) -> int:
        """Return the offset of `position`; beyond the end of a line or of the text means that end.

        A position between the two halves of a character means the character's beginning.
        """
        if position.line >= len(self._starts):
            return len(self._text)
        line = max(position.line, 0)
        remaining = position.character
        for offset in range(self._starts[line], self._ends[line]):
            remaining -= self._units.code_units_for_char(self._text[offset])
            if remaining < 0:
                return offset
        return self._ends[line]

    def position_at(self, offset: int) -> types.Position:
        """Return the position of `offset`, which is clamped to the text."""
        offset = min(max(offset, 0), len(self._text))
        line = bisect_right(self._starts, offset) - 1
        units = self._units.num_units(self._text[self._starts[line] : offset])
        return types.Position(line=line, character=units)

    def bounds_of_line(self, line: int) -> tuple[int, int]:
        """Return the offsets where a line begins and ends; one that there is not is clamped."""
        line = min(max(line, 0), len(self._starts) - 1)
        return self._starts[line], self._ends[line]

    def range_of(self, start: int, end: int) -> types.Range:
        """Return the range between two offsets."""
        return types.Range(start=self.position_at(start), end=self.position_at(end))
