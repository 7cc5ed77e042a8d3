"""The tokens of text in which examples are written.

What only decorates is left out: backticks, emphasis, bullets, tags of HTML, the marks of quotations
and headings. Quotation marks of print and the signs of mathematics become those of Python.
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

_MAX_CHARACTERS = 20_000
_MAX_TOKENS = 8_000
_MAX_LOOK_AHEAD = 8


class Kind(Enum):
    """What sort of token it is; `value` says what it looks like."""

    WORD = "a name or any other word"
    NUMBER = "42"
    TEXT = "'text'"
    OPEN = "([{"
    CLOSE = ")]}"
    COMMA = ","
    COLON = ":"
    SEMICOLON = ";"
    STOP = "a full stop"
    DOT = "a.b"
    ARROW = "=>"
    EQUALS = "=="
    ABOUT = "≈"
    OPERATOR = "+"
    COMMENT = "#"
    ELLIPSIS = "..."
    DASH = "–"
    PIPE = "|"
    MARK = "any other sign"
    NEWLINE = "the end of a line"
    BREAK = "a blank line"
    END = "the end"


LINE_ENDS = (Kind.NEWLINE, Kind.BREAK, Kind.END)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; `is_apart` if white space or a decoration precedes it."""

    kind: Kind
    text: str
    start: int
    end: int
    is_apart: bool = True

    def is_in(self, vocabulary: frozenset[str]) -> bool:
        """Tell whether it is a word of the vocabulary, whatever its case."""
        return self.kind is Kind.WORD and self.text.lower() in vocabulary

    def is_word(self, *words: str) -> bool:
        """Tell whether it is one of these words, whatever its case."""
        return self.kind is Kind.WORD and self.text.lower() in words


_LINE_START = re.compile(
    r"[ \t]*(?:(?:[*+•·‣◦-]|\(?\d{1,2}[.)]|>(?!>)|#{2,6}|/\*\*?)[ \t]+)*(?=[^\s]|$)", re.M
)
_FENCE = re.compile(r"[ \t]*(?:```|~~~)[^\n`]*$", re.M)
_PROMPT = re.compile(r"[ \t]*(?:>>>|\.\.\.[ \t])[^\n]*$", re.M)
_NUMBERED_PROMPT = re.compile(r"[ \t]*In[ \t]*\[\d+\]:[ \t]*")
_NUMBERED_ANSWER = re.compile(r"Out[ \t]*\[\d+\]:")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0\u2009\u202f]+")
_TEXT = re.compile(
    r"(?P<prefix>[rbuRBU]{0,2})"
    r"(?:\"\"\"(?:[^\\]|\\.){0,2000}?\"\"\"|'''(?:[^\\]|\\.){0,2000}?'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')",
    re.S,
)
_PRINTED_TEXT = re.compile(r"“([^“”\n]*)[”\"]|„([^“”„\n]*)[“”]|‘([^‘’\n]*)’|”([^”\n]*)”")
_DECORATION = re.compile(
    r"`+|\\?</?(?:code|b|i|em|strong|pre|p|br|li|ul|ol|tt|kbd|samp|sub|sup)\s*/?>|\$(?!\d)",
    re.I,
)
_EMPHASIS = re.compile(r"\*{1,3}")
_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+"
    r"|(?:\d+(?:_\d+)*\.\d+|\d+\.(?=\s*[,\])}])|\d+(?:_\d+)*|\.\d+)(?:[eE][+-]?\d+)?[jJ]?)(?!\w)"
)
_WORD = re.compile(r"\w+")
_SIGNS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"\.{3,}|…"), Kind.ELLIPSIS),
    (re.compile(r"[-=~]{1,8}(?:>|&gt;){1,4}|\|[-=]{1,4}>|>>>|[➞→⇒➡⟶⟹↦⇨➔➜➝]️?"), Kind.ARROW),
    (re.compile(r"≈|≃|~=|~(?=\s?-?[\d.])"), Kind.ABOUT),
    (re.compile(r"[!<>≤≥≠]=?=?|=/="), Kind.MARK),
    (re.compile(r":=|={1,3}"), Kind.EQUALS),
    (re.compile(r"//+|#+|-{2,8}(?=\s)|/\*+|\*+/"), Kind.COMMENT),
    (re.compile(r"[([{]"), Kind.OPEN),
    (re.compile(r"[)\]}]"), Kind.CLOSE),
    (re.compile(r","), Kind.COMMA),
    (re.compile(r":"), Kind.COLON),
    (re.compile(r";"), Kind.SEMICOLON),
    (re.compile(r"\.(?=\s|$|[)\]\"'”’])"), Kind.STOP),
    (re.compile(r"\."), Kind.DOT),
    (re.compile(r"\|"), Kind.PIPE),
    (re.compile(r"\*\*|[+*/%^&×·÷-]|−"), Kind.OPERATOR),
    (re.compile(r"[–—]"), Kind.DASH),
)
_SPELLINGS = {"×": "*", "·": "*", "÷": "/", "−": "-"}


def words(text: str) -> frozenset[str]:
    """Return the words of a text: a vocabulary."""
    return frozenset(text.split())


