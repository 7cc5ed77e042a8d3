"""Productions for results: a value, a chain of equations that ends in one, or an exception.

    result = value remark | segment { "=" segment } "=" value remark | exception
    remark = the end of the line, or what only comments: "(…)", "# …", "because …", ". …"

A value before anything else (`4 elements`, `3 or 4`, `2 * n`) is none.
"""

import ast
import builtins
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.example import Reading, ValueKind
from stepcheck.server.judge.evidence.example_forms.relations import Relation, Style
from stepcheck.server.judge.evidence.example_forms.tokens import LINE_ENDS, Kind, Token, words
from stepcheck.server.judge.evidence.example_forms.values import Value, ValueReader, calculate

_REMARKS = words(
    "because since as and while whereas which where for so by due but however respectively "
    "thus hence given too also not e i"
)
_CONDITIONS = words(
    "or if when unless until iff for_all times more less fewer percent mod instead rather "
    "should than of in to per is are was returns"
)
_TYPES = words(
    "int integer str string float bool boolean list array dict dictionary tuple set any "
    "object number char bytes void type iterable sequence generator a an the result output "
    "value error exception undefined same it x n s"
)
_ENDING = (Kind.COMMENT, Kind.STOP, Kind.COMMA, Kind.SEMICOLON, Kind.DASH, Kind.PIPE, *LINE_ENDS)
_SEGMENT_TOKENS = 60


@dataclass(frozen=True, slots=True)
class Result:
    """What a call should give, up to the token at `end`: a value, within `tolerance`, or an error.

    `raises` is the name of the exception.
    """

    end: int
    expected: str = ""
    reading: Reading = Reading.STRICT
    tolerance: float | None = None
    raises: str = ""


