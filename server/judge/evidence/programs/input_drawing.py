"""Inputs made from a problem's format and constraints."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.programs.constraints import Constraints, Mention, Term
from stepcheck.server.judge.evidence.programs.input_format import (
    Count,
    Field,
    Item,
    Kind,
    Line,
    counts_of,
    forget,
)
from stepcheck.server.judge.evidence.programs.problem_input import ProblemInput

_TRIES = 12
_EXTREME = 0.15
_MIRRORED = 0.2
_SHUFFLED = 0.3
_MAX_WORD = 200
_SEED = 20240


@dataclass(frozen=True, slots=True)
class Scale:
    """How large inputs are made: counts and lengths above their least, and values from zero on."""

    count: int
    value: int
    letters: int


TINY = (Scale(0, 2, 1), Scale(1, 3, 2), Scale(2, 5, 2))
SMALL = (Scale(4, 5, 2), Scale(5, 12, 3), Scale(6, 100, 26))
LARGE = (Scale(12, 20, 3), Scale(25, 10**4, 26), Scale(8, 10**18, 26))


class _RejectedError(Exception):
    """What was drawn breaks a constraint."""


def draw_inputs(
    known: ProblemInput, count: int, scales: Sequence[Scale], seed: int = 0
) -> list[str]:
    """Return different inputs, as many as `count` if there are, of each scale in turn."""
    found: dict[str, None] = {}
    for number in range(count * 3):
        generator = random.Random(_SEED + 1000 * seed + number)  # noqa: S311 - no secret
        drawer = _Drawer(known, scales[number % len(scales)], generator)
        text = drawer.draw()
        if text is not None:
            found.setdefault(text)
        if len(found) == count:
            break
    return list(found)


class _Drawer:
    """Draws one input."""

    def __init__(self, known: ProblemInput, scale: Scale, generator: random.Random) -> None:
        self._known = known
        self._constraints: Constraints = known.constraints
        self._scale = scale
        self._random = generator
        self._counted = {each.variable for each in counts_of(known.items) if each.variable}
        self._values: dict[str, object] = {}
        self._last_word = ""
        self._letters = self._choose_letters()

    def draw(self) -> str | None:
        """Return an input, or None where no try met the constraints."""
        for _ in range(_TRIES):
            self._values = {}
            try:
                lines = list(self._items(self._known.items))
            except _RejectedError:
                continue
            return "\n".join(lines) + "\n"
        return None

    def _items(self, items: Sequence[Item]) -> Iterator[str]:
        for item in items:
            if isinstance(item, Line):
                forget(item, self._values)
                yield " ".join(token for field in item.fields for token in self._field(field))
                continue
            for _ in range(self._size(item.count)):
                yield from self._items(item.items)

    def _size(self, count: Count) -> int:
        size = count.of(self._values)
        if size is None or size < 0:
            raise _RejectedError
        return size

    def _field(self, field: Field) -> list[str]:
        if field.count is None:
            return [self._one(field)]
        size = self._size(field.count)
        if self._constraints.permutation is not Mention.NONE and field.kind is Kind.INTEGER:
            values = list(range(1, size + 1))
            self._random.shuffle(values)
            return list(map(str, values))
        tokens: list[str] = []
        while len(tokens) < size:
            for _ in range(_TRIES * 3):
                token = self._one(field)
                if self._constraints.distinct is Mention.NONE or token not in tokens:
                    break
            else:
                raise _RejectedError
            tokens.append(token)
        return tokens

    def _one(self, field: Field) -> str:
        for _ in range(_TRIES):
            value = self._value(field)
            self._values[field.name] = value
            if isinstance(value, str):
                self._values[f"|{field.name}|"] = len(value)
            if self._constraints.hold(self._values):
                return self._show(field, value)
            for name in (field.name, f"|{field.name}|"):
                self._values.pop(name, None)
        raise _RejectedError

    def _value(self, field: Field) -> object:
        if field.kind in (Kind.WORD, Kind.TEXT):
            return self._word(field)
        low, high = self._bounds(field.name)
        if field.kind is Kind.REAL:
            return self._random.uniform(low, min(high, low + self._scale.value))
        return self._integer(field.name, int(low), int(high))

    def _integer(self, name: str, low: int, high: int) -> int:
        if name in self._counted:
            return self._random.randint(low, max(low, min(high, low + self._scale.count)))
        if self._random.random() < _EXTREME and high - low <= 10 * self._scale.value:
            return self._random.choice((low, high))
        most = min(high, max(low, 0) + self._scale.value)
        least = max(low, -self._scale.value) if low < 0 < high else low
        return self._random.randint(min(least, most), most)

    def _bounds(self, name: str) -> tuple[float, float]:
        low = _evaluate(self._constraints.lows(name), self._values)
        high = _evaluate(self._constraints.highs(name), self._values)
        seen = [
            one.value
            for one in self._known.observed
            if one.field.name == name and isinstance(one.value, int | float)
        ]
        least = max(low) if low else min([1, *seen])
        most = min(high) if high else max([least, *seen])
        if least > most:
            raise _RejectedError
        return least, most

    def _word(self, field: Field) -> str:
        if field.length is not None:
            length = self._size(field.length)
        else:
            name = f"|{field.name}|"
            constraints = self._constraints
            lows = _evaluate(constraints.lows(name), self._values) or [constraints.least_length]
            highs = _evaluate(constraints.highs(name), self._values) or [
                constraints.most_length or _MAX_WORD
            ]
            low, high = int(max(lows)), int(min(highs))
            if low > high:
                raise _RejectedError
            length = self._random.randint(low, min(high, low + 2 * self._scale.count + 1))
        return self._letters_of(length)

    def _letters_of(self, length: int) -> str:
        """Return a word; some read the same backwards, or have the letters of the one before."""
        form = self._random.random()
        if form < _MIRRORED:
            half = "".join(self._random.choice(self._letters) for _ in range((length + 1) // 2))
            return half + half[::-1][length % 2 :]
        if form < _MIRRORED + _SHUFFLED and len(self._last_word) == length:
            return "".join(self._random.sample(self._last_word, length))
        self._last_word = "".join(self._random.choice(self._letters) for _ in range(length))
        return self._last_word

    def _choose_letters(self) -> str:
        """Return some of the characters that words are made of: few, so that they recur."""
        letters = self._constraints.alphabet or "".join(
            sorted({letter for one in self._known.observed for letter in str(one.value)})
        )
        if len(letters) <= 4:
            return letters or "a"
        return "".join(self._random.sample(letters, min(len(letters), self._scale.letters + 1)))

    def _show(self, field: Field, value: object) -> str:
        if not isinstance(value, float) or field.kind is not Kind.REAL:
            return str(value)
        seen = [one.value for one in self._known.observed if one.field.name == field.name]
        places = max((len(str(each).partition(".")[2]) for each in seen), default=1)
        return f"{value:.{min(places, 9)}f}"


def _evaluate(terms: Sequence[Term], values: dict[str, object]) -> list[float]:
    return [value for term in terms if (value := term.of(values)) is not None]
