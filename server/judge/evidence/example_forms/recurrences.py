"""Facts of a sequence: `f(1) = 3` beside an equation such as `f(n) = f(n - 1) + 2`.

They say what the sequence of that name is, which the function of that name need not return.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stepcheck.server.judge.evidence.example_forms.calls import CallReader
from stepcheck.server.judge.evidence.example_forms.example import Reading
from stepcheck.server.judge.evidence.example_forms.statements import Statement
from stepcheck.server.judge.evidence.example_forms.tokens import Kind, Token
from stepcheck.server.judge.evidence.literals import read_expression

_MAX_EQUATION = 60


@dataclass(frozen=True, slots=True)
class _Equation:
    name: str
    paragraph: int


def doubt_facts(
    stated: Sequence[Statement], tokens: Sequence[Token], calls: CallReader
) -> list[Statement]:
    """Return the statements, facts of a sequence read loosely.

    Those are the ones in the paragraph of its equation. Where all are, and their results are of
    several types, the last shows what the function returns.
    """
    equations = _find_equations(tokens, calls)
    if not equations:
        return list(stated)
    names = {one.name for one in equations}
    facts = [one for one in stated if one.is_fact and one.name in names]
    near = [one for one in facts if _Equation(one.name, _paragraph(tokens, one.place)) in equations]
    types = {_type_of(one) for one in facts}
    if len(near) == len(facts) and len(types) > 1:
        near = [one for one in facts if _type_of(one) != _type_of(facts[-1])]
    return [_doubt(one) if one in near else one for one in stated]


def _doubt(statement: Statement) -> Statement:
    return replace(statement, example=replace(statement.example, reading=Reading.LOOSE))


def _type_of(statement: Statement) -> str:
    node = read_expression(statement.example.check.expected or "")
    value = getattr(node, "value", None)
    is_number = isinstance(value, int | float) or type(node).__name__ in ("UnaryOp", "BinOp")
    return "number" if is_number else type(value).__name__ + type(node).__name__


def _find_equations(tokens: Sequence[Token], calls: CallReader) -> set[_Equation]:
    """Return where a function is defined by calls of itself."""
    found = set()
    for place, token in enumerate(tokens):
        if token.text not in calls.signatures or tokens[place + 1].text != "(":
            continue
        end = _closing(tokens, place + 1)
        is_equation = end is not None and tokens[end + 1].kind in (Kind.EQUALS, Kind.ARROW)
        if not is_equation or end is None or calls.read_argument(place) is not None:
            continue
        if any(
            one.text == token.text and tokens[at + 1].text == "("
            for at, one in enumerate(tokens[end : end + _MAX_EQUATION], end)
        ):
            found.add(_Equation(token.text, _paragraph(tokens, place)))
    return found


def _closing(tokens: Sequence[Token], place: int) -> int | None:
    depth = 0
    for at in range(place, min(place + _MAX_EQUATION, len(tokens) - 1)):
        depth += (tokens[at].text == "(") - (tokens[at].text == ")")
        if depth == 0:
            return at
    return None


def _paragraph(tokens: Sequence[Token], place: int) -> int:
    return sum(token.kind is Kind.BREAK for token in tokens[:place])
