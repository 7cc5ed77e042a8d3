"""What the words of a task say of its inputs: "positive", "non-empty", "1 <= n <= 100"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from stepcheck.server.judge.evidence.domain.features import CHARACTERS, Feature

_COUNTED = {
    word: count for count, word in enumerate(("zero", "one", "two", "three", "four", "five"))
}
_RESULT = re.compile(
    r"\b(?:returns?|returned|returning|outputs?|results?|produces?|prints?|gives?|yields?|"
    r"generates?|creates?|computes?|counts?|finds?)\b",
    re.I,
)
_NUMBER = r"(?:integers?|ints?|numbers?|floats?|values?|reals?|numbers|digits|elements|amounts?)"
_BOUND = r"-?\d+(?:\.\d+)?(?:e\d+|\s*(?:\*\*|\^)\s*\d+)?"
_COUNTED_THINGS = (
    r"\.?\d|\s+\w*\s?(?:element|item|number|value|character|letter|digit|word|row|column|entr)"
)
"""What follows a number that says how many there are, and not how large."""

_ARTICLES = frozenset({"a", "an", "A", "I"})
_EXCLUDING: tuple[tuple[str, frozenset[Feature]], ...] = (
    (
        rf"(?<!non-)(?<!non )\bpositive\b(?:\s+\w+)?\s+{_NUMBER}",
        frozenset({Feature.NEGATIVE, Feature.ZERO}),
    ),
    (
        r"(?:must|should|are|is|all|be)\s+(?:strictly\s+)?positive\b(?!\s+or)",
        frozenset({Feature.NEGATIVE, Feature.ZERO}),
    ),
    (r"\b(?:non-?|not\s+)negative\b", frozenset({Feature.NEGATIVE})),
    (r"\bnatural\s+numbers?\b", frozenset({Feature.NEGATIVE})),
    (r"\b(?:non-?|not\s+(?:be\s+)?|never\s+)empty\b", frozenset({Feature.EMPTY})),
    (
        r"\bat\s+least\s+(?:one|1)\s+(?:element|item|number|character|entry|value|word)",
        frozenset({Feature.EMPTY}),
    ),
    (
        r"\bat\s+least\s+(?:two|2|three|3|four|4)\s+(?:\w+\s+)?(?:element|item|number|character|entr|value|word)",
        frozenset({Feature.EMPTY, Feature.SINGLE}),
    ),
    (
        r"\b(?:sorted|ordered|increasing|ascending|non-decreasing)\s+(?:\w+\s+)?(?:list|array|sequence|arrays|lists|order)\b|\b(?:is|are)\s+(?:already\s+)?sorted\b",
        frozenset({Feature.UNSORTED}),
    ),
    (
        r"\b(?:distinct|unique|different)\s+(?:\w+\s+)?(?:integers?|numbers?|elements?|values?|characters?|letters?|items?)\b|\bno\s+(?:duplicates?|repeated)\b|\bwithout\s+(?:duplicates|repetition)",
        frozenset({Feature.REPEATED}),
    ),
    (
        r"\b(?:lower\s*-?case|small)\s+(?:\w+\s+)?(?:letters?|strings?|characters?|words?|alphabets?)",
        CHARACTERS - {Feature.LOWER},
    ),
    (
        r"\b(?:upper\s*-?case|capital)\s+(?:\w+\s+)?(?:letters?|strings?|characters?|words?|alphabets?)",
        CHARACTERS - {Feature.UPPER},
    ),
    (
        r"\bdigits\s+only\b|\bonly\s+(?:of\s+)?digits\b|\bnumeric\s+strings?\b",
        CHARACTERS - {Feature.DIGITS},
    ),
    (r"\bASCII\b", frozenset({Feature.FOREIGN})),
    (r"\b(?:whole\s+numbers?|integers?)\b", frozenset({Feature.FRACTION})),
)
_PERMITTING: tuple[tuple[str, frozenset[Feature]], ...] = (
    (
        r"(?<!non-)(?<!non)(?<!non )(?<!not )\bnegative\b",
        frozenset({Feature.NEGATIVE, Feature.ZERO}),
    ),
    (
        r"\b(?:non-?|not\s+)negative\b|\bor\s+zero\b|\b(?:is|be|are|if)\s+(?:zero|0)\b|\bzero\s+or\b",
        frozenset({Feature.ZERO}),
    ),
    (r"\babsolute\s+value\b", frozenset({Feature.NEGATIVE, Feature.ZERO})),
    (r"(?<!non-)(?<!non)(?<!non )(?<!not )(?<!not be )\bempty\b", frozenset({Feature.EMPTY})),
    (
        r"\bcase[- ]?(?:in)?sensitive|\bignor\w+\s+case\b"
        r"|\bupper\s*-?\s*(?:case)?\s+(?:and|or)\s+lower",
        frozenset({Feature.UPPER, Feature.LOWER}),
    ),
    (
        r"\b(?:duplicat\w+|repeat\w*|more\s+than\s+once|occurrences?|frequenc\w+)\b",
        frozenset({Feature.REPEATED}),
    ),
    (r"\bunsorted\b|\bsort(?:s|ing)?\b(?!ed)", frozenset({Feature.UNSORTED})),
    (r"\b(?:spaces?|words?|sentences?)\b", frozenset({Feature.SPACES})),
    (
        r"\bpunctuation\b|\bspecial\s+characters?\b|\bnon-alphanumeric\b",
        frozenset({Feature.PUNCTUATION}),
    ),
    (r"\bunicode\b|\bany\s+characters?\b|\baccent", frozenset({Feature.FOREIGN})),
    (
        r"\bsingle(?:ton)?\s+(?:element|item)|\b(?:one|1)\s+(?:element|item)\b",
        frozenset({Feature.SINGLE}),
    ),
    (r"\b(?:floats?|floating[- ]point|decimals?|real\s+numbers?)\b", frozenset({Feature.FRACTION})),
    (r"\bNone\b|\bnull\b|\boptional\b", frozenset({Feature.NOTHING})),
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is said of an argument: which features it may have and may not, and its bounds.

    `low` and `high` bound a number, or the items of a list, both included.
    """

    permitted: frozenset[Feature] = field(default_factory=frozenset)
    excluded: frozenset[Feature] = field(default_factory=frozenset)
    low: float | None = None
    high: float | None = None

    def joined(self, other: "Stated") -> "Stated":
        """Return what both say together."""
        lows = [one for one in (self.low, other.low) if one is not None]
        highs = [one for one in (self.high, other.high) if one is not None]
        return Stated(
            self.permitted | other.permitted,
            self.excluded | other.excluded,
            max(lows, default=None),
            min(highs, default=None),
        )