@dataclass(frozen=True, slots=True)
class ResultReader:
    """Reads results; `errors` are the exceptions that the code itself defines."""

    values: ValueReader
    errors: frozenset[str] = frozenset()

    @property
    def tokens(self) -> Sequence[Token]:
        """The tokens that are read."""
        return self.values.tokens

    def read(self, relation: Relation, kind: ValueKind, *, guess: bool = False) -> Result | None:
        """Return the result after a relation; `guess`: a bare word may be a text."""
        if relation.raises:
            return self._error(relation.end)
        place = relation.end
        if relation.style is not Style.VERB and (found := self._named_error(place)):
            return found
        chain = self._chain(place, relation.style)
        if chain is not None:
            return self._finish(chain, place, kind, is_about=relation.is_about)
        if kind.allows_words or guess:
            return self._word(place)
        return None

    def read_alone(self, place: int, kind: ValueKind, *, guess: bool = False) -> Result | None:
        """Return the result that a heading such as `Output:` announces: all of its line."""
        return self.read(Relation(place, Style.SIGN), kind, guess=guess)

    def ends(self, place: int, style: Style = Style.SIGN) -> Reading | None:
        """Tell how sure it is that a value ends before that token; None if it does not."""
        token = self.tokens[place]
        if token.kind in _ENDING or token.text in ("!", "'", '"', "”", "’", "»"):
            return None if self._is_question(place) or self._goes_on(place) else Reading.STRICT
        if token.text == "(":
            return Reading.STRICT if token.is_apart else None
        if token.kind is Kind.CLOSE:
            return Reading.STRICT
        if token.kind is Kind.ARROW:
            return None
        if token.kind is Kind.OPERATOR and token.text == "-" and self._is_dash(place):
            return Reading.STRICT
        if token.kind is not Kind.WORD or not token.is_apart or token.is_in(_CONDITIONS):
            return None
        if token.is_in(_REMARKS) or token.text in self.values.names:
            return Reading.STRICT
        return Reading.LOOSE if style is Style.SIGN else None

    def _goes_on(self, place: int) -> bool:
        """Tell whether another value follows a comma: then the result is more than the first."""
        following = self.tokens[place + 1] if self.tokens[place].kind is Kind.COMMA else None
        if following is None:
            return False
        return following.kind in (Kind.NUMBER, Kind.TEXT, Kind.ELLIPSIS) or following.text in "[{"

    def _is_dash(self, place: int) -> bool:
        token, following = self.tokens[place], self.tokens[place + 1]
        return token.is_apart and following.is_apart and following.kind is Kind.WORD

    def _is_question(self, place: int) -> bool:
        return self.tokens[place].text == "?"

    def _chain(self, place: int, style: Style) -> Value | None:
        """Return the last value of `1 + 2 = 3`, `f(1) + 2 = 3`, or the only one."""
        plain: list[Value] = []
        is_plain = True
        while True:
            value = self.values.read(place)
            following = self._equals_after(value.end) if value else None
            if value is not None and following is None:
                ending = self.ends(value.end, style)
                if ending is None:
                    return None
                reading = value.reading.combined(ending)
                return self._weigh([*plain, value], reading, is_plain=is_plain)
            if value is not None and following is not None:
                plain.append(value)
                place = following
                continue
            after = self._skip_segment(place)
            if after is None:
                return None
            is_plain, place = False, after

    def _equals_after(self, place: int) -> int | None:
        """Return the place behind an equals sign there, which may open the next line."""
        skipped = self.values.skip_lines(place)
        return skipped + 1 if self.tokens[skipped].kind is Kind.EQUALS else None

    def _skip_segment(self, place: int) -> int | None:
        """Return the place behind the equals sign that ends a segment with names in it."""
        has_name = False
        for at in range(place, min(place + _SEGMENT_TOKENS, len(self.tokens))):
            token = self.tokens[at]
            if token.kind is Kind.EQUALS:
                return at + 1 if has_name and at > place else None
            if token.kind is Kind.NEWLINE and self._equals_after(at):
                continue
            allowed = (Kind.NUMBER, Kind.OPERATOR, Kind.OPEN, Kind.CLOSE, Kind.COMMA, Kind.TEXT)
            if token.kind is Kind.WORD and (self.tokens[at + 1].text == "(" or len(token.text) < 3):
                has_name = True
            elif token.kind not in allowed:
                return None
        return None

    def _weigh(self, chain: Sequence[Value], reading: Reading, *, is_plain: bool) -> Value | None:
        """Return the last of a chain, whose parts must agree; a formula alone is a guess."""
        last = chain[-1]
        known = [calculate(value.node) for value in chain]
        if len(chain) > 1 and not all(_agree(one, known[-1]) for one in known[:-1]):
            return None
        is_guess = not is_plain or (last.is_formula and len(chain) == 1)
        return Value(
            last.node,
            last.end,
            Reading.LOOSE if is_guess else reading,
            last.is_formula,
        )

    def _finish(
        self, value: Value, place: int, kind: ValueKind, *, is_about: bool
    ) -> Result | None:
        if self.tokens[value.end].kind is Kind.ELLIPSIS:
            return None
        if is_about:
            return self._near(value)
        match value.node:
            case ast.Constant(value=bool() | int() | float()) if kind is ValueKind.TEXT:
                if value.end == place + 1:
                    return Result(value.end, repr(self.tokens[place].text), Reading.LOOSE)
        return Result(value.end, value.source, value.reading)

    def _near(self, value: Value) -> Result | None:
        number = calculate(value.node)
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        shown = self.tokens[value.end - 1].text
        decimals = len(shown.partition(".")[2]) if "e" not in shown.lower() else 0
        tolerance = float(f"1e-{decimals}") if "." in shown else abs(number) / 20
        return Result(value.end, value.source, Reading.LOOSE, tolerance)

    def _word(self, place: int) -> Result | None:
        """Return a word without quotation marks, which must be all that is said."""
        word = self.values.read_word(place)
        if word is None or self.tokens[place].is_in(_TYPES):
            return None
        if self.tokens[word.end].kind not in _ENDING or self._goes_on(word.end):
            return None
        return Result(word.end, word.source, Reading.LOOSE)

    def _error(self, place: int) -> Result | None:
        """Return the exception that is raised: by its name, or any."""
        while self.tokens[place].is_word("a", "an", "the", "with"):
            place += 1
        if found := self._named_error(place):
            return found
        if self.tokens[place].is_word("error", "exception"):
            return Result(place + 1, raises="Exception", reading=Reading.LOOSE)
        return None

    def _named_error(self, place: int) -> Result | None:
        token = self.tokens[place]
        if token.kind is not Kind.WORD:
            return None
        kind = getattr(builtins, token.text, None)
        known = isinstance(kind, type) and issubclass(kind, Exception)
        if known or token.text in self.errors:
            return Result(place + 1, raises=token.text)
        return None


def _agree(left: object, right: object) -> bool:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return math.isclose(left, right, rel_tol=1e-3)
    return left == right
