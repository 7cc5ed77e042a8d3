"""Where a proof step goes in a Lean file, as pure text.

A position splits the file into the text before the step and the text after it. At the start of an
existing tactic it means *before this tactic*: the goal is the one the tactic sees, and the tactic
stays behind the step. A `sorry` or `admit` at the position gives way to the step.

Lines are counted from 1 and columns from 0 in code points, as in Lean's own messages.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

from stepcheck.lean.errors import DocumentError
from stepcheck.lean.open_places import PLACEHOLDER, first_tactic_place, tactic_place_at
from stepcheck.lean.source_text import (
    block_indentation,
    block_length,
    code_point_column,
    indent_step,
    indentation,
    last_column,
    mask_comments,
    opens_block,
    tactic_starts,
)

_CONTINUES = re.compile(r"[)\]}⟩,;|]|<;>|:=|=>|$")
_WAITS_INLINE = re.compile(r"(?:^\s*[·.]|;|<;>|\(|\{)\s*$")
_COMMENT_AT_LINE_END = re.compile(r"[ \t]*--[^\r\n]*")
_INLINE_SEQUENCE = re.compile(r"[;(]\s*$")


@dataclass(frozen=True, slots=True)
class ProofPosition:
    """The text around a proof step.

    `before` and `after` are what Lean reads around the step. They differ from the file by the edit
    that inserts a step: `lead` (the end of `before`) and `trail` (the start of `after`) are white
    space and separators that come with the step, `replaced` is the text of the file that gives way.
    """

    before: str
    after: str = ""
    lead: str = ""
    trail: str = ""
    replaced: str = ""

    @classmethod
    def from_line_column(cls, text: str, line: int, column: int | None = None) -> Self:
        """Find the position of a step at `line` (from 1) and `column` (from 0, code points).

        Without a column: the first open place of the line; else its first tactic, or that of the
        block that the line opens; on a blank line, its own indentation or that of the line before
        it. A column in the word of an open place, or right behind it, means the place.

        Raises `DocumentError` if the file has no such place.
        """
        start, content = _line(text, line)
        if column is not None and not 0 <= column <= len(content):
            raise DocumentError(
                f"Column {column} does not exist: line {line} has {len(content)} characters.",
                "Count columns from 0, in characters.",
            )
        masked = mask_comments(text)
        if not content.strip():
            return cls._on_blank_line(text, masked, start, content, column)
        if column is None:
            open_place = first_tactic_place(masked, start)
            starts = tactic_starts(masked[start : start + len(content)])
            column = starts[0].column if starts else 0
        else:
            open_place = tactic_place_at(masked, start + column)
        if open_place is not None:
            return cls._at(text, masked, open_place.offset)
        return cls._at(text, masked, start + max(column, indentation(content)))

    @classmethod
    def from_utf16(cls, text: str, line: int, character: int) -> Self:
        """Find the position meant by an LSP position.

        `line` counts from 0, `character` in UTF-16 code units.

        Like a person who points at a word, it means the open place there, or the tactic that begins
        there or to the left of it. A character beyond the end of the line means the end of the line
        (LSP 3.17).

        Raises `DocumentError` if the file has no such line.
        """
        start, content = _line(text, line + 1)
        masked = mask_comments(text)
        column = code_point_column(content, character)
        if not content.strip():
            return cls._on_blank_line(text, masked, start, content, column)
        if (open_place := tactic_place_at(masked, start + column)) is not None:
            return cls._at(text, masked, open_place.offset)
        starts = tactic_starts(masked[start : start + len(content)])
        meant = [place for place in starts if place.pointed <= column] or starts[:1]
        if meant:
            column = meant[-1].column
        return cls._at(text, masked, start + max(column, indentation(content)))

    @classmethod
    def _on_blank_line(
        cls, text: str, masked: str, start: int, content: str, column: int | None
    ) -> Self:
        lead = " " * (column or len(content) or _indentation_between(masked, start))
        return cls(text[:start] + lead, text[start + len(content) :], lead, "", content)

    @classmethod
    def _at(cls, text: str, masked: str, offset: int) -> Self:
        line_start = masked.rfind("\n", 0, offset) + 1
        line_end = masked.find("\n", offset)
        code = masked[line_start:offset]
        rest = masked[offset : len(masked) if line_end < 0 else line_end].strip()
        if not rest and opens_block(code):
            existing = _first_tactic_of_block(masked, line_end, indentation(code))
            if existing is not None:
                return cls._at(text, masked, existing)
        lead = "" if rest else _lead(masked, line_start, code)
        replaced = ""
        if lead.startswith("\n"):
            line = text[line_start : len(text) if line_end < 0 else line_end].removesuffix("\r")
            offset = line_start + len(line.rstrip())
            replaced = line[len(line.rstrip()) :]
        elif not lead and (placeholder := PLACEHOLDER.match(masked, offset)):
            replaced = placeholder.group()
            return cls(text[:offset], text[offset + len(replaced) :], replaced=replaced)
        before = text[:offset] + lead
        after = text[offset + len(replaced) :]
        remaining = rest[len(replaced) :].lstrip()
        needs_separator = not _CONTINUES.match(remaining) or (
            not lead and after.startswith(("--", "/-"))
        )
        trail = ""
        if needs_separator:
            is_inline = _INLINE_SEQUENCE.search(code) is not None
            trail = "; " if is_inline else "\n" + " " * last_column(before)
        return cls(before, trail + after, lead, trail, replaced)

    @property
    def line(self) -> int:
        """The line of the step, from 1, in the file with the step."""
        return self.before.count("\n") + 1

    @property
    def column(self) -> int:
        """The column of the step, from 0, in code points."""
        return last_column(self.before)

    @property
    def start(self) -> int:
        """The offset in the original file at which the edit begins."""
        return len(self.before) - len(self.lead)

    @property
    def end(self) -> int:
        """The offset in the original file at which the edit ends."""
        return self.start + len(self.replaced)

    @property
    def original(self) -> str:
        """The file without the step."""
        return self.before[: self.start] + self.replaced + self.after[len(self.trail) :]

    def replacement(self, step: str) -> str:
        """Return the text that takes the place of `original[start:end]`, indented."""
        text = self.lead + indent_step(step, self.column) + self.trail
        return text.replace("\n", "\r\n") if "\r\n" in self.original else text

    def insert(self, step: str) -> str:
        """Return the whole file with the step."""
        original = self.original
        return original[: self.start] + self.replacement(step) + original[self.end :]

    def behind(self, step: str) -> Self:
        """Return the position right behind a step, which becomes part of the insertion."""
        text = indent_step(step, self.column) + "\n" + " " * self.column
        return replace(self, before=self.before + text, lead=self.lead + text)

    @property
    def closing(self) -> Self:
        """The position of a step that closes every goal here.

        It takes the place of the tactics that follow in its block, for which nothing would be left:
        those at its column or to the right of it, with the comments between them. A `sorry` gives
        way alone, since what follows it is not about its goal. So does a step with a tactic behind
        it on its line.
        """
        original = self.original
        rest = mask_comments(original)[self.end :]
        is_placeholder = PLACEHOLDER.fullmatch(self.replaced) is not None
        first_line = rest.partition("\n")[0]
        if is_placeholder or (first_line.strip() and not self.trail.startswith("\n")):
            return self
        length = block_length(rest, self.column)
        if not length:
            return self
        end = self.end + length
        if comment := _COMMENT_AT_LINE_END.match(original, end):
            end = comment.end()
        return replace(self, after=original[end:], trail="", replaced=original[self.start : end])


def _line(text: str, line: int) -> tuple[int, str]:
    """Return the offset and the content of a line, counted from 1."""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        raise DocumentError(
            f"Line {line} does not exist: the file has {len(lines)} lines.",
            "Give a line of the file, counted from 1.",
        )
    start = sum(len(previous) + 1 for previous in lines[: line - 1])
    return start, lines[line - 1].removesuffix("\r")


def _lead(masked: str, line_start: int, code: str) -> str:
    """Return what has to come between `code`, which ends its line, and a step."""
    if opens_block(code):
        return "\n" + " " * block_indentation(masked, line_start)
    if _WAITS_INLINE.search(code):
        return "" if code[-1].isspace() else " "
    starts = tactic_starts(code)
    return "\n" + " " * starts[0].column if starts else ""


def _indentation_between(masked: str, offset: int) -> int:
    """Return the indentation of a step on the blank line at an offset.

    It is that of the line before, or of the block which that line opens; behind a bullet that goes
    on after the blank line, that of the bullet's tactics.
    """
    stripped = masked[:offset].rstrip()
    line_start = stripped.rfind("\n") + 1
    code = stripped[line_start:]
    if opens_block(code):
        return block_indentation(stripped, line_start)
    following = masked[offset:].lstrip("\r\n \t")
    next_column = last_column(masked[: len(masked) - len(following)])
    starts = tactic_starts(code)
    if following and starts and starts[0].column == next_column:
        return next_column
    return indentation(code)


def _first_tactic_of_block(masked: str, line_end: int, opener_indentation: int) -> int | None:
    """Return the offset of the first tactic below the line that opens a block, if any."""
    while line_end >= 0:
        start = line_end + 1
        line_end = masked.find("\n", start)
        line = masked[start : len(masked) if line_end < 0 else line_end]
        if line.strip():
            column = indentation(line)
            if column <= opener_indentation:
                return None
            starts = tactic_starts(line)
            return start + (starts[0].column if starts else column)
    return None