def read_statement(text: str, name: str) -> Stated:
    """Return what a text says of an argument of that name, or of arguments in general.

    What it says of the result is left out, as far as the words tell.
    """
    permitted: set[Feature] = set()
    excluded: set[Feature] = set()
    for clause in _clauses(text):
        before_result = _before_result(clause)
        for pattern, meant in _EXCLUDING:
            if re.search(pattern, before_result, re.I):
                excluded |= meant
        for pattern, meant in _PERMITTING:
            if re.search(pattern, _without_result(clause), re.I):
                permitted |= meant
    low, high = _bounds(text, name)
    return Stated(frozenset(permitted - excluded), frozenset(excluded), low, high)


def _clauses(text: str) -> Iterable[str]:
    """Yield the sentences without their examples."""
    for line in text.splitlines():
        if line.lstrip().startswith((">>>", "...")):
            continue
        yield from re.split(r"(?<=[.;!?])\s+", line)


def _before_result(clause: str) -> str:
    """Return a sentence up to where it speaks of the result; all of it after "if" or "where"."""
    found = _RESULT.search(clause)
    if found is None:
        return clause
    condition = re.search(
        r"\b(?:given|from|for|of|in|where|if|from|takes?|input)\b", clause[found.end() :], re.I
    )
    return clause[: found.start()] + (
        clause[found.end() + condition.start() :] if condition else ""
    )


def _without_result(clause: str) -> str:
    """Return a sentence without "return an empty list" and the like."""
    pattern = rf"{_RESULT.pattern}\s+(?:\w+\s+){{0,2}}?(?:empty|none|null|zero|0|negative)\b"
    return re.sub(pattern, "", clause, flags=re.I)


def _bounds(text: str, name: str) -> tuple[float | None, float | None]:
    """Return the bounds that a text gives to the argument of that name."""
    low: float | None = None
    high: float | None = None
    word = rf"(?<![\w.])(?:len\()?`?{re.escape(name)}`?\)?(?:\[\w+\])?(?![\w(])"
    less, more = r"(<=|≤|<)", r"(>=|≥|>)"
    for found in re.finditer(rf"({_BOUND})\s*{less}\s*(?:\w+\s*,\s*)?{word}", text):
        low = _number(found[1]) + (found[2] == "<")
    for found in re.finditer(rf"{word}\s*(?:,\s*\w+\s*)?{less}\s*({_BOUND})", text):
        high = _number(found[2]) - (found[1] == "<")
    for found in re.finditer(rf"{word}\s*{more}\s*({_BOUND})", text):
        low = _number(found[2]) + (found[1] == ">")
    # The article is no name.
    named = rf"`{name}`" if name in _ARTICLES else word
    about = rf"{named}[^.\n]{{0,40}}?"
    for found in re.finditer(
        rf"{about}\b(?:between|range\s+(?:of|from)?|from)\s*[\[(]?\s*({_BOUND})\s*"
        rf"(?:and|to|,|-|\.\.)\s*({_BOUND})",
        text,
        re.I,
    ):
        low, high = _number(found[1]), _number(found[2])
    for found in re.finditer(rf"{about}\b(?:greater|larger|more)\s+than\s+({_BOUND})", text, re.I):
        low = _number(found[1]) + 1
    for found in re.finditer(
        rf"{about}\bat\s+least\s+({_BOUND})\b(?!{_COUNTED_THINGS})", text, re.I
    ):
        low = _number(found[1])
    for found in re.finditer(
        rf"{about}\b(?:at\s+most|up\s+to)\s+({_BOUND})\b(?!{_COUNTED_THINGS})", text, re.I
    ):
        high = _number(found[1])
    return low, high


def _number(text: str) -> float:
    base, _, power = re.sub(
        r"\s|\*\*", lambda found: "^" if "*" in found[0] else "", text
    ).partition("^")
    return float(base) ** float(power) if power else float(base)
