"""Whether two values, as described, are the same by meaning.

See `sandbox.child.description` for the descriptions. Lists, tuples, ranges and iterators of the
same items are one; 9 and 9.0 are, and what is no number equals itself; floats agree within a
relative tolerance, which is narrow where the right one is a short decimal.
"""

import json
import math
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, ClassVar

_TOLERANCE = 1e-6
_NARROW_TOLERANCE = 1e-9
_LEAST = 1e-12
_DECIMALS = 6
_MAX_PAIRED = 60
_SEQUENCES = frozenset({"list", "tuple", "range", "iterator"})
_PAIRED_KINDS = (*_SEQUENCES, "set", "dict", "bytes", "index", "decimal", "class", "digest")
_LIKE_SEQUENCES = frozenset({*_SEQUENCES, "array", "series", "index"})
_JSON_OPENINGS = ("{", "[")
_WORDED_ASPECTS = frozenset(
    {"title", "x label", "y label", "legend", "texts", "x ticks", "y ticks", "scales"}
)


class Match(IntEnum):
    """How alike two values are. `LOOSE`: the same content, in another form."""

    SAME = 0
    LOOSE = 1
    DIFFERENT = 2


class Matcher:
    """Compares descriptions; `text` is that of the task, `is_approximate` widens the tolerance.

    How a figure is labelled counts where the text has the words, and may count where it speaks of
    labels at all.
    """

    def __init__(self, text: str = "", *, is_approximate: bool = False) -> None:
        self._text = text
        self._is_approximate = is_approximate

    def match(self, got: Any, wanted: Any) -> Match:
        """Return how alike two descriptions are."""
        if isinstance(got, list) and isinstance(wanted, list):
            return self._match_kinds(got, wanted)
        if isinstance(got, list) or isinstance(wanted, list):
            return self._match_number_kinds(got, wanted)
        if isinstance(got, str) and isinstance(wanted, str):
            return self._match_texts(got, wanted)
        if isinstance(got, str) or isinstance(wanted, str) or got is None or wanted is None:
            return _judge(type(got) is type(wanted) and got == wanted)
        return _judge(self._numbers_match(got, wanted))

    def _match_texts(self, got: str, wanted: str) -> Match:
        """Compare texts: JSON that is laid out otherwise has the same content."""
        if got == wanted:
            return Match.SAME
        if not (got[:1] in _JSON_OPENINGS and wanted[:1] in _JSON_OPENINGS):
            return Match.DIFFERENT
        try:
            same = json.loads(got) == json.loads(wanted)
        except (ValueError, RecursionError):
            return Match.DIFFERENT
        return Match.LOOSE if same else Match.DIFFERENT

    def match_all(self, got: Sequence[Any], wanted: Sequence[Any]) -> Match:
        """Return how alike two sequences are, item by item."""
        if len(got) != len(wanted):
            return Match.DIFFERENT
        return max(map(self.match, got, wanted), default=Match.SAME)

    def _numbers_match(self, got: float, wanted: float) -> bool:
        if got == wanted or (got != got and wanted != wanted):
            return True
        if type(got) in (int, bool) and type(wanted) in (int, bool):
            return False
        return math.isclose(got, wanted, rel_tol=self._tolerance(wanted), abs_tol=_LEAST)

    def _tolerance(self, wanted: float) -> float:
        if self._is_approximate:
            return 10 * _TOLERANCE
        is_short = math.isfinite(wanted) and wanted == round(wanted, _DECIMALS)
        return _NARROW_TOLERANCE if is_short else _TOLERANCE

    def _match_number_kinds(self, got: Any, wanted: Any) -> Match:
        """Compare what only one describes as more than a scalar."""
        values = _number(got), _number(wanted)
        if None in values:
            return Match.DIFFERENT
        return Match.LOOSE if self._numbers_match(*values) else Match.DIFFERENT  # type: ignore[arg-type]

    def _match_kinds(self, got: list[Any], wanted: list[Any]) -> Match:
        kinds = got[0], wanted[0]
        if kinds[0] != kinds[1]:
            return self._match_across(got, wanted)
        compare = self._KINDS.get(kinds[0])
        if compare is not None:
            return compare(self, got, wanted)
        if kinds[0] in _SEQUENCES:
            return self.match_all(got[1], wanted[1])
        return _judge(_canonical(got) == _canonical(wanted))

    def _match_across(self, got: list[Any], wanted: list[Any]) -> Match:
        kinds = {got[0], wanted[0]}
        if kinds <= _SEQUENCES:
            return self.match_all(got[1], wanted[1])
        if kinds <= _LIKE_SEQUENCES:
            return max(Match.LOOSE, self.match(["list", _items(got)], ["list", _items(wanted)]))
        if kinds <= {"decimal", "fraction"}:
            return max(Match.LOOSE, _judge(_number(got) == _number(wanted)))
        if kinds == {"figure", "axes"}:
            figure, axes = (got, wanted) if got[0] == "figure" else (wanted, got)
            is_alone = len(figure[2]) == 1
            return max(Match.LOOSE, self._axes(figure[2][0], axes)) if is_alone else Match.DIFFERENT
        return Match.DIFFERENT

    def _arrays(self, got: list[Any], wanted: list[Any]) -> Match:
        if got[1] != wanted[1]:
            return Match.DIFFERENT
        return self.match_all(got[2], wanted[2])

    def _dictionaries(self, got: list[Any], wanted: list[Any]) -> Match:
        theirs = {_canonical(key): value for key, value in wanted[1]}
        ours = {_canonical(key): value for key, value in got[1]}
        if ours.keys() != theirs.keys():
            return self._paired(got[1], wanted[1])
        return max((self.match(ours[key], theirs[key]) for key in ours), default=Match.SAME)

    def _sets(self, got: list[Any], wanted: list[Any]) -> Match:
        if sorted(map(_canonical, got[1])) == sorted(map(_canonical, wanted[1])):
            return Match.SAME
        return self._paired(got[1], wanted[1])

    def _paired(self, got: Sequence[Any], wanted: Sequence[Any]) -> Match:
        """Match each with one that is left: keys and items of sets that are floats, or nested."""
        left = list(wanted)
        if len(got) != len(left) or len(left) > _MAX_PAIRED:
            return Match.DIFFERENT
        for one in got:
            alike = next((other for other in left if self._is_pair(one, other)), None)
            if alike is None:
                return Match.DIFFERENT
            left.remove(alike)
        return Match.SAME

    def _is_pair(self, got: Any, wanted: Any) -> bool:
        if _is_entry(got) and _is_entry(wanted):
            return self.match_all(got, wanted) is Match.SAME
        return self.match(got, wanted) is Match.SAME

    def _series(self, got: list[Any], wanted: list[Any]) -> Match:
        labels = max(self.match(got[1], wanted[1]), self.match_all(got[2], wanted[2]))
        return max(min(labels, Match.LOOSE), self.match_all(got[3], wanted[3]))

    def _frames(self, got: list[Any], wanted: list[Any]) -> Match:
        if len(got[1]) != len(wanted[1]) or len(got[2]) != len(wanted[2]):
            return Match.DIFFERENT
        places = {_canonical(name): place for place, name in enumerate(got[1])}
        order = [places.get(_canonical(name)) for name in wanted[1]]
        if None in order:
            return Match.DIFFERENT
        columns = [got[3][place] for place in order if place is not None]
        values = max(map(self.match_all, columns, wanted[3]), default=Match.SAME)
        labels = self.match_all(got[2], wanted[2])
        loose = labels is not Match.SAME or order != sorted(order, key=lambda place: place or 0)
        return max(values, Match.LOOSE if loose else Match.SAME)

    def _axes(self, got: list[Any], wanted: list[Any]) -> Match:
        theirs = dict(map(tuple, wanted[1]))
        return max((self._aspect(name, value, theirs.get(name)) for name, value in got[1]))

    def _aspect(self, name: str, got: Any, wanted: Any) -> Match:
        found = self.match(got, wanted)
        if found is Match.SAME or name not in _WORDED_ASPECTS:
            return found
        if isinstance(wanted, str) and len(wanted) > 1 and wanted in self._text:
            return Match.DIFFERENT
        is_spoken_of = name.split()[-1].rstrip("s") in self._text.lower()
        return Match.LOOSE if is_spoken_of else Match.SAME

    def _figures(self, got: list[Any], wanted: list[Any]) -> Match:
        if len(got[2]) != len(wanted[2]):
            return Match.DIFFERENT
        parts = max(map(self._axes, got[2], wanted[2]), default=Match.SAME)
        return max(self._aspect("title", got[1], wanted[1]), parts)

    def _records(self, got: list[Any], wanted: list[Any]) -> Match:
        """Compare objects: how they name what they keep is their own affair."""
        same = got[1] == wanted[1] and self._dictionaries(["dict", got[2]], ["dict", wanted[2]])
        return Match.SAME if same is Match.SAME else Match.LOOSE

    def _data(self, got: list[Any], wanted: list[Any]) -> Match:
        return self.match(got[1], wanted[1])

    def _archives(self, got: list[Any], wanted: list[Any]) -> Match:
        """Compare archives: in which folders their files are is seldom said."""
        whole = self._dictionaries(["dict", got[1]], ["dict", wanted[1]])
        if whole is not Match.DIFFERENT:
            return whole
        bare = (
            ["dict", [[name.rstrip("/").rpartition("/")[2], held] for name, held in one[1]]]
            for one in (got, wanted)
        )
        return max(Match.LOOSE, self._dictionaries(*bare))

    def _pictures(self, got: list[Any], wanted: list[Any]) -> Match:
        if got[1] != wanted[1]:
            return Match.DIFFERENT
        return Match.SAME if got[2] == wanted[2] else Match.LOOSE

    def _unknown(self, _got: list[Any], _wanted: list[Any]) -> Match:
        return Match.SAME

    def _dates(self, got: list[Any], wanted: list[Any]) -> Match:
        return self.match_all(got[1:], wanted[1:])

    _KINDS: ClassVar[dict[str, Callable[["Matcher", list[Any], list[Any]], Match]]] = {
        "array": _arrays,
        "dict": _dictionaries,
        "set": _sets,
        "series": _series,
        "frame": _frames,
        "axes": _axes,
        "figure": _figures,
        "record": _records,
        "complex": _dates,
        "date": _dates,
        "data": _data,
        "packed": _data,
        "archive": _archives,
        "picture": _pictures,
        "opaque": _unknown,
        "cycle": _unknown,
    }


