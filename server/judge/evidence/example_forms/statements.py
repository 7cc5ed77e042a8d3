"""Productions for statements about calls.

statement = call { ( "," | "and" ) call } relation result { "," result }
          | call newline [ comment ] ( "=>" | verbs ) result
          | "assert" …                        in Python, or as above
          | assertion "(" call "," value ")"  in the ways of test libraries
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.calls import Call, CallReader
from stepcheck.server.judge.evidence.example_forms.checks import make_example
from stepcheck.server.judge.evidence.example_forms.example import Example, Reading
from stepcheck.server.judge.evidence.example_forms.relations import (
    Relation,
    Style,
    read_relation,
)
from stepcheck.server.judge.evidence.example_forms.results import Result, ResultReader
from stepcheck.server.judge.evidence.example_forms.tokens import LINE_ENDS, Kind, Token, words
from stepcheck.server.judge.evidence.literals import is_plain
from stepcheck.server.judge.languages.python.source import SourceError, parse
from stepcheck.server.sandbox.sandbox import Check

_EQUALITIES = words(
    "assertequal assertequals assert_equal assert_equals assertlistequal asserttupleequal "
    "assertdictequal assertsetequal equal strictequal deepequal deepstrictequal expect_equal "
    "expect_eq assert_eq tobe toequal tostrictequal eql assertis assertcountequal should_equal"
)
_MAX_ASSERTION_LINES = 12
_MAX_GROUP = 12


@dataclass(frozen=True, slots=True)
class Statement:
    """An example that the token at `place` begins; `is_fact` if it is an equation or an arrow."""

    example: Example
    place: int
    name: str = ""
    is_fact: bool = False


@dataclass(frozen=True, slots=True)
class StatementReader:
    """Reads the statements in a text."""

    text: str
    calls: CallReader
    results: ResultReader

    @property
    def tokens(self) -> Sequence[Token]:
        """The tokens that are read."""
        return self.calls.tokens

    def read_all(self) -> Iterator[Statement]:
        """Yield the statements in their order."""
        place = 0
        while self.tokens[place].kind is not Kind.END:
            if self.tokens[place].is_word("assert"):
                stated, end = self._assertion(place)
            elif self.tokens[place].text.lower() in _EQUALITIES:
                stated, end = self._equality(place)
            elif call := self.calls.read(place):
                stated, end = self._statement(place, call)
            else:
                stated, end = [], place + 1
            yield from stated
            place = max(end, place + 1)

    def _statement(self, place: int, first: Call) -> tuple[list[Statement], int]:
        group = self._group(first)
        end = self._close(place, group[-1].end)
        printed = self.calls.is_printed(place)
        relation = read_relation(self.tokens, end)
        if relation is None and self.tokens[end].kind is Kind.NEWLINE:
            relation = self._relation_below(end + 1)
        if relation is None or self._only_names(first, relation):
            return [], end
        results = self._results(relation, group, printed=printed)
        if not results:
            return [], end
        is_fact = relation.style is Style.SIGN
        stated = [
            Statement(
                make_example(call.source, result, call.reading.combined(sureness)),
                place,
                call.name,
                is_fact,
            )
            for call, result, sureness in _pair(group, results, relation.style)
        ]
        return stated, results[-1].end

    def _only_names(self, call: Call, relation: Relation) -> bool:
        """Tell whether parentheses without arguments seem to show that it is a function's name."""
        signature = self.calls.signatures.get(call.name)
        if signature is None or not isinstance(call.node, ast.Call) or call.node.args:
            return False
        is_prose = relation.style is Style.VERB and bool(signature.parameters)
        return not call.node.keywords and (is_prose or not signature.takes(0))

    def _group(self, first: Call) -> list[Call]:
        """Return the calls that one result, or as many results, are stated of."""
        group = [first]
        while len(group) < _MAX_GROUP:
            joint = group[-1].end
            while self.tokens[joint].kind is Kind.COMMA or self.tokens[joint].is_word("and", "or"):
                joint += 1
            following = self.calls.read(joint) if joint > group[-1].end else None
            if following is None:
                break
            group.append(following)
        return group

    def _close(self, place: int, end: int) -> int:
        """Skip the parenthesis that closes one opened just before the call."""
        is_open = place > 0 and self.tokens[place - 1].text == "("
        return end + 1 if is_open and self.tokens[end].text == ")" else end

    def _relation_below(self, place: int) -> Relation | None:
        """Return the relation with which the next line begins, if that is all it has to say."""
        token = self.tokens[place]
        if token.kind in (Kind.COLON, Kind.COMMA):
            return None
        relation = read_relation(self.tokens, place)
        if relation is None or token.kind is not Kind.COMMENT:
            return relation
        value = self.results.values.read(relation.end)
        is_all = value is not None and self.tokens[value.end].kind in LINE_ENDS
        return relation if relation.style is not Style.COMMENT or is_all else None

    def _results(self, relation: Relation, group: Sequence[Call], *, printed: bool) -> list[Result]:
        kind = group[0].result
        guess = self.calls.guess or printed
        if len(group) > 1 and (several := self._several(relation, len(group))):
            return several
        result = self.results.read(relation, kind, guess=guess)
        if result is None and len(group) == 1 and relation.style is not Style.VERB:
            result = self._bare_tuple(relation.end)
        return [result] if result is not None else []

    def _several(self, relation: Relation, count: int) -> list[Result]:
        """Return so many values with commas or `and` between them."""
        found: list[Result] = []
        place = relation.end
        while (value := self.results.values.read(place)) and len(found) < count:
            found.append(Result(value.end, value.source, value.reading))
            place = value.end
            while self.tokens[place].kind is Kind.COMMA or self.tokens[place].is_word("and"):
                place += 1
        return found if len(found) == count and self.results.ends(found[-1].end) else []

    def _bare_tuple(self, place: int) -> Result | None:
        """Return a tuple without its parentheses, which must be all that is said."""
        items: list[ast.expr] = []
        while value := self.results.values.read(place):
            items.append(value.node)
            place = value.end
            if self.tokens[place].kind is not Kind.COMMA:
                break
            place += 1
        if len(items) < 2 or self.tokens[place].kind not in LINE_ENDS:
            return None
        return Result(place, ast.unparse(ast.Tuple(items)), Reading.LOOSE)

    def _assertion(self, place: int) -> tuple[list[Statement], int]:
        """Return what an assertion of Python says, or nothing where it is no Python."""
        start = self.tokens[place].start
        lines = self.text[start:].split("\n")[:_MAX_ASSERTION_LINES]
        for count in range(1, len(lines) + 1):
            if not lines[count - 1].strip():
                break
            shown = "\n".join(lines[:count])
            if not _is_balanced(shown):
                continue
            tree = _parse_assertion(shown.strip().rstrip("`").rstrip())
            if tree is None:
                continue
            check = _to_check(tree, frozenset(self.calls.signatures))
            end = self._place_at(place, start + len(shown))
            return ([Statement(Example(check), place)] if check else []), end
        return [], place + 1

    def _place_at(self, place: int, offset: int) -> int:
        while self.tokens[place].kind is not Kind.END and self.tokens[place].start < offset:
            place += 1
        return place

    def _equality(self, place: int) -> tuple[list[Statement], int]:
        """Return what `assertEqual(f(2), 4)` or `expect(f(2)).toBe(4)` says."""
        opening = self.tokens[place + 1]
        if opening.text != "(" or opening.is_apart:
            return [], place + 1
        call = self.calls.read_argument(place + 2)
        if call is not None:
            given = self.results.values.read(call.end + 1)
            end = given.end if given else call.end
            is_pair = self.tokens[call.end].kind is Kind.COMMA
        else:
            given = self.results.values.read(place + 2)
            if given is None:
                return [], place + 1
            call, is_pair, end = self._other_side(place, given.end)
        if call is None or given is None or not is_pair or not self._ends_argument(end):
            return [], place + 1
        result = Result(given.end, given.source, given.reading)
        return [Statement(make_example(call.source, result, call.reading), place, call.name)], end

    def _ends_argument(self, place: int) -> bool:
        return self.tokens[place].kind in (Kind.COMMA, Kind.CLOSE)

    def _other_side(self, place: int, end: int) -> tuple[Call | None, bool, int]:
        """Return the call that is compared with the value that ends there."""
        if self.tokens[end].kind is Kind.COMMA:
            call = self.calls.read_argument(end + 1)
            return call, call is not None, call.end if call else end
        # expect(f(2)).to.deep.equal(4)
        at = place - 1
        while at > 1 and (self.tokens[at].kind is Kind.DOT or self.tokens[at].kind is Kind.WORD):
            if self.tokens[at].is_word("not"):
                return None, False, end
            at -= 1
        for start in range(at - 1, max(at - 200, 1), -1):
            is_subject = self.tokens[start - 1].text == "(" and self.tokens[start - 2].is_word(
                "expect", "that"
            )
            call = self.calls.read_argument(start) if is_subject else None
            if call is not None:
                return call, call.end == at, end
        return None, False, end


