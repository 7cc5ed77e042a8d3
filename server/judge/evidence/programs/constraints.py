"""What a problem's text says about the values of its input: bounds, letters and lengths."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from stepcheck.server.judge.evidence.programs.notation import (
    NAME,
    NUMBER,
    base_name,
    read_number,
)

_VARIABLE = rf"(?:\|\s*{NAME}\s*\||{NAME}(?:\s*[-+]\s*\d+)?(?![A-Za-z]))"
_LIST = rf"(?:{NUMBER}|{_VARIABLE}(?:\s*,\s*{_VARIABLE})*)"
_CHAIN = re.compile(rf"(?<![\w^]){_LIST}(?:\s*(?:≤|<|≥|>)\s*{_LIST})+")
_UNREAD_TAIL = re.compile(r"[ \t]*(?:[*/^(+]|-[ \t]*[A-Za-z\d]|≤|<|min|max)")
_OPERATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "≤": operator.le,
    "<": operator.lt,
    "≥": operator.ge,
    ">": operator.gt,
}
_BETWEEN = re.compile(
    rf"(?P<length>length\s+of\s+|\|)?(?:the\s+)?(?:string\s+|word\s+|number\s+)?(?P<name>{NAME})\|?\s+"
    rf"(?:is|are|lies?|will\s+be|has\s+length)\s+(?:an?\s+\w+\s+)?(?:in\s+the\s+range\s+)?(?:between|from|\[)\s*"
    rf"(?P<low>{NUMBER})\s*(?:and|to|,)\s*(?P<high>{NUMBER})",
    re.I,
)
_MANY_LETTERS = re.compile(
    rf"(?:between|from)\s+(?P<low>{NUMBER})\s+(?:and|to)\s+(?P<high>{NUMBER})\s+(?:of\s+them"
    r"|\w*\s*(?:characters|letters|symbols|digits))|length\s+(?:of\s+the\s+\w+\s+)?(?:is\s+)?"
    rf"(?:between|from)\s+(?P<low2>{NUMBER})\s+(?:and|to)\s+(?P<high2>{NUMBER})"
    rf"|(?:at\s+most|not\s+(?:exceed|longer\s+than|more\s+than)|no\s+more\s+than|up\s+to)\s+"
    rf"(?P<high3>{NUMBER})\s+(?:characters|letters|symbols|digits)"
    rf"|length\s+(?:of\s+the\s+\w+\s+)?(?:(?:is\s+)?at\s+most|(?:does|do|will)\s+not\s+exceed)\s+"
    rf"(?P<high4>{NUMBER})",
    re.I,
)
_QUOTED = r"[\"'`“”‘’«»]+\s*(\S)\s*[\"'`“”‘’«»]+"
_QUOTED_LETTERS = re.compile(rf"{_QUOTED}(?:\s*(?:,|and|or|&)+\s*(?:and\s+|or\s+)?{_QUOTED})+")
_ALPHABETS = (
    (
        re.compile(r"\blower\s*-?case\b|\bsmall\s+(?:english|latin)", re.I),
        "abcdefghijklmnopqrstuvwxyz",
    ),
    (re.compile(r"\bupper\s*-?case\b|\bcapital\b", re.I), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    (
        re.compile(
            r"\bbinary\s+(?:string|number)|\bzeros?\s+and\s+ones?|\b0s?\s+and\s+1s?\b", re.I
        ),
        "01",
    ),
    (
        re.compile(
            r"\b(?:decimal\s+)?digits?\s+(?:only|from)|(?:consist\w*|made)\s+(?:only\s+)?of\s+digits",
            re.I,
        ),
        "0123456789",
    ),
)
_DISTINCT = re.compile(
    r"\b(?:pairwise\s+)?(?:distinct|unique)\b|\b(?:all|pairwise)\b[^.,]{0,40}\bdifferent\b"
    r"|\bdifferent\s+(?:integers|numbers|strings|words|letters)\b",
    re.I,
)
_PARITY = re.compile(
    rf"\b(?P<before>odd|even)\s+(?:\w+\s+)?(?:integer|number)s?\s+(?P<name>{NAME})(?![A-Za-z])"
    rf"|(?<![A-Za-z])(?P<name2>{NAME})\s+is\s+(?:always\s+)?(?:an?\s+)?(?P<after>odd|even)\b",
    re.I,
)
_PERMUTATION = re.compile(r"\bpermutation\b", re.I)
_SUM_BOUND = re.compile(
    r"[^.\n]*\b(?:sum|total)\b[^.\n]*\b(?:over|across|for|in)\s+all\b[^.\n]*\.?", re.I
)
_UNREAD = re.compile(
    r"\bguarante\w+|\btree\b|\bconnected\b|\bacyclic\b|\b(?:self[- ]?)loops?\b|\bmultiple\s+edges\b"
    r"|\bno\s+two\b|\bsorted\b|\b(?:in|de)creasing\b|\b(?:ascending|descending)\b|\bco-?prime\b"
    r"|\ba\s+valid\b|\bvalid\s+(?:bracket|sequence|expression|date|time)|\bwithout\s+leading\b"
    r"|\bleading\s+zero|\bmultiple\s+of\b|\bpower\s+of\s+(?:two|2)\b|\bprime\s+(?:number|integer)s?\s+(?=[a-z]\b)"
    r"|\bat\s+least\s+one\b|\bformat\b[^.]{0,20}\bHH|\bnot\s+all\b|\balways\b"
    r"|\bnot\s+equal\b|≠|\\neq?\b|!=|\bsubstring\s+of\b|\bdoes\s+not\s+contain\b|\bthere\s+(?:is|are)\s+no\b"
    r"|\bsuch\s+that\b|\bsatisf\w+|\bexactly\b|\bonce\b|\btwice\b|\bappears?\b|\bconvex\b"
    r"|\bcollinear\b|\bpolygon\b|\boverlap\w*|\bintersect\w*|\bcoincid\w+|\breachable\b",
    re.I,
)


_UNREAD_ANYWHERE = re.compile(
    r"\bguarante\w+|\btree\s+(?:is|(?:with|of|on)\s+\S+\s+(?:vert|node))|\bconnected\s+(?:graph|undirected|un)|\bwell-formed\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A bound: a number, or a variable plus an `offset`."""

    number: float | int | None = None
    variable: str | None = None
    offset: int = 0

    def of(self, values: Mapping[str, object]) -> float | int | None:
        """Return its value, or None where the variable has none yet."""
        if self.number is not None:
            return self.number
        value = values.get(self.variable or "")
        return value + self.offset if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Relation:
    """What has to hold between two terms; `sign` is one of ≤ < ≥ >."""

    left: Term
    sign: str
    right: Term

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds, as far as the values are known."""
        left, right = self.left.of(values), self.right.of(values)
        return left is None or right is None or _OPERATIONS[self.sign](left, right)


class Mention(Enum):
    """Where a text says that the values of a series are distinct, or a permutation.

    `ELSEWHERE` is not in what it says about the input, and may be about something else.
    """

    NONE = auto()
    OF_INPUT = auto()
    ELSEWHERE = auto()


@dataclass(frozen=True, slots=True)
class Constraints:
    """What is known about the values.

    `are_complete` is False where the text says more about them than was read: `unread` if that is
    no bound.
    """

    relations: tuple[Relation, ...] = ()
    alphabet: str = ""
    least_length: int = 1
    most_length: int | None = None
    parities: Mapping[str, int] = field(default_factory=dict)
    distinct: Mention = Mention.NONE
    permutation: Mention = Mention.NONE
    are_complete: bool = True
    unread: bool = False
    bounds: Mapping[str, tuple[tuple[Term, ...], tuple[Term, ...]]] = field(default_factory=dict)

    def lows(self, name: str) -> tuple[Term, ...]:
        """Return what a variable is at least."""
        return self.bounds.get(name, ((), ()))[0]

    def highs(self, name: str) -> tuple[Term, ...]:
        """Return what a variable is at most."""
        return self.bounds.get(name, ((), ()))[1]

    def hold(self, values: Mapping[str, object]) -> bool:
        """Whether all relations hold, as far as the values are known."""
        return all(relation.holds(values) for relation in self.relations) and all(
            value % 2 == parity
            for name, parity in self.parities.items()
            if isinstance(value := values.get(name), int)
        )


def read_constraints(text: str, about_input: str) -> Constraints:
    """Return what a text, in plain notation, says about the values of the input.

    `about_input` is the part of it that describes the input and its constraints.
    """
    relations = [*_chains(text), *_ranges(text)]
    lengths = _MANY_LETTERS.search(about_input)
    low = high = None
    if lengths:
        low = lengths["low"] or lengths["low2"]
        high = next(
            each
            for each in (lengths["high"], lengths["high2"], lengths["high3"], lengths["high4"])
            if each
        )
    rest = _SUM_BOUND.sub(" ", about_input)
    is_unread = bool(_UNREAD.search(rest) or _UNREAD_ANYWHERE.search(_SUM_BOUND.sub(" ", text)))
    is_whole = not is_unread and not any(
        _UNREAD_TAIL.match(text, found.end()) for found in _CHAIN.finditer(text)
    )
    return Constraints(
        tuple(relations),
        _alphabet(about_input),
        int(read_number(low) or 1) if low else 1,
        int(read_number(high) or 1) if high else None,
        {
            base_name(found["name"] or found["name2"]): int(
                (found["before"] or found["after"]).lower() == "odd"
            )
            for found in _PARITY.finditer(about_input)
        },
        _mention(_DISTINCT, rest, text),
        _mention(_PERMUTATION, rest, text),
        is_whole,
        is_unread,
        _bounds(relations),
    )


def _mention(pattern: re.Pattern[str], about_input: str, text: str) -> Mention:
    if pattern.search(about_input):
        return Mention.OF_INPUT
    return Mention.ELSEWHERE if pattern.search(text) else Mention.NONE


def _chains(text: str) -> Iterator[Relation]:
    for found in _CHAIN.finditer(text):
        pieces = re.split(r"\s*([≤<≥>])\s*", found[0])
        lists = [list(_terms(piece)) for piece in pieces[::2]]
        if _UNREAD_TAIL.match(text, found.end()):
            # What the last term belongs to was not read.
            lists[-1] = []
        for number, sign in enumerate(pieces[1::2]):
            for left in lists[number]:
                for right in lists[number + 1]:
                    yield Relation(left, sign, right)


def _terms(text: str) -> Iterator[Term]:
    number = read_number(text)
    if number is not None:
        yield Term(number)
        return
    for part in text.split(","):
        if (value := read_number(part)) is not None:
            yield Term(value)
        elif named := re.fullmatch(rf"\s*(\|\s*{NAME}\s*\||{NAME})(?:\s*([-+])\s*(\d+))?\s*", part):
            offset = int((named[2] or "+") + (named[3] or "0"))
            yield Term(variable=base_name(named[1]), offset=offset)


def _ranges(text: str) -> Iterator[Relation]:
    for found in _BETWEEN.finditer(text):
        low, high = read_number(found["low"]), read_number(found["high"])
        name = base_name(found["name"])
        variable = Term(variable=f"|{name}|" if found["length"] else name)
        if low is not None and high is not None:
            yield Relation(Term(low), "≤", variable)
            yield Relation(variable, "≤", Term(high))


def _bounds(
    relations: list[Relation],
) -> dict[str, tuple[tuple[Term, ...], tuple[Term, ...]]]:
    """Return for each variable what it is at least, and at most, transitively for chains."""
    lows: dict[str, list[Term]] = {}
    highs: dict[str, list[Term]] = {}
    for relation in relations:
        small, large, strict = relation.left, relation.right, relation.sign in "<>"
        if relation.sign in "≥>":
            small, large = large, small
        if large.variable is not None and large.offset == 0:
            lows.setdefault(large.variable, []).append(_moved(small, 1 if strict else 0))
        if small.variable is not None and small.offset == 0:
            highs.setdefault(small.variable, []).append(_moved(large, -1 if strict else 0))
    _inherit(lows)
    _inherit(highs)
    return {
        name: (tuple(lows.get(name, ())), tuple(highs.get(name, ()))) for name in {*lows, *highs}
    }


def _inherit(bounds: dict[str, list[Term]]) -> None:
    """Let what bounds a variable's bound be a bound of it too: in `1 ≤ l ≤ r ≤ n` n is one of l."""
    for _ in range(3):
        for name, terms in list(bounds.items()):
            inherited = [
                _moved(other, term.offset)
                for term in terms
                if term.variable and term.variable != name
                for other in bounds.get(term.variable, ())
            ]
            bounds[name] = list(dict.fromkeys([*terms, *inherited]))[:20]


def _moved(term: Term, by: int) -> Term:
    if term.number is not None:
        return Term(term.number + by)
    return Term(variable=term.variable, offset=term.offset + by)


def _alphabet(text: str) -> str:
    """Return the characters of words that the text names, or nothing."""
    if quoted := _QUOTED_LETTERS.search(text):
        return "".join(dict.fromkeys(re.findall(_QUOTED, quoted[0])))
    return "".join(letters for pattern, letters in _ALPHABETS if pattern.search(text))
