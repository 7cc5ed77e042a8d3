"""Productions for what stands between a call and its result.

    relation = [ "," | "-" ] ( sign | verbs | comment [ sign | verbs ] )
    sign     = "=>" | "->" | "➞" | "=" | "==" | ":" | "≈"
    verbs    = { lead } verb { filler } [ ":" | "=" | "=>" ]

as in `f(2) => 4`, `f(2), which should return the value 4`, `f(2)  # returns 4`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from stepcheck.server.judge.evidence.example_forms.tokens import Kind, Token, words


class Style(Enum):
    """How a call is related to its result."""

    SIGN = "f(2) => 4"
    VERB = "f(2) returns 4"
    COMMENT = "f(2)  # 4"


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation, whose result begins at the token at `end`."""

    end: int
    style: Style
    is_about: bool = False
    raises: bool = False


_VERBS = words(
    "return returns returned returning be is are was equal equals give gives giving gave "
    "yield yields produce produces output outputs print prints printed display displays "
    "evaluate evaluates result results become becomes get gets obtain has compute computes "
    "answer expected means"
)
_LEADS = words(
    "which it this that we you function call the its then thus so should must will would "
    "shall can to always expected supposed also both all each just simply value correct "
    "case in therefore hence now evaluation these calls"
)
_FILLERS = words(
    "to in the a value string list array number integer int float boolean bool dictionary "
    "dict tuple set result output answer be is are exactly out back following as equal "
    "expected simply just only still always that equals return returns of"
)
_AFTER_VERB = _FILLERS | _VERBS | _LEADS
_RAISING = words("raise raises raised raising throw throws threw throwing")
_ABOUT = words("about approximately approx around roughly nearly almost circa")
_MAX_WORDS = 9


def read_relation(tokens: Sequence[Token], place: int) -> Relation | None:
    """Return the relation that begins there, or None."""
    while tokens[place].kind is Kind.SEMICOLON or _is_stray(tokens[place]):
        place += 1
    token = tokens[place]
    if token.kind is Kind.COMMENT:
        return _read_comment(tokens, place + 1)
    if token.kind in (Kind.ARROW, Kind.EQUALS, Kind.ABOUT, Kind.COLON):
        return _read_after_sign(tokens, place)
    if token.kind in (Kind.COMMA, Kind.DASH) or token.text == "-":
        place += 1
    return _read_verbs(tokens, place, Style.VERB)


def _is_stray(token: Token) -> bool:
    """Tell whether it is a quotation mark that closes what no longer is a quotation."""
    return token.kind is Kind.MARK and token.text in "'\"”’»"


def _read_after_sign(tokens: Sequence[Token], place: int) -> Relation | None:
    is_about = tokens[place].kind is Kind.ABOUT
    verbs = _read_verbs(tokens, place + 1, Style.SIGN)
    if verbs is not None:
        return verbs
    end = _skip_about(tokens, place + 1)
    return Relation(end, Style.SIGN, is_about or end > place + 1)


def _read_comment(tokens: Sequence[Token], place: int) -> Relation:
    """Return the relation of a comment, which may state the result alone."""
    while tokens[place].kind is Kind.COMMENT:
        place += 1
    if tokens[place].kind in (Kind.ARROW, Kind.EQUALS, Kind.ABOUT, Kind.COLON):
        after = _read_after_sign(tokens, place)
        if after is not None:
            return after
    verbs = _read_verbs(tokens, place, Style.COMMENT)
    if verbs is not None:
        return verbs
    end = _skip_about(tokens, place)
    return Relation(end, Style.COMMENT, end > place)


def _read_verbs(tokens: Sequence[Token], place: int, style: Style) -> Relation | None:
    start = place
    while tokens[place].is_in(_LEADS) and place - start < _MAX_WORDS:
        place = _skip_line_end(tokens, place + 1)
    found = tokens[place]
    if found.is_in(_RAISING):
        return Relation(place + 1, style, raises=True)
    is_expected = place > start and tokens[place - 1].is_word("expected")
    if not found.is_in(_VERBS) and not is_expected:
        return None
    place = _skip_line_end(tokens, place + 1) if found.is_in(_VERBS) else place
    while tokens[place].is_in(_AFTER_VERB) and place - start < _MAX_WORDS:
        if tokens[place].is_word("of") and not tokens[place - 1].is_word("value", "output"):
            return None
        place = _skip_line_end(tokens, place + 1)
    if tokens[place].kind in (Kind.COLON, Kind.EQUALS, Kind.ARROW):
        place = _skip_line_end(tokens, place + 1)
    if tokens[place].is_in(_RAISING):
        return Relation(place + 1, style, raises=True)
    end = _skip_about(tokens, place)
    return Relation(end, style, end > place)


def _skip_line_end(tokens: Sequence[Token], place: int) -> int:
    """Return the place, or the next if a line ends there: sentences go on."""
    return place + 1 if tokens[place].kind is Kind.NEWLINE else place


def _skip_about(tokens: Sequence[Token], place: int) -> int:
    token = tokens[place]
    return place + 1 if token.kind is Kind.ABOUT or token.is_in(_ABOUT) else place
