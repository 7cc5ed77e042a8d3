"""What a problem's text says about outputs: which differences it allows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ERROR = re.compile(
    r"\b(?:absolute|relative)\b[^.;]{0,60}?\b(?:error|difference|precision)|\btolerance"
    r"|\b(?:accuracy|error|precision)\s+(?:of|not|at\s+most|less|within|smaller|should|must|does|is|up|"
    r"no\s+more)\b|\baccurate\s+(?:to|within)|\bwithin\s+(?=10|1e|0\.0)",
    re.I,
)
_POWER = re.compile(
    r"10\s*(?:\^|\*\*)?\s*\{?\s*\(?\s*[-–−—]\s*(\d{1,2})|\b1[eE][-–−]0*(\d{1,2})\b|10([⁻][⁰¹²³⁴-⁹]+)"
)
_SMALL = re.compile(r"\b0?\.(0*1)\b")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ANY_CASE = re.compile(
    r"\b(?:any|either|arbitrary)\s+(?:letter\s+)?(?:case|register)\b|\bcase[\s-]*insensitive"
    r"|\b(?:upper|lower)[\s-]?(?:case)?\s*(?:or|and|/)\s*(?:upper|lower)[\s-]?case\s+letters?\s+"
    r"(?:are|is|will\s+be)?\s*(?:both\s+)?(?:accepted|allowed|recogni[sz]ed|treated|do)"
    r"|\bcase\s+(?:of\s+(?:the\s+)?letters?\s+)?(?:does\s+not|doesn't)\s+matter|\bignor\w+\s+(?:the\s+)?case",
    re.I,
)
_ANY_ORDER = re.compile(
    r"\b(?:any|arbitrary|whatever)\s+(?:possible\s+)?order\b"
    r"|\border\b[^.;]{0,40}\b(?:does\s+not|doesn't|do\s+not)\s+matter|\border\s+is\s+(?:not|un)\s*important",
    re.I,
)
_ABOUT_OUTPUT = re.compile(
    r"\b(?:print|output|display|write|report|list|return|give|answer)(?:s|ed|ing|ted|ting)?\b", re.I
)
_ANY_ANSWER = re.compile(
    r"\b(?:print|output|find|give|report|choose|display|write|provide|construct|return|show|pick|"
    r"select|determine)\s+(?:out\s+)?(?:any|an\s+arbitrary|whichever)\b"
    r"(?!\s+(?:case|order|letter|character|extra|additional|other|more|spaces?|blank|output|error))"
    r"|\bany\s+(?:one\s+)?of\s+(?:them|these|those|such|the\s+(?:possible|valid|correct|optimal|best))\b"
    r"|\bany\s+(?:valid|correct|possible|suitable|optimal|such|acceptable|appropriate)\s+(?:\w+\s+){0,3}"
    r"(?:will|is|are|can|may|would)\b"
    r"|\bany\s+(?:one\s+)?(?:answer|solution|\w+)\s+(?:is|are|will\s+be|would\s+be)\s+(?:accepted|allowed|correct|fine)"
    r"|\b(?:multiple|several|many|more\s+than\s+one|different|other)\s+(?:\w+\s+){0,3}(?:answers?|solutions?|\w+)"
    r"[^.;]{0,60}\b(?:accept\w*|arbitrary|whichever|one\s+of\s+them|any\b(?!\s+order))"
    r"|\ball\s+(?:of\s+(?:them|which)\s+)?(?:are|will\s+be)\s+(?:accepted|considered\s+correct)"
    r"|\bspecial\s+(?:judge|checker)\b",
    re.I,
)
_INTERACTIVE = re.compile(
    r"\binteractive\s+(?:problem|task|protocol|library)|\bflush\s+(?:the\s+)?(?:output|stdout|buffer)|\binteract\s+with",
    re.I,
)
_NO_ANSWER = re.compile(
    r"\b(?:print|output|display|write)\b[^.;\n]{0,60}?[\"'“‘«`*$]*(-1|no|impossible|nope|none|unsolvable|"
    r"no\s+solution|not\s+possible)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class OutputRules:
    """Which differences from a right output may be right as well.

    `tolerance` is of the absolute or relative error of a number, None where none is stated.
    `allows_others` says that there may be more than one right output; `without_answer` are then the
    words for that there is none, which is a fact. `is_interactive`: the program answers to another
    one, and what it prints depends on that.
    """

    tolerance: float | None = None
    any_case: bool = False
    any_order: bool = False
    allows_others: bool = False
    is_interactive: bool = False
    without_answer: frozenset[str] = frozenset()


def read_rules(text: str) -> OutputRules:
    """Return what a problem's text says about outputs."""
    plain = re.sub(r"\s+", " ", text.replace("$", " ").replace("\\", " "))
    sentences = list(_sentences(plain))
    return OutputRules(
        tolerance=_tolerance(sentences),
        any_case=bool(_ANY_CASE.search(plain)),
        any_order=any(_allows_any_order(sentence) for sentence in sentences),
        allows_others=any(_allows_others(sentence) for sentence in sentences),
        is_interactive=bool(_INTERACTIVE.search(plain)),
        without_answer=frozenset(found[1].lower() for found in _NO_ANSWER.finditer(plain)),
    )


def _sentences(text: str) -> Iterator[str]:
    yield from (part for part in re.split(r"(?<=[.;!?])\s+(?=[A-Z\"(\-])", text) if part)


def _allows_any_order(sentence: str) -> bool:
    return bool(_ANY_ORDER.search(sentence) and _ABOUT_OUTPUT.search(sentence))


def _allows_others(sentence: str) -> bool:
    return bool(_ANY_ANSWER.search(sentence))


def _tolerance(sentences: list[str]) -> float | None:
    """Return the tolerance that is stated: the number that follows on the word for an error."""
    for sentence in sentences:
        for place in _ERROR.finditer(sentence):
            rest = sentence[place.start() : place.end() + 160]
            if power := _POWER.search(rest):
                digits = power[1] or power[2] or power[3].lstrip("⁻").translate(_SUPERSCRIPTS)
                return float(10.0 ** -int(digits))
            if small := _SMALL.search(rest):
                return float(f"0.{small[1]}")
    return None
