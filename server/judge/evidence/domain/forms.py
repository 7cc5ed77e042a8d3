"""Whether texts have a form of their own, such as a date, and keep to it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

_OF_SENTENCES = re.compile(r"[A-Za-z\s.,;:!?'\"-]*")


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts in a plain value."""
    match value:
        case str():
            yield value
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from texts_in(item)
        case dict():
            for key, item in value.items():
                yield from texts_in(key)
                yield from texts_in(item)


def breaks_form(text: str, shown: Sequence[str]) -> bool:
    """Tell whether a text has not the form that all the shown ones have.

    Sentences and words have none. Signs, such as brackets and digits, take no others; what mixes
    letters or digits with signs, such as a date, keeps its shape: how many parts there are, of what
    kind, and between which signs.
    """
    known = [one for one in shown if one]
    if not known or all(_is_free(one) for one in known):
        return False
    if all(
        not any(map(str.isalpha, one)) and (one.isalnum() or not _has_alnum(one)) for one in known
    ):
        return not set(text) <= set("".join(known))
    return _shape(text) not in {_shape(one) for one in known}


def _is_free(text: str) -> bool:
    """Tell whether it is made of words."""
    return _OF_SENTENCES.fullmatch(text) is not None and any(map(str.isalpha, text))


def _has_alnum(text: str) -> bool:
    return any(map(str.isalnum, text))


def _shape(text: str) -> str:
    """Return the text with each digit as 0 and each letter as a or A."""
    return re.sub(r"\d", "0", re.sub(r"[^\W\d_]", _class, text))


def _class(found: re.Match[str]) -> str:
    return "A" if found[0].isupper() else "a"
