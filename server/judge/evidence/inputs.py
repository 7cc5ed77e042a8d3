"""Inputs like those of the examples, and within what the examples let one infer is allowed.

The preconditions inferred, each from all examples of a place: the type; for numbers the sign, and
the order of magnitude; for texts the characters, and the words between spaces; for lists and
dictionaries the items, and that they are not empty; for tuples the length.
"""

import ast
import random
from collections.abc import Iterator, Sequence
from typing import Any

_MAX_LENGTH = 8
_TRIES_PER_INPUT = 4

Arguments = tuple[Any, ...]


def read_arguments(call: str) -> tuple[str, Arguments] | None:
    """Return the name and the arguments of a call of plain values by position, or None."""
    try:
        tree = ast.parse(call.strip(), mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.keywords:
            return None
        return tree.func.id, tuple(ast.literal_eval(argument) for argument in tree.args)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def vary(examples: Sequence[Arguments], count: int, seed: int = 0) -> Iterator[Arguments]:
    """Yield up to `count` different arguments that none of the examples is; repeatable."""
    arity = len(examples[0])
    alike = [example for example in examples if len(example) == arity]
    places = [_Place([example[index] for example in alike]) for index in range(arity)]
    chance = random.Random(seed)  # noqa: S311 - no secret
    seen = set(map(repr, alike))
    for _ in range(count * _TRIES_PER_INPUT):
        base = chance.choice(alike)
        # Now and then an argument stays as it was, which keeps what relates it to the others.
        made = tuple(
            place.make(chance) if chance.random() < 0.7 else kept
            for place, kept in zip(places, base, strict=True)
        )
        if repr(made) not in seen:
            seen.add(repr(made))
            count -= 1
            yield made
        if count == 0:
            return


class _Place:
    """All that the examples show in one place, and how to make more of it."""

    def __init__(self, shown: Sequence[Any]) -> None:
        self._shown = list(shown)
        items = [
            item
            for value in shown
            if isinstance(value, list | tuple | set | frozenset)
            for item in value
        ]
        self._items = _Place(items) if items else None
        values = [item for value in shown if isinstance(value, dict) for item in value.values()]
        self._values = _Place(values) if values else None

    def make(self, chance: random.Random) -> Any:
        """Return a value like those shown."""
        model = chance.choice(self._shown)
        match model:
            case bool():
                return chance.random() < 0.5
            case int():
                return self._integer(chance)
            case float():
                return round(chance.uniform(*self._bounds()), chance.choice((0, 1, 2)))
            case str():
                return self._text(model, chance)
            case list():
                return self._sequence(chance)
            case tuple():
                return tuple(self._item(item, chance) for item in model)
            case set() | frozenset():
                return type(model)(self._sequence(chance))
            case dict():
                return self._dictionary(chance)
        return model

    def _integer(self, chance: random.Random) -> int:
        low, high = self._bounds()
        if chance.random() < 0.5:
            return chance.choice(self._numbers())
        return chance.randint(int(low), max(int(low), int(high)))

    def _numbers(self) -> list[int]:
        return [value for value in self._shown if type(value) is int]

    def _bounds(self) -> tuple[float, float]:
        numbers = [value for value in self._shown if type(value) in (int, float)]
        low, high = min(numbers), max(numbers)
        spread = max(high - low, abs(high), abs(low))
        return (low if low >= 0 else low - spread), high + spread

    def _text(self, model: str, chance: random.Random) -> str:
        texts = [value for value in self._shown if isinstance(value, str)]
        if " " in model.strip():
            words = [word for text in texts for word in text.split(" ")]
            return " ".join(self._word(word, words, chance) for word in model.split(" "))
        letters = "".join(texts)
        if not letters:
            return model
        if any(not letter.isalpha() for letter in letters) and any(map(str.isalnum, letters)):
            # Such a text has a form of its own: only its letters and digits are exchanged.
            return "".join(self._like(letter, letters, chance) for letter in model)
        shortest = min(map(len, texts))
        length = chance.randint(min(shortest, 1), max(map(len, texts)) + 2)
        return "".join(chance.choices(letters, k=length))

    def _word(self, word: str, words: list[str], chance: random.Random) -> str:
        if not word.isdigit() and any(map(str.isdigit, words)):
            # Words among numbers are a form to be filled in.
            return word
        alike = [other for other in words if other.isdigit() == word.isdigit() and other]
        return chance.choice(alike) if alike and chance.random() < 0.5 else word

    def _like(self, letter: str, letters: str, chance: random.Random) -> str:
        if chance.random() < 0.5:
            return letter
        alike = [
            other
            for other in letters
            if (other.isdigit(), other.isalpha()) == (letter.isdigit(), letter.isalpha())
        ]
        return chance.choice(alike) if letter.isalnum() else letter

    def _sequence(self, chance: random.Random) -> list[Any]:
        if self._items is None:
            return []
        lengths = [len(value) for value in self._shown if isinstance(value, list | set | frozenset)]
        length = chance.randint(
            min(*lengths, 1) if lengths else 1, min(max(lengths) + 2, _MAX_LENGTH)
        )
        return [self._items.make(chance) for _ in range(length)]

    def _item(self, item: Any, chance: random.Random) -> Any:
        return _Place([item]).make(chance) if chance.random() < 0.5 else item

    def _dictionary(self, chance: random.Random) -> dict[Any, Any]:
        pairs = [pair for shown in self._shown if isinstance(shown, dict) for pair in shown.items()]
        if not pairs or self._values is None:
            return {}
        chosen = chance.sample(pairs, chance.randint(1, min(len(pairs), _MAX_LENGTH)))
        return {
            key: value if chance.random() < 0.5 else self._values.make(chance)
            for key, value in chosen
        }
