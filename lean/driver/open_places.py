"""The open places of a Lean file: every `sorry` and `admit` that stands for a proof.

A `sorry` is a tactic where a tactic can begin, elsewhere it is a term. Nothing here parses Lean: a
scan of the words of a command keeps track of the tactic blocks and brackets around a place, by
Lean's rules of layout. Lean itself decides whether there is a goal.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from stepcheck.lean.source_text import begins_command, mask_comments

PLACEHOLDER = re.compile(r"(?<![\w'.!?«])(?:sorry|admit)(?![\w'!?.»])")

_MAX_DEPTH = 100
_TOKEN = re.compile(r"[^\W\d][\w'!?.]*|\d+|<;>|:=|=>|<\||\|>|\|\||\S")
_CLOSERS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩"}
_OPENS_BLOCK = frozenset({"by", "decreasing_by"})
_SEPARATORS = frozenset({";", "<;>"})
_BULLETS = frozenset({"(", "{", "·", "."})
_FUNCTIONS = frozenset({"fun", "λ"})
_TAKES_TACTIC = frozenset(
    {"all_goals", "any_goals", "classical", "focus", "iterate", "repeat", "repeat'", "try"}
)
_TAKES_ARMS = frozenset(
    {
        "case",
        "case'",
        "cases",
        "fun_cases",
        "fun_induction",
        "induction",
        "match",
        "next",
        "on_goal",
    }
)
_SCOPES = frozenset({"open", "set_option"})
_CONTINUES_TACTIC = frozenset({"|", "<;>", ":=", "=>", "|>", "<|", "else", "then", "with"})
_ARM_ON_THE_LINE = re.compile(r"\|[^|:=\n]*=>")


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A `sorry` or `admit`: `offset` in the text, `line` from 1, `column` from 0 in code points.

    Only where it is a tactic can a step take its place.
    """

    offset: int
    line: int
    column: int
    word: str
    is_tactic: bool

    @property
    def end(self) -> int:
        """The offset behind the word."""
        return self.offset + len(self.word)


def open_places(text: str) -> list[OpenPlace]:
    """Return the open places of a file, in order."""
    return open_places_between(mask_comments(text), 0, len(text))


def open_places_between(masked: str, start: int, end: int) -> list[OpenPlace]:
    """Return the open places that begin between two offsets of a text without its comments."""
    found = list(PLACEHOLDER.finditer(masked, start, end))
    if not found:
        return []
    line_starts = [0, *(match.end() for match in re.finditer("\n", masked))]
    tactics: set[int] = set()
    scanned = -1
    for match in found:
        if match.start() >= scanned:
            command, scanned = command_around(masked, match.start())
            tactics.update(_tactic_placeholders(masked, command, scanned))
    places = []
    for match in found:
        line = bisect_right(line_starts, match.start())
        column = match.start() - line_starts[line - 1]
        is_tactic = match.start() in tactics
        places.append(OpenPlace(match.start(), line, column, match.group(), is_tactic))
    return places


def tactic_place_at(masked: str, offset: int) -> OpenPlace | None:
    """Return the open place for a step whose word `offset` is in, or right behind."""
    line_start, line_end = _line_around(masked, offset)
    around = [
        place
        for place in open_places_between(masked, line_start, line_end)
        if place.is_tactic and place.offset <= offset <= place.end
    ]
    return around[-1] if around else None


def first_tactic_place(masked: str, line_start: int) -> OpenPlace | None:
    """Return the first open place for a step on the line that begins at an offset."""
    places = open_places_between(masked, *_line_around(masked, line_start))
    return next((place for place in places if place.is_tactic), None)


def _line_around(masked: str, offset: int) -> tuple[int, int]:
    line_end = masked.find("\n", offset)
    return masked.rfind("\n", 0, offset) + 1, len(masked) if line_end < 0 else line_end


def command_around(masked: str, offset: int) -> tuple[int, int]:
    """Return where the command around an offset begins and ends."""
    start = _line_around(masked, offset)[0]
    while start > 0 and not begins_command(masked, start):
        start = masked.rfind("\n", 0, start - 1) + 1
    end = masked.find("\n", offset) + 1
    while 0 < end < len(masked) and not begins_command(masked, end):
        end = masked.find("\n", end) + 1
    return start, end if end > 0 else len(masked)


@dataclass(slots=True)
class _Frame:
    """A tactic block, a bracket, or the command itself.

    `column` is that of a block's first tactic, once it is known; `head` is the first word of the
    tactic that is being read; `functions` counts its `fun` whose arrow is to come.
    """

    is_tactics: bool
    closer: str = ""
    column: int | None = None
    awaits_tactic: bool = False
    head: str = ""
    functions: int = 0

    def begin_tactic(self) -> None:
        """Expect that the next word begins a tactic, if this is a block of tactics."""
        self.awaits_tactic = self.is_tactics
        self.head = ""
        self.functions = 0


