"""The smallest edits from one text to another that keep words whole."""

import difflib
import re

from stepcheck.server.repair.program import TextEdit

_WORD = re.compile(r"\w+|\s+|[^\w\s]+")
_MAX_LINES = 400


def find_edits(before: str, after: str) -> tuple[TextEdit, ...]:
    """Return edits that make `after` of `before`: by lines, and within changed lines by words."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    place = 0
    starts = [0]
    for line in old:
        place += len(line)
        starts.append(place)
    edits: list[TextEdit] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag == "equal":
            continue
        was, becomes = "".join(old[first:last]), "".join(new[start:end])
        if tag == "replace" and last - first == end - start <= _MAX_LINES:
            edits += _by_words(was, becomes, starts[first])
        else:
            edits.append(TextEdit(starts[first], starts[last], becomes))
    return tuple(edits)


def _by_words(before: str, after: str, offset: int) -> list[TextEdit]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    starts = [offset]
    for word in old:
        starts.append(starts[-1] + len(word))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        TextEdit(starts[first], starts[last], "".join(new[start:end]))
        for tag, first, last, start, end in matcher.get_opcodes()
        if tag != "equal"
    ]
