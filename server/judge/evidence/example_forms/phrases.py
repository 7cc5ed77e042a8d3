"""Productions for inputs and outputs in running text, which name no parameter.

phrase = ( "returns" | … ) value ( "for" | "given" | … ) { noun } values
       | ( "for" | "given" | … ) { noun } values relation result
       | values ( "=>" | "returns" | … ) result            as a line of its own
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.bindings import Given
from stepcheck.server.judge.evidence.example_forms.blocks import Block
from stepcheck.server.judge.evidence.example_forms.example import Reading, Signature
from stepcheck.server.judge.evidence.example_forms.relations import Style, read_relation
from stepcheck.server.judge.evidence.example_forms.results import Result, ResultReader
from stepcheck.server.judge.evidence.example_forms.tokens import LINE_ENDS, Kind, Token, words

_RESULTS = words("return returns returning give gives yields yield outputs output produces")
_LEADS = words("for given with on passing input inputs when")
_NOUNS = words(
    "input inputs argument arguments list lists array arrays string strings number numbers integer "
    "integers value values word matrix tuple dictionary dict example instance the an a of as is "
    "given following text sentence set n passed"
)
_BEFORE_INPUT = _LEADS | _NOUNS
_INPUT_NOUNS = words("input inputs argument arguments given")
_VALUE_KINDS = (Kind.NUMBER, Kind.TEXT, Kind.OPEN, Kind.OPERATOR, Kind.WORD)
_LINE_OPENINGS = words("example examples eg e g ex case input for test")


@dataclass(frozen=True, slots=True)
class PhraseReader:
    """Reads the phrases about a function."""

    results: ResultReader
    signature: Signature

    @property
    def tokens(self) -> Sequence[Token]:
        """The tokens that are read."""
        return self.results.tokens

    def read_all(self) -> Iterator[Block]:
        """Yield what phrases give and state, in their order."""
        place = 0
        while self.tokens[place].kind is not Kind.END:
            token = self.tokens[place]
            block = None
            if token.is_in(_RESULTS):
                block = self._result_first(place)
            if block is None and token.is_in(_LEADS):
                block = self._input_first(place)
            if block is None and token.kind in _VALUE_KINDS and self._opens_line(place):
                block = self._line(place)
            if block is not None:
                yield block
            place = max(block.result.end, place + 1) if block else place + 1

    def _opens_line(self, place: int) -> bool:
        for at in range(place - 1, max(place - 6, -1), -1):
            token = self.tokens[at]
            if token.kind in LINE_ENDS:
                return True
            opens = token.kind in (Kind.COLON, Kind.STOP, Kind.DOT, Kind.COMMA, Kind.COMMENT)
            if not opens and not token.is_in(_LINE_OPENINGS) and token.kind is not Kind.NUMBER:
                return False
        return place < 6

    def _result_first(self, place: int) -> Block | None:
        """Read `returns 4 for the input 2`."""
        value = self.results.values.read(place + 1)
        if value is None or not self.tokens[value.end].is_in(_LEADS):
            return None
        after, _ = self._skip_nouns(value.end)
        given, end = self._values(after)
        if not given or self.results.ends(end) is not Reading.STRICT:
            return None
        result = Result(end, value.source, value.reading)
        return Block(given, result, place, is_announced=True)

    def _input_first(self, place: int) -> Block | None:
        """Read `for the input 2 it returns 4`."""
        after, is_sure = self._skip_nouns(place)
        given, end = self._values(after)
        relation = read_relation(self.tokens, end) if given else None
        if relation is None or self.tokens[end].kind in (Kind.COMMENT, Kind.COLON):
            return None
        result = self.results.read(relation, self.signature.result)
        if result is None:
            return None
        if not is_sure:
            given = tuple(Given(one.node, one.end, "", Reading.LOOSE) for one in given)
        return Block(given, result, place, is_announced=True)

    def _line(self, place: int) -> Block | None:
        """Read a line such as `"ab" => "ba"`."""
        given, end = self._values(place)
        if not given:
            return None
        token = self.tokens[end]
        if token.kind is not Kind.ARROW and not self._says_return(end):
            return None
        relation = read_relation(self.tokens, end)
        if relation is None:
            return None
        style = Style.SIGN if token.kind is Kind.ARROW else Style.VERB
        result = self.results.read(relation, self.signature.result)
        if result is None or self.results.ends(result.end, style) is None:
            return None
        loose = tuple(Given(one.node, one.end, "", Reading.LOOSE) for one in given)
        return Block(loose, result, place, is_announced=True)

    def _says_return(self, place: int) -> bool:
        """Tell whether it goes on with a verb that states a result."""
        for at in range(place, place + 3):
            if self.tokens[at].is_in(_RESULTS):
                return True
            if not self.tokens[at].is_word("should", "must", "will", "would"):
                return False
        return False

    def _skip_nouns(self, place: int) -> tuple[int, bool]:
        """Skip what says that an input follows; tell whether it says so for sure."""
        is_sure = False
        while self.tokens[place].is_in(_BEFORE_INPUT):
            is_sure = is_sure or self.tokens[place].is_in(_INPUT_NOUNS)
            place += 1
        if self.tokens[place].kind in (Kind.COLON, Kind.EQUALS):
            place += 1
        return place, is_sure

    def _values(self, place: int) -> tuple[tuple[Given, ...], int]:
        """Return values with commas or `and` between them, as many as the function takes."""
        found: list[Given] = []
        end = place
        while value := self.results.values.read(place):
            found.append(Given(value.node, value.end, "", value.reading))
            place = end = value.end
            if len(found) == len(self.signature.parameters):
                break
            if self.tokens[place].kind is Kind.COMMA:
                place += 1
            if self.tokens[place].is_word("and"):
                place += 1
            if place == end:
                break
        one = found[0].node if len(found) == 1 else None
        is_several = isinstance(one, ast.Tuple) and self.signature.takes(len(one.elts))
        fits = self.signature.takes(len(found)) or is_several
        return (tuple(found), end) if fits else ((), end)
