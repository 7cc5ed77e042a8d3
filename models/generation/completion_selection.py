"""Selection of completions: trimmed, distinct, without `sorry`, most probable first."""

import re
from collections.abc import Callable

from stepcheck.models.interface import Completion

_PLACEHOLDER = re.compile(r"(?<![\w.'!?])(?:sorry|admit)(?![\w'!?])")


def clean(text: str, prefix: str, stops: tuple[str, ...] = ()) -> str:
    """Cut a completion at the first stop text after its prefix and trim the blanks around it.

    The prefix stays as the user typed it, trailing blanks included.
    """
    rest = text[len(prefix) :]
    for stop in stops:
        rest = rest.partition(stop)[0]
    rest = rest.rstrip()
    return prefix + (rest if prefix else rest.lstrip())


def contains_placeholder(text: str) -> bool:
    """Tell whether a step contains `sorry` or `admit` as a word of its own."""
    return _PLACEHOLDER.search(text) is not None


def normalize(text: str) -> str:
    """Return the text with every run of blanks as one space, so that layout does not count."""
    return " ".join(text.split())


class CompletionSelection:
    """The distinct completions of one request, as they arrive."""

    def __init__(
        self, limit: int, is_refused: Callable[[str], bool] = contains_placeholder
    ) -> None:
        self._limit = limit
        self._is_refused = is_refused
        self._best: dict[str, Completion] = {}

    def add(self, completion: Completion) -> bool:
        """Add a completion; return whether it is new and acceptable.

        Of two that differ only in blanks the more probable is kept.
        """
        key = normalize(completion.text)
        if not key or self._is_refused(completion.text):
            return False
        known = self._best.get(key)
        if known is None or completion.log_probability > known.log_probability:
            self._best[key] = completion
        return known is None

    def best(self) -> list[Completion]:
        """Return the most probable completions in order, at most as many as were asked for."""
        ranked = sorted(self._best.values(), key=lambda completion: -completion.log_probability)
        return ranked[: self._limit]
