"""Strategies for texts like those of examples: of words, with a form of their own, or neither.

A text with a form, such as a date, keeps it: its numbers keep their width, and a year does not
begin with 0. Words between spaces are exchanged for each other, brackets stay closed.
"""

import re
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_PART = re.compile(r"\d+|\D")
_DATE_OR_TIME = re.compile(
    r"(?<!\d)(?:\d{4}([-/.])\d\d\1\d\d|\d\d([-/.])\d\d\2\d{4}|\d\d:\d\d(?::\d\d)?)(?!\d)"
)
_DIGITS_OF_YEAR = 4
_YEARS = (1970, 2040)
_MONTHS, _DAYS = 12, 28


def texts_like(shown: list[str], constants: Sequence[str]) -> SearchStrategy[str]:
    """Return a strategy for texts like those shown; some words may be `constants`."""
    spaced = [text for text in shown if " " in text.strip()]
    if spaced:
        return st.one_of([_words(text, shown, constants) for text in dict.fromkeys(spaced)])
    letters = sorted(set("".join(shown)))
    if not letters:
        return st.sampled_from(shown)
    if all(map(_is_balanced, shown)):
        return _balanced(letters, max(map(len, shown)))
    if any(not letter.isalpha() for letter in letters) and any(map(str.isalnum, letters)):
        # Such a text has a form of its own: only its letters and digits are exchanged.
        return st.one_of([_formed(text, letters) for text in dict.fromkeys(shown)])
    shortest, longest = min(map(len, shown)), max(map(len, shown))
    made = st.text(letters, min_size=min(shortest, 1), max_size=longest + 2)
    classes = set(map(_classes, shown))
    alike = [one for one in constants if len(one) > 1 and _classes(one) in classes]
    return st.one_of(made, made, st.sampled_from(alike)) if alike else made


def _words(model: str, shown: list[str], constants: Sequence[str]) -> SearchStrategy[str]:
    """Return a strategy for texts of words, as many as the model has."""
    words = {word for text in shown for word in text.split(" ") if word}
    classes = {_classes(word) for word in words}
    known = sorted(words | {one for one in constants if _classes(one) in classes})
    formed = [word for word in words if _has_form(word)]
    letters = sorted(set("".join(words)))
    has_numbers = bool(formed) or any(map(str.isdigit, known))
    is_padded = any(word.isdigit() and word.startswith("0") and len(word) > 1 for word in words)

    def like(word: str) -> SearchStrategy[str]:
        if word in formed or (is_padded and word.isdigit()):
            return _formed(word, letters)
        if has_numbers and not word.isdigit():
            # Words among numbers are a form to be filled in.
            return st.just(word)
        alike = [other for other in known if other.isdigit() == word.isdigit()]
        return st.one_of(st.just(word), st.sampled_from(alike)) if word else st.just(word)

    return st.tuples(*map(like, model.split(" "))).map(" ".join)


def _has_form(word: str) -> bool:
    """Tell whether it is made of numbers and signs between them, such as a date."""
    return re.fullmatch(r"\d+(?:[^\w\s]\d+)+\w*", word) is not None


def _formed(model: str, letters: list[str]) -> SearchStrategy[str]:
    """Return a strategy for texts of the form; of dates and times, some are real and some not."""
    exchanged = st.tuples(*_exchanged(model, letters)).map("".join)
    if _DATE_OR_TIME.search(model) is None:
        return exchanged
    return st.one_of(st.tuples(*_real(model)).map("".join), exchanged)


def _exchanged(model: str, letters: list[str]) -> Iterator[SearchStrategy[str]]:
    """Yield for each letter those alike: digits for digits, letters for letters."""
    for part in _PART.findall(model):
        is_year = len(part) == _DIGITS_OF_YEAR and not part.startswith("0")
        for place, letter in enumerate(part):
            alike = [
                other
                for other in letters
                if _class(other) == _class(letter) and not (is_year and place == 0 and other == "0")
            ]
            kept = st.just(letter)
            yield st.one_of(kept, st.sampled_from(alike)) if letter.isalnum() else kept


def _real(model: str) -> Iterator[SearchStrategy[str]]:
    """Yield the parts of a text with other dates and times in it, the order of parts kept."""
    end = 0
    for found in _DATE_OR_TIME.finditer(model):
        yield st.just(model[end : found.start()])
        end = found.end()
        is_time = ":" in found[0]
        for place, part in enumerate(_PART.findall(found[0])):
            if not part.isdigit():
                yield st.just(part)
            elif len(part) == _DIGITS_OF_YEAR:
                yield st.integers(*_YEARS).map(str)
            else:
                # Which of two is the month shows only where the other is higher.
                most = _DAYS if int(part) > _MONTHS else _MONTHS
                if is_time:
                    most = 59 if place else 23
                yield st.integers(int(not is_time), most).map("{:02}".format)
    yield st.just(model[end:])


def _classes(word: str) -> tuple[bool, bool, bool, bool]:
    """Return what kind of word it is, if it is one at all."""
    return word.isidentifier(), word.isdigit(), word.islower(), word.isupper()


def _class(letter: str) -> tuple[bool, bool]:
    return letter.isdigit(), letter.isalpha()


def _is_balanced(text: str) -> bool:
    """Tell whether it is nothing but brackets, each closed."""
    closing: list[str] = []
    for letter in text:
        if letter in _BRACKETS:
            closing.append(_BRACKETS[letter])
        elif not closing or closing.pop() != letter:
            return False
    return not closing and text != ""


def _balanced(letters: list[str], longest: int) -> SearchStrategy[str]:
    pairs = [(letter, _BRACKETS[letter]) for letter in letters if letter in _BRACKETS]

    @st.composite
    def texts(draw: DrawFn) -> str:
        made, closing = "", ""
        for _ in range(draw(st.integers(1, longest // 2 + 1))):
            opening, end = draw(st.sampled_from(pairs))
            made, closing = made + opening, end + closing
            closes = draw(st.integers(0, len(closing)))
            made, closing = made + closing[:closes], closing[closes:]
        return made + closing

    return texts()
