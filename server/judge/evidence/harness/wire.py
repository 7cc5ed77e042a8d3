"""Values between Python and a harness, as JSON, and when a result is the one that was expected.

Arguments are JSON with every object of the form `{"map": [[key, value], …]}` (`{"set": […]}` where
sets are asked for). Results have besides these `{"float": "nan"|"inf"|"-inf"}`, `{"single": x}` for
a number of 32 bits, and `{"integer": "…"}` for one that JSON's numbers may not hold.
"""

import ast
import json
import math
from collections.abc import Sequence
from typing import Any

from stepcheck.server.judge.languages.types import Sort, Type
from stepcheck.server.sandbox.parsing import parse_expression

_RELATIVE_TOLERANCE = 1e-6
_SINGLE_TOLERANCE = 1e-4
_MOST_DEPTH = 100


class UnrepresentableError(Exception):
    """A value that is not plain data, or that JSON or the language cannot represent."""


class Braces(tuple[Any, ...]):
    """What stood between braces, in its order: a set, or a sequence of C++, Java or Go."""


class Single(float):
    """A number of 32 bits."""


def read_literal(text: str) -> Any:
    """Return the plain value that Python source says; raises `UnrepresentableError`."""
    try:
        return _read(parse_expression(text.strip()))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UnrepresentableError(str(error)) from error