def tactic_offsets(masked: str, start: int, end: int) -> Iterator[int]:
    """Yield where the tactics of a command begin, which stands between two offsets.

    What only groups tactics, such as a bullet or `all_goals`, is not counted.
    """
    scan = _Scan(masked)
    for match in _TOKEN.finditer(masked, start, end):
        if scan.read(match):
            yield match.start()


def _tactic_placeholders(masked: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets of the placeholders of a command that are tactics."""
    return (
        offset for offset in tactic_offsets(masked, start, end) if PLACEHOLDER.match(masked, offset)
    )


@dataclass(slots=True)
class _Scan:
    """What is known of the words read so far: the blocks and brackets that are open."""

    masked: str
    frames: list[_Frame] = field(default_factory=lambda: [_Frame(is_tactics=False)])
    line_start: int = 0
    end: int = 0

    def read(self, match: re.Match[str]) -> bool:
        """Take one more word; return whether a tactic begins with it."""
        word, offset = match.group(), match.start()
        line_start = self.masked.rfind("\n", self.end, offset) + 1
        begins_line = line_start > 0 or self.end == 0
        if begins_line:
            self.line_start = line_start
        self.end = match.end()
        self._lay_out(word, offset - self.line_start, begins_line)
        top = self.frames[-1]
        if not top.awaits_tactic:
            self._go_on(word, offset, begins_line)
            return False
        return self._begin_tactic(word, offset)

    def _lay_out(self, word: str, column: int, begins_line: bool) -> None:
        """End the blocks that the word's column is outside of; see whether it begins a tactic."""
        while begins_line and self._is_outside(column):
            self.frames.pop()
        top = self.frames[-1]
        if top.is_tactics and top.column is None:
            top.column = column
        elif begins_line and column == top.column and word not in _CONTINUES_TACTIC:
            top.begin_tactic()

    def _is_outside(self, column: int) -> bool:
        """Whether a word that begins its line at the column is outside of the last block."""
        top = self.frames[-1]
        if not top.is_tactics or top.closer:
            return False
        if top.column is not None:
            return column < top.column
        around = [frame.column for frame in self.frames if frame.column is not None]
        return bool(around) and column <= around[-1]

    def _begin_tactic(self, word: str, offset: int) -> bool:
        """Take a word where a tactic begins; return whether it does more than group tactics."""
        top = self.frames[-1]
        if word in _TAKES_TACTIC or word.isdigit():
            return False
        top.awaits_tactic = False
        top.head = word
        if word in _BULLETS:
            self._push_tactics(_CLOSERS.get(word, ""))
            return False
        self._go_on(word, offset, begins_line=False)
        return True

    def _go_on(self, word: str, offset: int, begins_line: bool) -> None:
        """Take a word that is not the first of a tactic, or that is none."""
        top = self.frames[-1]
        if word in _OPENS_BLOCK:
            self._push_tactics()
        elif word in _CLOSERS:
            self._push(_Frame(is_tactics=False, closer=_CLOSERS[word]))
        elif word in _CLOSERS.values():
            self._close(word)
        elif word in _SEPARATORS or (word == "in" and top.head in _SCOPES):
            top.begin_tactic()
        elif word in _FUNCTIONS:
            top.functions += 1
        elif word == "=>" and top.functions:
            top.functions -= 1
        elif (word == "=>" and top.head in _TAKES_ARMS) or (word == "then" and top.head == "if"):
            self._push_tactics()
        elif word == "else":
            self._begin_alternative("if")
        elif word == "|":
            is_arm = begins_line or _ARM_ON_THE_LINE.match(self.masked, offset)
            self._begin_alternative("first", *(_TAKES_ARMS if is_arm else ()))

    def _push_tactics(self, closer: str = "") -> None:
        self._push(_Frame(is_tactics=True, closer=closer, awaits_tactic=True))

    def _push(self, frame: _Frame) -> None:
        """Open a block or bracket; beyond any proof's depth they are not told apart."""
        if len(self.frames) < _MAX_DEPTH:
            self.frames.append(frame)

    def _close(self, closer: str) -> None:
        """End what a closing bracket ends; one that was not opened ends nothing."""
        depth = len(self.frames) - 1
        while depth > 0 and self.frames[depth].closer != closer:
            depth -= 1
        if depth > 0:
            del self.frames[depth:]

    def _begin_alternative(self, *heads: str) -> None:
        """Go on with the tactic around that has alternatives: it begins with one of `heads`."""
        depth = len(self.frames) - 1
        while self.frames[depth].head not in heads:
            if depth == 0 or self.frames[depth].closer:
                return
            depth -= 1
        del self.frames[depth + 1 :]
        if self.frames[depth].head not in _TAKES_ARMS:
            self._push_tactics()
