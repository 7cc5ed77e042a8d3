"""Strategies for inputs like those of examples.

What the examples let one infer of the inputs that are allowed, each from all examples of a place:
the type; for numbers the sign, and the order of magnitude; for texts the characters, and the words
between spaces; for lists and dictionaries the items, and that they are not empty; for tuples the
length. Where there are none, the annotations tell the type.

Constants of the code are tried as well, where they are of that kind, as a fuzzer tries those of a
dictionary: it is on these that code decides what to do.
"""

import ast
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from stepcheck.server.judge.languages.python.source import parse

_MAX_LENGTH = 8
_LARGEST = 10**15
_MAX_CONSTANTS = 40
_MAX_WORD = 20
_MUCH_HIGHER = 10
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}

Values = tuple[Any, ...]


def find_constants(source: str) -> list[Any]:
    """Return the numbers and texts in Python code, and the integers next to its integers."""
    found = [node.value for node in ast.walk(parse(source)) if isinstance(node, ast.Constant)]
    numbers = {value + step for value in found if type(value) is int for step in (-1, 0, 1)}
    others = {value for value in found if type(value) in (float, str)}
    short = [value for value in others if not isinstance(value, str) or len(value) <= _MAX_WORD]
    return [*sorted(numbers)[:_MAX_CONSTANTS], *sorted(short, key=repr)[:_MAX_CONSTANTS]]


def arguments_like(
    examples: Sequence[Values], constants: Sequence[Any] = ()
) -> SearchStrategy[Values]:
    """Return a strategy for tuples of arguments like those of the examples, all of one length.

    Now and then an argument is that of an example, which keeps what relates it to the others.
    """
    places = [values_like(list(shown), constants) for shown in zip(*examples, strict=True)]

    @st.composite
    def arguments(draw: DrawFn) -> Values:
        base = draw(st.sampled_from(list(examples)))
        return tuple(
            draw(st.one_of(place, place, st.just(kept)))
            for place, kept in zip(places, base, strict=True)
        )

    return arguments()


def values_like(shown: Sequence[Any], constants: Sequence[Any] = ()) -> SearchStrategy[Any]:
    """Return a strategy for values like those shown, of the same types."""
    groups: dict[type, list[Any]] = {}
    for value in shown:
        groups.setdefault(type(value), []).append(value)
    numbers = [value for value in shown if type(value) in (int, float)]
    return st.one_of(
        [_of_type(kind, values, numbers, constants) for kind, values in groups.items()]
    )


def _of_type(
    kind: type, shown: list[Any], numbers: list[float], constants: Sequence[Any]
) -> SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is int:
        low, high = _bounds(numbers)
        near = sorted({*shown, *_within(constants, low, high)}, key=abs)
        return st.one_of(st.integers(math.floor(low), math.floor(high)), st.sampled_from(near))
    if kind is float:
        return _floats(*_bounds(numbers))
    if kind is str:
        return _texts(shown, [one for one in constants if isinstance(one, str)])
    if kind is list:
        return _lists(shown, constants)
    if kind is tuple:
        return _tuples(shown, constants)
    if kind in (set, frozenset):
        return _lists([sorted(value, key=repr) for value in shown], constants).map(kind)
    if kind is dict:
        return _dictionaries(shown, constants)
    return st.sampled_from(shown)


def _within(constants: Sequence[Any], low: float, high: float) -> list[int]:
    """Return the integers among them that are no lower, and not much higher than the bounds."""
    most = _MUCH_HIGHER * max(high, 1)
    return [one for one in constants if type(one) is int and low <= one <= most]


def _bounds(numbers: Sequence[float]) -> tuple[float, float]:
    """Return how low and high numbers like these may be: not positive only if some are not."""
    # What is no number at all differs from itself.
    usual = [min(max(one, -_LARGEST), _LARGEST) for one in numbers if one == one] or [0]
    low, high = min(usual), max(usual)
    spread = max(high - low, abs(high), abs(low))
    return (min(low, 1) if low >= 0 else low - spread), high + spread


def _floats(low: float, high: float) -> SearchStrategy[float]:
    """Return a strategy for numbers of at most two decimals."""

    def scaled(scale: int) -> SearchStrategy[float]:
        least = math.ceil(low * scale)
        most = max(math.floor(high * scale), least)
        return st.integers(least, most).map(lambda number: number / scale)

    return st.one_of([scaled(scale) for scale in (1, 10, 100)])


def _texts(shown: list[str], constants: Sequence[str]) -> SearchStrategy[str]:
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
    has_numbers = any(map(str.isdigit, known))

    def like(word: str) -> SearchStrategy[str]:
        if has_numbers and not word.isdigit():
            # Words among numbers are a form to be filled in.
            return st.just(word)
        alike = [other for other in known if other.isdigit() == word.isdigit()]
        return st.one_of(st.just(word), st.sampled_from(alike)) if word else st.just(word)

    return st.tuples(*map(like, model.split(" "))).map(" ".join)