def read_call(text: str) -> tuple[str, tuple[Any, ...]]:
    """Return the name and arguments of a call of plain values; raises `UnrepresentableError`."""
    try:
        tree = parse_expression(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnrepresentableError(str(error)) from error
    match tree:
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return name, tuple(read_node(argument) for argument in arguments)
    raise UnrepresentableError("not a call of plain values")


def read_node(node: ast.expr) -> Any:
    """Return the plain value of an expression; raises `UnrepresentableError`."""
    try:
        return _read(node)
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UnrepresentableError(str(error)) from error


def _read(node: ast.expr) -> Any:
    match node:
        case ast.Set(elts=items):
            return Braces(_read(item) for item in items)
        case ast.List(elts=items):
            return [_read(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_read(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            named = [key for key in keys if key is not None]
            return {_read(key): _read(value) for key, value in zip(named, values, strict=True)}
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as operator, right=right):
            return _calculate(_read(left), operator, _read(right))
    return ast.literal_eval(node)


def _calculate(left: object, operator: ast.operator, right: object) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        raise UnrepresentableError("a sum of what are no numbers")
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
    return left * right


def encode(values: Sequence[object], *, with_sets: bool) -> str:
    """Return one line of JSON for the arguments of a call; raises `UnrepresentableError`."""
    line = json.dumps(
        [_encode(value, with_sets, 0) for value in values],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    # Text goes as UTF-8; control characters are escaped by JSON, line ends among them.
    try:
        line.encode()
    except UnicodeEncodeError:
        raise UnrepresentableError("a text that is no Unicode") from None
    return line


def _encode(value: object, with_sets: bool, depth: int) -> object:
    if depth > _MOST_DEPTH:
        raise UnrepresentableError("nested too deeply")
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if not math.isfinite(value):
                raise UnrepresentableError(f"{value} has no literal")
            return value
        case dict():
            return {
                "map": [
                    [_encode(key, with_sets, depth + 1), _encode(item, with_sets, depth + 1)]
                    for key, item in value.items()
                ]
            }
        case list() | tuple() | set() | frozenset():
            items = [_encode(item, with_sets, depth + 1) for item in value]
            is_set = isinstance(value, Braces | set | frozenset)
            return {"set": items} if is_set and with_sets else items
    raise UnrepresentableError(f"a {type(value).__name__} is not plain data")


def decode(encoded: object) -> Any:
    """Return the value that a harness described; raises `UnrepresentableError`."""
    match encoded:
        case list():
            return [decode(item) for item in encoded]
        case {"map": list(pairs)}:
            return Pairs([(decode(key), decode(item)) for key, item in map(_pair, pairs)])
        case {"set": list(items)}:
            return Braces(decode(item) for item in items)
        case {"float": "nan" | "inf" | "-inf" as name}:
            return float(name)
        case {"single": int() | float() as number}:
            return Single(number)
        case {"integer": str(digits)} if len(digits) < 1000 and digits.lstrip("-").isdigit():
            return int(digits)
        case None | bool() | int() | float() | str():
            return encoded
    raise UnrepresentableError("not a value")


class Pairs(list[tuple[Any, Any]]):
    """The keys and values of a mapping."""


def _pair(encoded: object) -> tuple[Any, Any]:
    match encoded:
        case [key, item]:
            return key, item
    raise UnrepresentableError("not a pair")


def matches(value: object, wanted: object, declared: Type) -> bool | None:
    """Return whether a result is what was `wanted`, in Python's notation.

    None where the `declared` type has no such value, so that the language says it in a way of its
    own (such as an empty text for None) which is not known.
    """
    carries_type = declared.sort is Sort.ANY
    if wanted is None or value is None:
        if wanted is value:
            return True
        return False if carries_type or declared.nullable or value is None else None
    if declared.sort is Sort.OPTIONAL:
        declared = declared.part()
    unlike = False if carries_type else None
    match wanted:
        case bool():
            if isinstance(value, bool):
                return value is wanted
            return value == wanted if value in (0, 1) and not carries_type else unlike
        case int() | float():
            return _is_close(value, wanted) if _is_number(value) else unlike
        case str():
            if isinstance(value, str):
                return value == wanted
            if isinstance(value, int) and len(wanted) == 1 and not carries_type:
                return value == ord(wanted)
            return unlike
        case dict() | Pairs():
            return _matches_mapping(value, wanted, declared) if isinstance(value, Pairs) else unlike
        case set() | frozenset() | Braces():
            return _matches_unordered(value, wanted, declared)
        case list() | tuple():
            if isinstance(value, Braces):
                return _matches_unordered(value, wanted, declared)
            return _matches_items(value, wanted, declared) if type(value) is list else unlike
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_close(value: Any, wanted: int | float) -> bool:
    if isinstance(value, int) and isinstance(wanted, int):
        return value == wanted
    tolerance = _SINGLE_TOLERANCE if isinstance(value, Single) else _RELATIVE_TOLERANCE
    try:
        return math.isclose(
            value,
            wanted,
            rel_tol=tolerance,
            abs_tol=tolerance if isinstance(value, Single) else 1e-12,
        )
    except OverflowError:
        return False


def _matches_items(
    value: Sequence[object], wanted: Sequence[object], declared: Type
) -> bool | None:
    if len(value) != len(wanted):
        return False
    return _all(
        matches(one, other, declared.part(index))
        for index, (one, other) in enumerate(zip(value, wanted, strict=True))
    )


def _matches_unordered(value: object, wanted: Any, declared: Type) -> bool | None:
    if not isinstance(value, list | tuple):
        return False if declared.sort is Sort.ANY else None
    if len(value) != len(wanted):
        return False
    ordered = [
        sorted(some, key=lambda item: (str(type(item)), repr(item))) for some in (value, wanted)
    ]
    return _matches_items(ordered[0], ordered[1], declared)


def _matches_mapping(value: Pairs, wanted: dict[Any, Any] | Pairs, declared: Type) -> bool | None:
    wanted = dict(wanted.items()) if isinstance(wanted, dict) else {_key(k): v for k, v in wanted}
    if len(value) != len(wanted):
        return False
    _, item = declared.parts if declared.sort is Sort.MAPPING else (declared, declared)
    shown = {_key(key): one for key, one in value}
    if shown.keys() != {_key(key) for key in wanted}:
        return False
    return _all(matches(shown[_key(key)], one, item) for key, one in wanted.items())


def _key(key: object) -> str:
    # The keys of JavaScript's objects are texts, and those of others need not be hashable here.
    return key if isinstance(key, str) else repr(key)


def _all(each: Any) -> bool | None:
    seen = list(each)
    return False if False in seen else None if None in seen else True


def shown(value: object) -> str:
    """Return a value as a message shows it, in Python's notation."""
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{shown(key)}: {shown(item)}" for key, item in value) + "}"
    if isinstance(value, Braces):
        return "{" + ", ".join(map(shown, value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return repr(value)
