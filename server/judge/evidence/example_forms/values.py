"""Productions for values: literals, displays, formulas, and values said in words.

value    = sum { "=" sum }            a chain whose last part is the value
sum      = product { ("+" | "-") product }
product  = power { ("*" | "/" | "//" | "%") power }
power    = [ "-" ] primary [ "**" power ]
primary  = number | text | constant | display | constructor "(" [ value ] ")" | words
words    = [ "an" ] "empty" ( "list" | "string" | … ) | "nothing"
"""

import ast
import builtins
import math
from collections.abc import Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.example_forms.example import Reading, ValueKind
from stepcheck.server.judge.evidence.example_forms.tokens import Kind, Token
from stepcheck.server.sandbox.parsing import parse_expression

_CONSTANTS = {
    "true": True, "false": False, "True": True, "False": False, "TRUE": True, "FALSE": False,
    "null": None, "nil": None, "None": None, "none": None, "NULL": None, "nothing": None,
}  # fmt: skip
_CONSTRUCTORS = {"set", "frozenset", "dict", "list", "tuple", "bytearray", "complex", "float"}
_EMPTY = {
    "list": "[]", "array": "[]", "string": "''", "str": "''", "text": "''", "dictionary": "{}",
    "dict": "{}", "map": "{}", "object": "{}", "tuple": "()", "set": "set()",
}  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_OPERATORS: dict[str, ast.operator] = {
    "+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div(), "//": ast.FloorDiv(),
    "%": ast.Mod(), "**": ast.Pow(),
}  # fmt: skip
_MAX_DEPTH = 40
_MAX_ITEMS = 2_000
_MOST = 10.0**30
_MAX_REPEATED = 100_000


