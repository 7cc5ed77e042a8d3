"""Productions for calls of the functions that examples may be about.

call     = known "(" [ argument { "," argument } ] ")" { "[" value "]" | "." method }
         | builtin "(" call { "," argument } ")"
argument = [ name "=" ] ( value | call | lambda | builtin )
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.example import (
    Parameter,
    Reading,
    Signature,
    ValueKind,
)
from stepcheck.server.judge.evidence.example_forms.tokens import LINE_ENDS, Kind, Token, words
from stepcheck.server.judge.evidence.example_forms.values import Value, ValueReader
from stepcheck.server.sandbox.parsing import parse_expression

_WRAPPERS = words(
    "len sorted list set tuple dict sum min max round abs str int float bool next repr type any all"
)
_NO_CALL_AFTER = words(
    "def function func fn class return if elif while unless whether lambda sub proc fun when "
    "not in new import from"
)
_FUNCTIONS = words("len abs max min sum any all sorted reversed repr ord chr")
_PRINTERS = words("print println puts log echo alert pprint")
_DOUBTS = words(
    "why currently wrongly incorrectly instead bug previously wrong incorrect used suppose "
    "unexpectedly mistakenly before"
)
_MAX_DEPTH = 8
_MAX_ARGUMENTS = 50
_MAX_BACK = 60


@dataclass(frozen=True, slots=True)
class Call:
    """An expression with a call of a known function in it, up to the token at `end`.

    `result` is the kind of its value, as far as known.
    """

    node: ast.expr
    end: int
    reading: Reading = Reading.STRICT
    result: ValueKind = ValueKind.UNKNOWN
    name: str = ""

    @property
    def source(self) -> str:
        """The expression as Python."""
        return ast.unparse(self.node)


@dataclass(frozen=True, slots=True)
class CallReader:
    """Reads calls off tokens; with `guess`, words without quotation marks are arguments too."""

    values: ValueReader
    signatures: Mapping[str, Signature]
    guess: bool = False

    @property
    def tokens(self) -> Sequence[Token]:
        """The tokens that are read."""
        return self.values.tokens

    def read(self, place: int) -> Call | None:
        """Return the call that begins there, if it states something of its own."""
        call = self._call(place, 0)
        return call if call is not None and self._begins_expression(place) else None

    def read_argument(self, place: int) -> Call | None:
        """Return the call that begins there, as an argument of something else."""
        return self._call(place, 0)

    def is_printed(self, place: int) -> bool:
        """Tell whether the call there is the argument of a function that prints."""
        return (
            place > 1
            and self.tokens[place - 1].text == "("
            and self.tokens[place - 2].is_in(_PRINTERS)
        )

    def _begins_expression(self, place: int) -> bool:
        before = self.tokens[place - 1] if place else None
        if before is None:
            return True
        if before.kind is Kind.DOT or before.is_in(_NO_CALL_AFTER):
            return False
        if before.kind is Kind.OPERATOR:
            earlier = self.tokens[place - 2] if place > 1 else None
            is_dash = before.text == "-" and self.tokens[place].is_apart
            return is_dash and (earlier is None or earlier.kind is Kind.WORD)
        if before.text == "(" and not before.is_apart and place > 1:
            return self.tokens[place - 2].kind is not Kind.WORD or self.is_printed(place)
        if before.kind is Kind.MARK and re.search(r"[!<>≤≥≠]", before.text):
            return False
        return not self._is_doubted(place)

    def _is_doubted(self, place: int) -> bool:
        """Tell whether the words before say that something is not as it should be."""
        for at in range(place - 1, max(place - _MAX_BACK, 0) - 1, -1):
            token = self.tokens[at]
            if token.kind in (Kind.NEWLINE, Kind.BREAK, Kind.STOP, Kind.SEMICOLON):
                return False
            if token.is_in(_DOUBTS):
                return True
        return False

    def _call(self, place: int, depth: int) -> Call | None:
        token, opening = self.tokens[place], self.tokens[place + 1]
        if token.kind is not Kind.WORD or opening.text != "(" or opening.is_apart:
            return None
        signature = self.signatures.get(token.text)
        if (signature is None and token.text not in _WRAPPERS) or depth > _MAX_DEPTH:
            return None
        found = self._arguments(place + 2, signature, depth)
        if found is None:
            return None
        arguments, keywords, end, reading = found
        parts = [*arguments, *(keyword.value for keyword in keywords)]
        if signature is None and not any(self._mentions(part) for part in parts):
            return None
        node = ast.Call(ast.Name(token.text), arguments, keywords)
        result = signature.result if signature else ValueKind.UNKNOWN
        name = token.text if signature else ""
        return self._postfix(Call(node, end, reading, result, name))

    def _mentions(self, node: ast.expr) -> bool:
        return any(
            isinstance(inner, ast.Name) and inner.id in self.signatures for inner in ast.walk(node)
        )

    def _arguments(
        self, place: int, signature: Signature | None, depth: int
    ) -> tuple[list[ast.expr], list[ast.keyword], int, Reading] | None:
        """Return the arguments by position and by name, and the place behind them."""
        arguments: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        reading = Reading.STRICT
        place = self.values.skip_lines(place)
        while self.tokens[place].text != ")" or self.tokens[place].kind is not Kind.CLOSE:
            token, name = self.tokens[place], ""
            if token.kind is Kind.WORD and self.tokens[place + 1].text in ("=", ":"):
                name, place = token.text, self.values.skip_lines(place + 2)
            given = self._argument(place, _parameter(signature, name, len(arguments)), depth)
            if given is None or len(arguments) == _MAX_ARGUMENTS:
                return None
            if name:
                keywords.append(ast.keyword(name, given.node))
            elif keywords:
                return None
            else:
                arguments.append(given.node)
            reading = reading.combined(given.reading)
            place = self.values.skip_lines(given.end)
            if self.tokens[place].kind is Kind.COMMA:
                place = self.values.skip_lines(place + 1)
            elif self.tokens[place].kind is not Kind.CLOSE:
                return None
        return arguments, keywords, place + 1, reading

    def _argument(self, place: int, parameter: Parameter | None, depth: int) -> Value | None:
        kind = parameter.kind if parameter else ValueKind.UNKNOWN
        if nested := self._call(place, depth + 1):
            return Value(nested.node, nested.end, nested.reading)
        found = self.values.read(place, kind) or self._function(place)
        ends = (Kind.COMMA, Kind.CLOSE, Kind.NEWLINE)
        if found is None and self.guess and kind is not ValueKind.OTHER:
            found = None if _is_class(self.tokens[place]) else self.values.read_word(place)
        return found if found is not None and self.tokens[found.end].kind in ends else None

    def _function(self, place: int) -> Value | None:
        """Return the lambda or the built-in function that is given there."""
        token, following = self.tokens[place], self.tokens[place + 1]
        is_alone = following.kind in (Kind.COMMA, Kind.CLOSE)
        if is_alone and token.is_in(_FUNCTIONS) and token.text not in self.values.names:
            return Value(ast.Name(token.text), place + 1, Reading.LOOSE)
        if not token.is_word("lambda"):
            return None
        end, depth, is_body = place, 0, False
        while self.tokens[end].kind not in LINE_ENDS:
            one = self.tokens[end]
            if depth == 0 and (one.kind is Kind.CLOSE or (is_body and one.kind is Kind.COMMA)):
                break
            depth += (one.kind is Kind.OPEN) - (one.kind is Kind.CLOSE)
            is_body = is_body or one.kind is Kind.COLON
            end += 1
        text = " ".join(one.text for one in self.tokens[place:end])
        try:
            written = parse_expression(text)
        except (SyntaxError, ValueError):
            return None
        return Value(written, end) if isinstance(written, ast.Lambda) else None

    def _postfix(self, call: Call) -> Call:
        """Return the call with indexes and methods of its value."""
        opening = self.tokens[call.end]
        if opening.text == "[" and not opening.is_apart:
            index = self.values.read(call.end + 1)
            if index is not None and self.tokens[index.end].text == "]":
                item = ast.Subscript(call.node, index.node)
                return self._postfix(Call(item, index.end + 1, call.reading))
        method = self.tokens[call.end + 1] if opening.kind is Kind.DOT else None
        if method is not None and method.kind is Kind.WORD:
            parenthesis = self.tokens[call.end + 2]
            found = self._arguments(call.end + 3, None, 0) if parenthesis.text == "(" else None
            if found is not None and not found[1]:
                node = ast.Call(ast.Attribute(call.node, method.text), found[0], [])
                return self._postfix(Call(node, found[2], call.reading.combined(found[3])))
        return call


def _is_class(token: Token) -> bool:
    """Tell whether a word looks like the name of a class or a type variable."""
    return token.text[:1].isupper()


def _parameter(signature: Signature | None, name: str, place: int) -> Parameter | None:
    if signature is None:
        return None
    if name:
        return signature.find(name)
    return signature.parameters[place] if place < len(signature.parameters) else None