def _formed(model: str, letters: list[str]) -> SearchStrategy[str]:
    def like(letter: str) -> SearchStrategy[str]:
        if not letter.isalnum():
            return st.just(letter)
        alike = [other for other in letters if _class(other) == _class(letter)]
        return st.one_of(st.just(letter), st.sampled_from(alike))

    return st.tuples(*map(like, model)).map("".join)


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


def _lists(shown: list[list[Any]], constants: Sequence[Any]) -> SearchStrategy[list[Any]]:
    items = [item for value in shown for item in value]
    if not items:
        return st.builds(list)
    lengths = [len(value) for value in shown]
    most = min(max(lengths) + 2, _MAX_LENGTH)
    return st.lists(values_like(items, constants), min_size=min(*lengths, 1), max_size=most)


def _tuples(shown: list[Values], constants: Sequence[Any]) -> SearchStrategy[Values]:
    by_length: dict[int, list[Values]] = {}
    for value in shown:
        by_length.setdefault(len(value), []).append(value)
    return st.one_of(
        [
            st.tuples(*(values_like(list(place), constants) for place in zip(*alike, strict=True)))
            for alike in by_length.values()
        ]
    )


def _dictionaries(
    shown: list[dict[Any, Any]], constants: Sequence[Any]
) -> SearchStrategy[dict[Any, Any]]:
    pairs = [pair for value in shown for pair in value.items()]
    if not pairs:
        return st.builds(dict)
    other = values_like([value for _, value in pairs], constants)

    @st.composite
    def dictionaries(draw: DrawFn) -> dict[Any, Any]:
        places = st.integers(0, len(pairs) - 1)
        chosen = draw(st.lists(places, unique=True, min_size=1, max_size=_MAX_LENGTH))
        return {
            pairs[place][0]: draw(st.one_of(st.just(pairs[place][1]), other)) for place in chosen
        }

    return dictionaries()


_TYPES: Mapping[str, SearchStrategy[Any]] = {
    "int": st.integers(-20, 100),
    "float": _floats(-20, 100),
    "complex": st.integers(-5, 5).map(complex),
    "bool": st.booleans(),
    "str": st.text("abcxyzAB 01,.-", max_size=_MAX_LENGTH),
    "bytes": st.binary(max_size=_MAX_LENGTH),
    "None": st.none(),
    "Any": st.integers(-20, 100),
    "object": st.integers(-20, 100),
    "Number": st.integers(-20, 100),
}
_SEQUENCES = {"list", "Sequence", "Iterable", "Collection", "MutableSequence", "Iterator"}
_SETS = {"set", "Set", "AbstractSet", "MutableSet"}
_DICTIONARIES = {"dict", "Mapping", "MutableMapping", "DefaultDict", "defaultdict"}


def values_of_type(
    annotation: ast.expr | None, constants: Sequence[Any] = ()
) -> SearchStrategy[Any] | None:
    """Return a strategy for the values of an annotated type, or None if it is not plain data."""
    match annotation:
        case ast.Name(id="int" | "str" | "float" as name) if alike := [
            one for one in constants if type(one).__name__ == name
        ]:
            return st.one_of(_TYPES[name], st.sampled_from(alike))
        case ast.Constant(value=None):
            return st.none()
        case ast.Constant(value=str(text)):
            try:
                return values_of_type(ast.parse(text, mode="eval").body, constants)
            except SyntaxError:
                return None
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name in _TYPES:
                return _TYPES[name]
            return _generic(name, [ast.Name("int")] * 2, constants)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, parts, constants)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([left, right], constants)
    return None


def _generic(
    name: str, inner: Sequence[ast.expr], constants: Sequence[Any]
) -> SearchStrategy[Any] | None:
    lowered = name.lower() if name in ("List", "Dict", "Tuple", "FrozenSet") else name
    if name in ("Optional", "Union"):
        alternatives = [*inner, ast.Constant(None)] if name == "Optional" else inner
        return _union(alternatives, constants)
    parts = [values_of_type(one, constants) for one in inner if not _is_ellipsis(one)]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return None
    if lowered in _SEQUENCES:
        return st.lists(known[0], max_size=_MAX_LENGTH)
    if lowered in _SETS or lowered == "frozenset":
        made = st.lists(known[0], max_size=_MAX_LENGTH)
        return made.map(frozenset if lowered == "frozenset" else set)
    if lowered in _DICTIONARIES and len(known) == 2:
        return st.dictionaries(known[0], known[1], max_size=_MAX_LENGTH)
    if lowered == "tuple":
        if any(map(_is_ellipsis, inner)):
            return st.lists(known[0], max_size=_MAX_LENGTH).map(tuple)
        return st.tuples(*known)
    return None


def _union(
    alternatives: Sequence[ast.expr], constants: Sequence[Any]
) -> SearchStrategy[Any] | None:
    parts = [values_of_type(one, constants) for one in alternatives]
    known = [part for part in parts if part is not None]
    return st.one_of(known) if known and len(known) == len(parts) else None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
