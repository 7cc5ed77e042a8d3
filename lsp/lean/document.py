"""A Lean file as the editor has it, and the points where a step can be inserted."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from lsprotocol import types

from stepcheck.lean.open_places import open_places
from stepcheck.lean.position import ProofPosition
from stepcheck.lean.source_text import header_end, mask_comments
from stepcheck.lean.validation import LONGEST_DOCUMENT, require_valid_document
from stepcheck.lsp.protocol.document import OpenDocument

_COMMAND_LINE = re.compile(r"^(?:[^\W\d]|[@#])", re.MULTILINE)
_TACTICS_FOLLOW = re.compile(r"(?<![\w'.])(?:decreasing_)?by(?![\w'])")
_PLACEHOLDER = re.compile(r"(?:sorry|admit|skip|done)?")


@dataclass(frozen=True, slots=True)
class InsertionPoint:
    """Where a step is inserted, and the text that it must begin with."""

    position: ProofPosition
    prefix: str = ""


@dataclass(frozen=True)
class LeanDocument(OpenDocument):
    """One version of a Lean file."""

    @cached_property
    def header_position(self) -> ProofPosition | None:
        """A goal right after the imports, by which Lean loads them; `None` without imports."""
        end = header_end(self._code)
        if not end:
            return None
        return ProofPosition(f"{self.text[:end]}\nexample : True := by\n  ", "\n")

    @cached_property
    def _code(self) -> str:
        return mask_comments(self.text)

    def may_hold_tactic(self, position: types.Position) -> bool:
        """Whether tactics can stand at `position`, judged by the text: a `by` above, no comment."""
        offset = self.positions.offset_at(position)
        if self._is_in_comment(offset):
            return False
        commands = [match.start() for match in _COMMAND_LINE.finditer(self._code, 0, offset + 1)]
        start = commands[-1] if commands else 0
        return any(
            match.start() <= offset
            for match in _TACTICS_FOLLOW.finditer(self._code, start, offset + len("decreasing_by"))
        )

    def open_places(self) -> list[types.Range]:
        """Return the ranges of what a step can replace; takes a while for a long text."""
        if len(self.text) > LONGEST_DOCUMENT:
            return []
        return [
            self.positions.range_of(place.offset, place.end)
            for place in open_places(self.text)
            if place.is_tactic
        ]

    def insertion_point(
        self, position: types.Position, *, is_caret: bool = False
    ) -> InsertionPoint | None:
        """Return where a step is inserted for `position`, or `None` outside of proofs.

        A caret at the end of an unfinished line asks how the tactic before it goes on: that text
        becomes the prefix and the step takes its place.

        Raises `stepcheck.lean.errors.DocumentError` for a text that Lean cannot read at all.
        """
        is_readable = len(self.text) <= LONGEST_DOCUMENT
        if is_readable and not self.may_hold_tactic(position):
            return None
        require_valid_document(self.text)
        offset = self.positions.offset_at(position)
        line_start = self.text.rfind("\n", 0, offset) + 1
        line = self.text.count("\n", 0, offset)
        units = len(self.text[line_start:offset].encode("utf-16-le", "surrogatepass")) // 2
        point = InsertionPoint(ProofPosition.from_utf16(self.text, line, units))
        return self._continuing_line(point, offset) if is_caret else point

    def _continuing_line(self, point: InsertionPoint, offset: int) -> InsertionPoint:
        start = point.position.start
        line_end = self._code.find("\n", offset)
        rest = self._code[offset : line_end if line_end >= 0 else len(self._code)]
        typed = self.text[start:offset]
        is_unfinished_line = not rest.strip() and "\n" not in typed
        if point.position.lead or not is_unfinished_line or _PLACEHOLDER.fullmatch(typed.strip()):
            return point
        position = replace(point.position, after=self.text[offset:], trail="", replaced=typed)
        return InsertionPoint(position, typed)

    def _is_in_comment(self, offset: int) -> bool:
        line_start = self.text.rfind("\n", 0, offset) + 1
        line_end = self.text.find("\n", offset)
        line_end = len(self.text) if line_end < 0 else line_end
        before = self.text[line_start:offset].rstrip()
        after = self.text[offset:line_end].lstrip()
        neighbours = (
            line_start + len(before) - 1 if before else None,
            line_end - len(after) if after else None,
        )
        masked = [self._code[at].isspace() for at in neighbours if at is not None]
        return bool(masked) and all(masked)