def _pair(
    group: Sequence[Call], results: Sequence[Result], style: Style
) -> list[tuple[Call, Result, Reading]]:
    """Return each call with its result; one sign may have been meant for the last call only."""
    if len(results) == len(group):
        return [(call, one, Reading.STRICT) for call, one in zip(group, results, strict=True)]
    doubtful = Reading.LOOSE if style is not Style.VERB else Reading.STRICT
    return [(call, results[0], Reading.STRICT if call is group[-1] else doubtful) for call in group]


def _is_balanced(text: str) -> bool:
    """Tell whether there may be as many brackets closed as opened, at a glance."""
    return sum(map(text.count, "([{")) <= sum(map(text.count, ")]}"))


def _parse_assertion(text: str) -> ast.Assert | None:
    try:
        body = parse(text).body
    except SourceError:
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.Assert) else None


def _to_check(statement: ast.Assert, known: frozenset[str]) -> Check | None:
    used = {node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)}
    bound = {
        node.id
        for node in ast.walk(statement.test)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    } | {node.arg for node in ast.walk(statement.test) if isinstance(node, ast.arg)}
    if not used & known or not used - bound <= {*known, "math", *dir(builtins)}:
        return None
    match statement.test:
        case ast.Compare(left=called, ops=[ast.Eq() | ast.Is()], comparators=[value]):
            if is_plain(called):
                called, value = value, called
            if is_plain(value) and not is_plain(called) and "math" not in used:
                return Check(ast.unparse(called), ast.unparse(value))
    setup = "import math\n" if "math" in used else ""
    return Check(f"{setup}assert {ast.unparse(statement.test)}")