def tokenize(text: str, names: Collection[str] = ()) -> list[Token]:
    """Return the tokens of the text, some `END`s last; what is very long is cut off.

    Quotation marks around a call of one of `names` quote no value, and become marks. Lines of
    interactive sessions are left out.
    """
    return list(_Lexer(text[:_MAX_CHARACTERS].replace("\f", " "), frozenset(names)).run())


class _Lexer:
    def __init__(self, text: str, names: frozenset[str]) -> None:
        self._text = text
        self._place = 0
        self._is_apart = True
        self._depth = 0
        self._called = re.compile(
            rf"\s*(?:{'|'.join(sorted(map(re.escape, names)))})\(" if names else r"(?!)"
        )

    def run(self) -> Iterator[Token]:
        count = 0
        self._begin_line()
        while self._place < len(self._text) and count < _MAX_TOKENS:
            if self._skip_decoration():
                continue
            count += 1
            yield self._next()
        for _ in range(_MAX_LOOK_AHEAD):
            yield Token(Kind.END, "", self._place, self._place)

    def _begin_line(self) -> None:
        """Skip what opens a line, and lines that are none of the prose."""
        self._is_apart = True
        if fence := _FENCE.match(self._text, self._place):
            self._place = fence.end()
        elif self._depth == 0:
            if session := _PROMPT.match(self._text, self._place):
                self._place = session.end()
            elif prompt := _NUMBERED_PROMPT.match(self._text, self._place):
                self._place = prompt.end()
            elif start := _LINE_START.match(self._text, self._place):
                self._place = start.end()

    def _skip_decoration(self) -> bool:
        """Skip white space and what only decorates, if such begins here."""
        text, place = self._text, self._place
        found = _SPACE.match(text, place) or _DECORATION.match(text, place)
        if found is None and (emphasis := _EMPHASIS.match(text, place)):
            found = emphasis if self._decorates(emphasis) else None
        if found is None:
            return False
        self._place, self._is_apart = found.end(), True
        return True

    def _next(self) -> Token:
        text, place = self._text, self._place
        if text[place] == "\n":
            return self._end_line()
        if found := self._read_text():
            return found
        if answer := _NUMBERED_ANSWER.match(text, place):
            return self._token(Kind.ARROW, answer.end())
        if number := _NUMBER.match(text, place):
            return self._token(Kind.NUMBER, number.end())
        if word := _WORD.match(text, place):
            return self._token(Kind.WORD, word.end())
        for pattern, kind in _SIGNS:
            if sign := pattern.match(text, place):
                return self._read_sign(kind, sign.end())
        return self._token(Kind.MARK, place + 1)

    def _end_line(self) -> Token:
        blank = re.compile(r"\n(?:[ \t\r]*\n)+").match(self._text, self._place)
        end = blank.end() if blank else self._place + 1
        token = self._token(Kind.BREAK if blank else Kind.NEWLINE, end)
        if blank:
            self._depth = 0
        self._begin_line()
        return token

    def _token(self, kind: Kind, end: int, text: str | None = None) -> Token:
        shown = self._text[self._place : end] if text is None else text
        token = Token(kind, shown, self._place, end, self._is_apart)
        self._place, self._is_apart = end, False
        return token

    def _read_sign(self, kind: Kind, end: int) -> Token:
        shown = self._text[self._place : end]
        if kind is Kind.OPEN:
            self._depth += 1
        elif kind is Kind.CLOSE:
            self._depth = max(self._depth - 1, 0)
        elif kind is Kind.DASH and self._text[end : end + 1].isdigit():
            before = self._text[self._place - 1 : self._place]
            if not before.isalnum():
                return self._token(Kind.OPERATOR, end, "-")
        return self._token(kind, end, _SPELLINGS.get(shown, shown))

    def _read_text(self) -> Token | None:
        """Return the quoted text that begins here; its token's text is Python's literal."""
        text, place = self._text, self._place
        before = text[place - 1 : place]
        if before.isalnum() or before == "_":
            return None
        if printed := _PRINTED_TEXT.match(text, place):
            content = next(group for group in printed.groups() if group is not None)
            if self._called.match(content):
                return self._token(Kind.MARK, place + 1)
            return self._token(Kind.TEXT, printed.end(), repr(content))
        quoted = _TEXT.match(text, place)
        if quoted is None:
            return None
        content = text[quoted.end("prefix") + 1 : quoted.end() - 1]
        after = text[quoted.end() : quoted.end() + 1]
        touches = after.isalnum() or after in ('"', "'")
        if touches or self._called.match(content):
            return self._token(Kind.MARK, place + 1)
        return self._token(Kind.TEXT, quoted.end(), _spell(quoted[0]))

    def _decorates(self, emphasis: re.Match[str]) -> bool:
        """Tell stars around words from those of a product."""
        before = self._text[emphasis.start() - 1 : emphasis.start()]
        after = self._text[emphasis.end() : emphasis.end() + 1]
        if not before.strip() and not after.strip():
            return False
        is_between = before.isalnum() or before in (")", "]")
        return not (is_between and (after.isalnum() or after in ("(", "[")))


def _spell(literal: str) -> str:
    """Return Python's literal for a quoted text, which may have escapes that Python lacks."""
    try:
        value = ast.literal_eval(literal)
    except (SyntaxError, ValueError, MemoryError):
        value = literal.strip("'\"")
    return repr(value)
