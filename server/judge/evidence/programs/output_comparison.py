"""Whether what a program printed is what it had to print, as contests compare."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from stepcheck.server.judge.evidence.programs.output_rules import OutputRules

_DECIMAL = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?:\.\d*)?[eE][-+]?\d+)")
_INTEGER = re.compile(r"[-+]?\d+")
_YES_OR_NO = frozenset({"yes", "no"})


class Match(StrEnum):
    """How an output compares with the one wanted; the values say why nothing is decided."""

    EQUAL = "equal"
    DIFFERENT = "different"
    ANOTHER_ANSWER = "which may be as good"
    ANOTHER_NOTATION = "which differs in notation only"
    ANOTHER_LAYOUT = "which differs in blanks only"
    ANOTHER_ORDER = "which differs in order only"
    INTERACTIVE = "in a dialogue that was not held"

    @property
    def decides(self) -> bool:
        """Whether it says that the output is right, or wrong."""
        return self in (Match.EQUAL, Match.DIFFERENT)


def compare(printed: str, readings: Sequence[str], rules: OutputRules) -> Match:
    """Compare what was printed with an output, that is with every reading of it.

    Blanks and blank lines at the ends count for nothing, nor do line breaks between words. Numbers
    may differ within the tolerance; without one, decimals have to agree in the digits that the
    wanted output has.
    """
    found = [_compare(printed, wanted, rules) for wanted in readings]
    if Match.EQUAL in found:
        return Match.EQUAL
    return next((match for match in found if not match.decides), Match.DIFFERENT)


def _compare(printed: str, wanted: str, rules: OutputRules) -> Match:
    if rules.any_case:
        printed, wanted = printed.lower(), wanted.lower()
    match = _compare_lines(printed, wanted, rules)
    if match is not Match.DIFFERENT:
        return match
    if rules.is_interactive:
        return Match.INTERACTIVE
    if rules.allows_others and not _denies_answer(printed, wanted, rules):
        return Match.ANOTHER_ANSWER
    return match


def _compare_lines(printed: str, wanted: str, rules: OutputRules) -> Match:
    got_tokens, wanted_tokens = printed.split(), wanted.split()
    match = _compare_tokens(got_tokens, wanted_tokens, rules)
    if match is Match.EQUAL:
        return Match.EQUAL if _has_layout(printed, wanted) else Match.ANOTHER_LAYOUT
    if match is Match.DIFFERENT and rules.any_order:
        return _compare_unordered(printed, wanted)
    return match


def _has_layout(printed: str, wanted: str) -> bool:
    """Whether blanks agree where they matter: in a drawing, which has some within its lines."""
    wanted_lines = _lines(wanted)
    if not any(re.search(r"^\s|\S\s{2,}\S", line) for line in wanted_lines[1:] or wanted_lines):
        return True
    return _lines(printed) == wanted_lines


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\r\n").splitlines() if line.strip()]


def _compare_tokens(got: Sequence[str], wanted: Sequence[str], rules: OutputRules) -> Match:
    if len(got) != len(wanted):
        return Match.DIFFERENT
    found = {_compare_token(one, other, rules) for one, other in zip(got, wanted, strict=True)} or {
        Match.EQUAL
    }
    if Match.DIFFERENT in found:
        return Match.DIFFERENT
    return Match.ANOTHER_NOTATION if Match.ANOTHER_NOTATION in found else Match.EQUAL


def _compare_token(got: str, wanted: str, rules: OutputRules) -> Match:
    if got == wanted:
        return Match.EQUAL
    if not (_is_number(got) and _is_number(wanted)):
        return Match.DIFFERENT
    if rules.tolerance is not None:
        return _within(got, wanted, rules.tolerance)
    if not _DECIMAL.fullmatch(wanted):
        # An integer is wanted: a decimal, or zeros in front, is none.
        return Match.DIFFERENT
    return _compare_digits(got, wanted)


def _is_number(token: str) -> bool:
    return bool(_INTEGER.fullmatch(token) or _DECIMAL.fullmatch(token))


def _within(got: str, wanted: str, tolerance: float) -> Match:
    """Compare by a tolerance; a decimal with fewer digits than that was rounded for the page."""
    printed, right = float(got), float(wanted)
    if not (math.isfinite(printed) and math.isfinite(right)):
        return Match.ANOTHER_NOTATION
    allowed = tolerance * max(1.0, abs(right))
    if _DECIMAL.fullmatch(wanted):
        allowed = max(allowed, _half_unit(wanted))
    return Match.EQUAL if abs(printed - right) <= allowed * (1 + 1e-9) else Match.DIFFERENT


def _compare_digits(got: str, wanted: str) -> Match:
    """Compare a decimal by the digits that are printed, where no tolerance is stated."""
    printed, right = float(got), float(wanted)
    if not (math.isfinite(printed) and math.isfinite(right)):
        return Match.DIFFERENT
    if printed == right:
        return Match.EQUAL if _DECIMAL.fullmatch(got) else Match.ANOTHER_NOTATION
    error, unit = abs(printed - right), 2 * _half_unit(wanted)
    if _half_unit(got) <= _half_unit(wanted) and error <= unit / 2 * (1 + 1e-9):
        return Match.EQUAL
    # The last digit may be rounded otherwise; fewer digits may be too few.
    return Match.ANOTHER_NOTATION if error <= max(unit, 2 * _half_unit(got)) else Match.DIFFERENT


def _half_unit(number: str) -> float:
    """Return half a unit of a number's last digit: what it may have been rounded by."""
    digits, _, exponent = number.lower().partition("e")
    places = len(digits.partition(".")[2])
    return float(0.5 * 10.0 ** (int(exponent or 0) - places))


def _compare_unordered(printed: str, wanted: str) -> Match:
    """Compare where any order is allowed, though not whether of lines or of words in them."""
    got_lines, wanted_lines = (
        [line.split() for line in text.splitlines() if line.split()] for text in (printed, wanted)
    )
    ordered = [list(map(tuple, lines)) for lines in (got_lines, wanted_lines)]
    if Counter(ordered[0]) == Counter(ordered[1]):
        return Match.EQUAL
    sorted_words = [[tuple(sorted(line)) for line in lines] for lines in (got_lines, wanted_lines)]
    if sorted_words[0] == sorted_words[1]:
        return Match.EQUAL
    if Counter(printed.split()) == Counter(wanted.split()):
        return Match.ANOTHER_ORDER
    return Match.DIFFERENT


def _denies_answer(printed: str, wanted: str, rules: OutputRules) -> bool:
    """Tell whether one of two outputs says that there is no answer, and the other gives one.

    Where there are several right answers, that there is none is still a fact.
    """
    first_got, first_wanted = (text.lower().split()[:1] for text in (printed, wanted))
    if not first_got:
        return True
    if {*first_got, *first_wanted} == _YES_OR_NO:
        return True
    got, right = (" ".join(text.lower().split()) for text in (printed, wanted))
    return (got in rules.without_answer) != (right in rules.without_answer)
