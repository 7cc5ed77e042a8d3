"""Productions for inputs and outputs that are named or announced.

    block   = "Input" ":" entries newline … "Output" ":" result
            | entry { words entry } words ( "output" | "return" | … ) result
    entries = entry { ( "," | "and" | newline ) entry }
    entry   = [ name ( "=" | ":" | "is" ) ] value

What explains a result is passed over: it may assign other values to the names.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from stepcheck.server.judge.evidence.example_forms.bindings import Given
from stepcheck.server.judge.evidence.example_forms.example import (
    Parameter,
    Reading,
    Signature,
    ValueKind,
)
from stepcheck.server.judge.evidence.example_forms.relations import (
    Relation,
    Style,
    read_relation,
)
from stepcheck.server.judge.evidence.example_forms.results import Result, ResultReader
from stepcheck.server.judge.evidence.example_forms.tokens import LINE_ENDS, Kind, Token, words
from stepcheck.server.judge.evidence.example_forms.values import Value

_PREFIXES = words("sample example examples test case the expected your program function")
_INPUTS = words("input inputs arguments args")
_OUTPUTS = words("output outputs result results return returns answer expected")
_AFTER_OUTPUT = _OUTPUTS | words("value should be is the to return returned")
_REMARKS = words(
    "explanation explanations note notes reason constraints constraint hint hints follow remark "
    "clarification why"
)
_RESULT_WORDS = words("output outputs result answer return returns returned expected")
_MAX_PARENTHESES = 100
_SIGNS = (Kind.COLON, Kind.EQUALS, Kind.ARROW, Kind.DASH)


class _Heading(Enum):
    INPUT = "Input:"
    OUTPUT = "Output:"
    REMARK = "Explanation:"


@dataclass(frozen=True, slots=True)
class Block:
    """Values that are given, and the result; `is_announced` if headings say which is which."""

    given: tuple[Given, ...]
    result: Result
    place: int
    is_announced: bool = False


@dataclass(slots=True)
class _State:
    given: list[Given] = field(default_factory=list)
    is_announced: bool = False
    is_unreadable: bool = False
    is_remark: bool = False

    def begin(self, *, announced: bool = False, remark: bool = False) -> None:
        self.given, self.is_announced = [], announced
        self.is_unreadable, self.is_remark = False, remark


@dataclass(frozen=True, slots=True)
class BlockReader:
    """Reads the blocks in a text about a function with these parameters.

    With `guess`, words without quotation marks are values too.
    """

    text: str
    results: ResultReader
    signature: Signature
    guess: bool = False

    @property
    def tokens(self) -> Sequence[Token]:
        """The tokens that are read."""
        return self.results.tokens

    def read_all(self) -> Iterator[Block]:
        """Yield the blocks in their order."""
        state = _State()
        place = 0
        while self.tokens[place].kind is not Kind.END:
            block, end = self._line(place, state)
            if block is not None:
                yield block
                state.begin(remark=False)
            place = end
            if self.tokens[place].kind is Kind.BREAK and not state.is_announced:
                state.begin()
            if self.tokens[place].kind in (Kind.NEWLINE, Kind.BREAK):
                place += 1

    def _line(self, place: int, state: _State) -> tuple[Block | None, int]:
        heading, after = self._heading(place)
        if heading is _Heading.REMARK:
            state.begin(remark=True)
            return None, self._line_end(place)
        if heading is _Heading.INPUT:
            state.begin(announced=True)
            return self._entries(after, state)
        if heading is _Heading.OUTPUT and not state.is_remark:
            return self._output(after, state)
        if state.is_announced:
            return self._entries(place, state)
        if state.is_remark:
            return None, self._line_end(place)
        return self._prose(place, state)

    def _line_end(self, place: int) -> int:
        while self.tokens[place].kind not in LINE_ENDS:
            place += 1
        return place

    def _heading(self, place: int) -> tuple[_Heading | None, int]:
        """Return what the line announces, and the place behind the announcement."""
        start = place
        while self.tokens[place].kind is Kind.COMMENT:
            place += 1
        while place - start < 6 and (
            self.tokens[place].is_in(_PREFIXES)
            or (place > start and self.tokens[place].kind in (Kind.NUMBER, Kind.COLON))
        ):
            place += 1
        token = self.tokens[place]
        if self.tokens[place - 1].is_word("expected") and place > start:
            token, place = self.tokens[place - 1], place - 1
        if token.is_in(_REMARKS) and self._is_announcement(place + 1):
            return _Heading.REMARK, place + 1
        if token.is_in(_INPUTS):
            return self._input_heading(place + 1)
        if token.is_in(_OUTPUTS):
            place += 1
            while self.tokens[place].is_in(_AFTER_OUTPUT):
                place += 1
            return _Heading.OUTPUT, self._skip_sign(place)
        return None, place

    def _is_announcement(self, place: int) -> bool:
        token = self.tokens[place]
        return token.kind in (*_SIGNS, *LINE_ENDS) or token.is_word("up")

    def _skip_sign(self, place: int) -> int:
        if self.tokens[place].kind is Kind.NUMBER and self.tokens[place + 1].kind is Kind.COLON:
            return place + 2
        return place + 1 if self.tokens[place].kind in _SIGNS else place

    def _input_heading(self, place: int) -> tuple[_Heading | None, int]:
        after = self._skip_sign(place)
        token, following = self.tokens[after], self.tokens[after + 1]
        begins = (
            after > place
            or token.kind in LINE_ENDS
            or token.text in "[{("
            or token.kind is Kind.TEXT
            or (token.kind is Kind.WORD and following.kind is Kind.EQUALS)
        )
        return (_Heading.INPUT if begins else None), after

    def _entries(self, place: int, state: _State) -> tuple[Block | None, int]:
        """Read what is given up to the end of the line, or to an output on the same line."""
        while self.tokens[place].kind not in LINE_ENDS:
            token = self.tokens[place]
            heading, after = self._heading(place)
            if heading is _Heading.OUTPUT:
                return self._output(after, state)
            if token.kind is Kind.ARROW and state.given:
                return self._output(place + 1, state)
            if token.kind in (Kind.COMMENT, Kind.STOP) or (token.text == "(" and state.given):
                return None, self._line_end(place)
            if token.kind in (Kind.COMMA, Kind.SEMICOLON) or token.is_word("and"):
                place += 1
                continue
            entry = self._entry(place, len(state.given))
            if entry is None:
                state.is_unreadable = True
                return None, self._line_end(place)
            state.given.append(entry)
            place = entry.end
        return None, place

    def _entry(self, place: int, count: int) -> Given | None:
        token, name = self.tokens[place], ""
        sign = self.tokens[place + 1]
        if token.kind is Kind.WORD and (
            sign.text in ("=", ":", ":=", "==") or sign.is_word("is", "equals")
        ):
            name, place = token.text, self.results.values.skip_lines(place + 2)
        parameter = self._parameter(name, count)
        kind = parameter.kind if parameter else ValueKind.UNKNOWN
        value = self.results.values.read(place)
        if value is not None and self.results.ends(value.end) is Reading.STRICT:
            return _spelled(value, self.tokens[place], place, kind, name)
        if value is not None and self._output_follows(value.end):
            return Given(value.node, value.end, name, value.reading)
        if value is None and (kind.allows_words or (self.guess and kind is not ValueKind.OTHER)):
            end = self._line_end(place)
            shown = self.text[self.tokens[place].start : self.tokens[end].start].strip()
            if end - place == 1 or (kind.allows_words and len(self.signature.parameters) == 1):
                return Given(ast.Constant(shown), end, name, Reading.LOOSE)
        return None

    def _output_follows(self, place: int) -> bool:
        """Tell whether an entry, an output or an arrow follows a value on the same line."""
        token = self.tokens[place]
        if token.kind is Kind.COMMA:
            return True
        if token.kind is Kind.ARROW or self._heading(place)[0] is _Heading.OUTPUT:
            return True
        following = self.tokens[place + 1]
        return token.kind is Kind.WORD and following.kind in (Kind.EQUALS, Kind.COLON)

    def _parameter(self, name: str, count: int) -> Parameter | None:
        known = self.signature.parameters
        if name and (parameter := self.signature.find(name)):
            return parameter
        return known[count] if count < len(known) else None

    def _output(self, place: int, state: _State) -> tuple[Block | None, int]:
        """Read the result that is announced, on the same line or the next."""
        end = self._line_end(place)
        if end == place and self.tokens[place].kind is Kind.NEWLINE:
            place, end = place + 1, self._line_end(place + 1)
        result = self.results.read_alone(place, self.signature.result, guess=self.guess)
        if result is None and self.signature.result.allows_words and end > place:
            shown = self.text[self.tokens[place].start : self.tokens[end].start].strip()
            result = Result(end, repr(shown), Reading.LOOSE)
        is_lost = result is None or not state.given or state.is_unreadable or state.is_remark
        if is_lost or (state.is_announced and self._has_more(end)):
            state.begin()
            return None, end
        given, announced = tuple(state.given), state.is_announced
        assert result is not None  # noqa: S101 - else it is lost
        # A remark without a heading may follow.
        return Block(given, result, place, announced), max(end, self._line_end(result.end))

    def _has_more(self, end: int) -> bool:
        """Tell whether the next line is a value again: the output has several lines."""
        if self.tokens[end].kind is not Kind.NEWLINE:
            return False
        value = self.results.values.read(end + 1)
        return value is not None and self.tokens[value.end].kind in LINE_ENDS

    def _prose(self, place: int, state: _State) -> tuple[Block | None, int]:
        """Read the names that a sentence gives values to, and the result that it states then."""
        end = self._line_end(place)
        while place < end:
            token, following = self.tokens[place], self.tokens[place + 1]
            if token.kind is Kind.WORD and following.text == "(" and not following.is_apart:
                place = self._skip_parentheses(place + 1, end)
                continue
            if token.is_word("default", "defaults"):
                return None, end
            if entry := self._assignment(place):
                state.given = [one for one in state.given if one.name != entry.name]
                state.given.append(entry)
                place = entry.end
                end = max(end, self._line_end(place))
                continue
            if state.given and (result := self._stated(place, state)):
                return Block(tuple(state.given), result, place), max(
                    end, self._line_end(result.end)
                )
            place += 1
        return None, end

    def _skip_parentheses(self, place: int, end: int) -> int:
        depth = 0
        for at in range(place, min(end, place + _MAX_PARENTHESES)):
            depth += (self.tokens[at].text == "(") - (self.tokens[at].text == ")")
            if depth == 0:
                return at + 1
        return place + 1

    def _assignment(self, place: int) -> Given | None:
        token, sign = self.tokens[place], self.tokens[place + 1]
        parameter = self.signature.find(token.text) if token.kind is Kind.WORD else None
        if parameter is None or not self._is_name(place):
            return None
        is_said = sign.is_word("is", "equals", "being")
        is_start = place == 0 or self.tokens[place - 1].kind in LINE_ENDS
        if not (sign.text in ("=", ":=") or is_said or (sign.kind is Kind.COLON and is_start)):
            return None
        value = self.results.values.read(place + 2, parameter.kind if not is_said else _UNKNOWN)
        if value is None:
            return None
        ending = self.results.ends(value.end)
        if ending is None and not self._output_follows(value.end):
            return None
        reading = Reading.LOOSE if is_said else value.reading
        return Given(value.node, value.end, token.text, reading)

    def _is_name(self, place: int) -> bool:
        """Tell whether the name there is no part of a formula or a longer name."""
        before = self.tokens[place - 1] if place else None
        return before is None or before.kind not in (Kind.OPERATOR, Kind.DOT, Kind.MARK)

    def _stated(self, place: int, state: _State) -> Result | None:
        """Return the result that is stated there of what was given before."""
        token = self.tokens[place]
        is_next = place == state.given[-1].end
        is_start = self.tokens[place - 1].kind in LINE_ENDS
        relation: Relation | None = None
        if token.kind is Kind.ARROW and (is_next or is_start):
            relation = Relation(place + 1, Style.SIGN)
        elif token.is_in(_RESULT_WORDS):
            relation = read_relation(self.tokens, place)
            if relation is not None:
                relation = Relation(relation.end, Style.SIGN, relation.is_about, relation.raises)
        if relation is None:
            return None
        return self.results.read(relation, self.signature.result, guess=False)


_UNKNOWN = ValueKind.UNKNOWN


def _spelled(value: Value, token: Token, place: int, kind: ValueKind, name: str) -> Given:
    """Return what is given: the value, or where a text is due, the number as it was written."""
    is_number = isinstance(value.node, ast.Constant) and token.kind is Kind.NUMBER
    if kind is ValueKind.TEXT and is_number and value.end == place + 1:
        return Given(ast.Constant(token.text), value.end, name, Reading.LOOSE)
    return Given(value.node, value.end, name, value.reading)