@dataclass(frozen=True, slots=True)
class Value:
    """A value of literals alone, up to the token at `end`, as it was written and read.

    It is a `formula` if it has to be calculated.
    """

    node: ast.expr
    end: int
    reading: Reading = Reading.STRICT
    is_formula: bool = False

    @property
    def source(self) -> str:
        """The value as Python."""
        return ast.unparse(self.node)


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads values off tokens; `names` are those of parameters and functions, and no values."""

    tokens: Sequence[Token]
    names: frozenset[str] = frozenset()

    def read(self, place: int, kind: ValueKind = ValueKind.UNKNOWN) -> Value | None:
        """Return the longest value from `place` on; a bare word only where `kind` is a text."""
        found = self._sum(place, 0)
        if found is None and kind.allows_words:
            return self.read_word(place)
        if found is None or (found.is_formula and calculate(found.node) is None):
            return None
        return found

    def read_word(self, place: int) -> Value | None:
        """Return the word there as a text, unless it is the name of something."""
        token = self.tokens[place]
        is_name = token.text in self.names or hasattr(builtins, token.text)
        if token.kind is not Kind.WORD or is_name:
            return None
        return Value(ast.Constant(token.text), place + 1, Reading.LOOSE)

    def skip_lines(self, place: int) -> int:
        """Return the next place that is not the end of a line."""
        while self.tokens[place].kind is Kind.NEWLINE:
            place += 1
        return place

    def _sum(self, place: int, depth: int) -> Value | None:
        return self._binary(place, depth, ("+", "-"))

    def _binary(self, place: int, depth: int, operators: tuple[str, ...]) -> Value | None:
        is_sum = "+" in operators
        found = self._product(place, depth) if is_sum else self._power(place, depth)
        while found is not None and (sign := self._operator(found.end)) in operators:
            right = (
                self._product(found.end + 1, depth) if is_sum else self._power(found.end + 1, depth)
            )
            if right is None:
                # What looks like a minus may be a dash before a remark.
                return found
            node = ast.BinOp(found.node, _OPERATORS[sign], right.node)
            found = Value(node, right.end, found.reading.combined(right.reading), is_formula=True)
        return found

    def _product(self, place: int, depth: int) -> Value | None:
        return self._binary(place, depth, ("*", "/", "//", "%"))

    def _operator(self, place: int) -> str:
        token = self.tokens[place]
        if token.kind is Kind.OPERATOR or (token.kind is Kind.COMMENT and token.text == "//"):
            return token.text
        return ""

    def _power(self, place: int, depth: int) -> Value | None:
        token = self.tokens[place]
        is_signed = token.kind is Kind.OPERATOR and token.text in "+-"
        base = self._primary(place + is_signed, depth)
        if base is not None and self._operator(base.end) == "**":
            base = self._raised(base, depth)
        if base is None or not is_signed:
            return base
        if calculate(base.node) is None:
            return None
        sign = ast.USub() if token.text == "-" else ast.UAdd()
        return Value(ast.UnaryOp(sign, base.node), base.end, base.reading, base.is_formula)

    def _raised(self, base: Value, depth: int) -> Value | None:
        exponent = self._power(base.end + 1, depth + 1) if depth < _MAX_DEPTH else None
        if exponent is None:
            return None
        node = ast.BinOp(base.node, ast.Pow(), exponent.node)
        return Value(node, exponent.end, Reading.STRICT, is_formula=True)

    def _primary(self, place: int, depth: int) -> Value | None:
        token = self.tokens[place]
        match token.kind:
            case Kind.NUMBER | Kind.TEXT:
                node = _literal(token.text)
                return Value(node, place + 1) if node is not None else None
            case Kind.OPEN:
                return self._display(place, depth + 1)
            case Kind.WORD:
                return self._named(place, depth)
        return None

    def _named(self, place: int, depth: int) -> Value | None:
        token, following = self.tokens[place], self.tokens[place + 1]
        is_call = following.text == "(" and not following.is_apart
        if token.text in _CONSTANTS and token.text not in self.names and not is_call:
            return Value(ast.Constant(_CONSTANTS[token.text]), place + 1)
        if token.text in _CONSTRUCTORS and is_call:
            inner = self._display(place + 1, depth + 1)
            if inner is None:
                return None
            given = inner.node.elts if isinstance(inner.node, ast.Tuple) else [inner.node]
            made = ast.Call(ast.Name(token.text), list(given), [])
            return Value(made, inner.end, inner.reading) if len(given) < 3 else None
        start = place + 1 if token.is_word("an", "the") else place
        if self.tokens[start].is_word("empty"):
            said = self.tokens[start + 1]
            if said.kind is Kind.WORD and said.text.lower() in _EMPTY:
                node = parse_expression(_EMPTY[said.text.lower()])
                return Value(node, start + 2)
        return None

    def _display(self, place: int, depth: int) -> Value | None:
        """Return a list, tuple, set, dictionary, or what stands in parentheses."""
        opening = self.tokens[place].text
        if depth > _MAX_DEPTH:
            return None
        closing = _CLOSING[opening]
        keys: list[ast.expr] = []
        items: list[ast.expr] = []
        reading = Reading.STRICT
        is_formula = False
        place = self.skip_lines(place + 1)
        comma = False
        while self.tokens[place].text != closing or self.tokens[place].kind is not Kind.CLOSE:
            if (items and not comma) or len(items) == _MAX_ITEMS:
                return None
            item = self._sum(place, depth) or self._key(place, opening)
            if item is None:
                return None
            place = self.skip_lines(item.end)
            reading = reading.combined(item.reading)
            if opening == "{" and self.tokens[place].kind is Kind.COLON:
                keys.append(item.node)
                item = self._sum(self.skip_lines(place + 1), depth)
                if item is None:
                    return None
                place = self.skip_lines(item.end)
                reading = reading.combined(item.reading)
            items.append(item.node)
            is_formula = is_formula or item.is_formula
            comma = self.tokens[place].kind is Kind.COMMA
            place = self.skip_lines(place + 1) if comma else place
        if keys and len(keys) != len(items):
            return None
        if opening == "(" and len(items) == 1 and not comma:
            return Value(items[0], place + 1, reading, is_formula)
        return Value(_make_display(opening, keys, items), place + 1, reading)

    def _key(self, place: int, opening: str) -> Value | None:
        """Return the key of a JavaScript object, which needs no quotation marks."""
        token, following = self.tokens[place], self.tokens[place + 1]
        if opening == "{" and token.kind is Kind.WORD and following.kind is Kind.COLON:
            return Value(ast.Constant(token.text), place + 1, Reading.LOOSE)
        return None


def _make_display(opening: str, keys: list[ast.expr], items: list[ast.expr]) -> ast.expr:
    if opening == "[":
        return ast.List(items)
    if opening == "(":
        return ast.Tuple(items)
    if keys or not items:
        return ast.Dict(list(keys), items)
    return ast.Set(items)


def _literal(text: str) -> ast.expr | None:
    try:
        return parse_expression(text)
    except (SyntaxError, ValueError, MemoryError):
        return None


def calculate(node: ast.expr) -> object | None:
    """Return what a formula of literals comes to, or None where that is too much, or an error."""
    try:
        return _calculate(node)
    except (ArithmeticError, ValueError, TypeError, SyntaxError, RecursionError):
        return None


def _calculate(node: ast.expr) -> object:
    match node:
        case ast.UnaryOp(op=sign, operand=operand):
            number = _calculate(operand)
            if isinstance(number, int | float):
                return -number if isinstance(sign, ast.USub) else number
            raise TypeError
        case ast.BinOp(left=left, op=operator, right=right):
            return _apply(operator, _calculate(left), _calculate(right))
        case ast.Constant(value=value) if value is not None:
            return value
    return ast.literal_eval(node)


def _apply(operator: ast.operator, left: object, right: object) -> object:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return _join(operator, left, right)
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case ast.FloorDiv():
            return left // right
        case ast.Mod():
            return left % right
        case ast.Pow() if abs(left) <= 1 or right * math.log10(abs(left)) <= math.log10(_MOST):
            return float(left**right) if isinstance(right, float) else _power(left, right)
    raise ArithmeticError


def _power(base: float, exponent: int) -> object:
    power: object = base**exponent
    return power


def _join(operator: ast.operator, left: object, right: object) -> object:
    """Return texts or lists joined or repeated."""
    match operator, left, right:
        case ast.Add(), str(), str():
            return left + right
        case ast.Add(), list(), list():
            return left + right
        case ast.Mult(), str() | list(), int() if len(left) * right <= _MAX_REPEATED:
            return left * right
    raise TypeError