def _is_entry(pair: Any) -> bool:
    """Tell whether it is a key with its value, and no description."""
    return isinstance(pair, list) and len(pair) == 2 and pair[0] not in _PAIRED_KINDS


def _judge(is_same: bool) -> Match:
    return Match.SAME if is_same else Match.DIFFERENT


def _canonical(description: Any) -> str:
    """Return a text that is the same for what is equal."""
    return json.dumps(_normalized(description), sort_keys=True)


def _normalized(description: Any) -> Any:
    if isinstance(description, bool):
        return int(description)
    if isinstance(description, float) and description.is_integer():
        return int(description)
    if isinstance(description, list) and description and description[0] in ("list", "tuple"):
        return ["list", *map(_normalized, description[1:])]
    if isinstance(description, list):
        return list(map(_normalized, description))
    return description


def _number(description: Any) -> float | None:
    match description:
        case bool() | int() | float():
            return float(description)
        case ["decimal", text]:
            return float(text)
        case ["fraction", above, below]:
            return float(above / below)
    return None


def _items(description: list[Any]) -> list[Any]:
    match description:
        case ["array", [_], items]:
            return list(items)
        case ["array", [rows, *rest], items]:
            size = len(items) // rows if rows else 0
            return [
                ["list", _items(["array", rest, items[row * size : (row + 1) * size]])]
                for row in range(rows)
            ]
    return list(description[-1])
