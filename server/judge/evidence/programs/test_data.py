"""Tests given as data, instead of code: inputs and outputs of a program, or of a function.

Read are `{"inputs": [...], "outputs": [...]}` (the form of APPS, Hendrycks et al. 2021), with
`fn_name` where a function is called, the same in the singular, and lists of pairs or of objects
with an `input` and an `output` each; as JSON or as Python literals.
"""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stepcheck.server.judge.evidence.programs.samples import Sample

_INPUTS = ("inputs", "input", "stdin", "in")
_OUTPUTS = ("outputs", "output", "stdout", "out", "expected", "expected_output", "answer")
_NAMES = ("fn_name", "func_name", "function", "function_name", "entry_point")
_MAX_TESTS = 1_000


@dataclass(frozen=True, slots=True)
class CallCase:
    """A call of a function: its arguments, and the result that it has to give."""

    arguments: tuple[object, ...]
    result: object


@dataclass(frozen=True, slots=True)
class TestData:
    """Tests of a program, or of the `function` (None: the main one) if there are `calls`."""

    samples: tuple[Sample, ...] = ()
    calls: tuple[CallCase, ...] = ()
    function: str | None = None


def read_test_data(text: str) -> TestData | None:
    """Return the tests that a text is as data, or None if it is something else."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    value = _parse(text)
    pairs = list(_pairs(value))[:_MAX_TESTS]
    if not pairs:
        return None
    name = _name(value)
    if name is None and all(_is_text(given) and _is_text(wanted) for given, wanted in pairs):
        return TestData(tuple(Sample(_to_text(i), (_to_text(o),)) for i, o in pairs))
    calls = tuple(CallCase(_arguments(given), _result(wanted)) for given, wanted in pairs)
    return TestData(calls=calls, function=name)


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _pairs(value: object) -> Iterator[tuple[object, object]]:
    match value:
        case dict():
            inputs, outputs = _field(value, _INPUTS), _field(value, _OUTPUTS)
            if isinstance(inputs, list | tuple) and isinstance(outputs, list | tuple):
                yield from zip(inputs, outputs, strict=False)
            elif inputs is not None and outputs is not None:
                yield inputs, outputs
        case list() | tuple():
            for each in value:
                yield from _pair(each)


def _pair(value: object) -> Iterator[tuple[object, object]]:
    match value:
        case dict():
            given, wanted = _field(value, _INPUTS), _field(value, _OUTPUTS)
            if given is not None and wanted is not None:
                yield given, wanted
        case [str() as given, str() as wanted]:
            yield given, wanted


def _field(value: dict[object, object], names: Sequence[str]) -> object:
    return next((value[name] for name in names if name in value), None)


def _name(value: object) -> str | None:
    found = [value] if isinstance(value, dict) else value
    for each in found if isinstance(found, list | tuple) else ():
        name = _field(each, _NAMES) if isinstance(each, dict) else None
        if isinstance(name, str) and name:
            return name
    return None


def _is_text(value: object) -> bool:
    """Whether a value can be what a program reads: a text, or its lines."""
    return isinstance(value, str) or (
        isinstance(value, list | tuple) and all(isinstance(line, str) for line in value)
    )


def _to_text(value: object) -> str:
    if isinstance(value, str):
        return value
    assert isinstance(value, list | tuple)  # noqa: S101 - found out before
    return "\n".join(map(str, value)) + "\n" if value else ""


def _arguments(given: object) -> tuple[object, ...]:
    """Return arguments; of a text, the value that each of its lines is."""
    if isinstance(given, list | tuple):
        return tuple(given)
    if isinstance(given, str):
        return tuple(_value(line) for line in given.splitlines() if line.strip())
    return (given,)


def _result(wanted: object) -> object:
    return _value(wanted) if isinstance(wanted, str) else wanted


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
