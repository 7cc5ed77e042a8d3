"""Calls like those of examples, with what prepares them, and the files that they name."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hypothesis import strategies as st

from stepcheck.server.judge.evidence.call_templates import Template, read_templates
from stepcheck.server.judge.evidence.domain.domain import Domain, Place
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.inputs import Values, arguments_like
from stepcheck.server.judge.evidence.planning.arms import Arm
from stepcheck.server.judge.evidence.planning.file_inputs import (
    file_for,
    file_named,
    files_opened,
)
from stepcheck.server.judge.evidence.planning.file_names import file_suffix, is_file_name
from stepcheck.server.judge.evidence.planning.made import Made, numbered
from stepcheck.server.judge.evidence.planning.subject import Subject, Task
from stepcheck.server.judge.languages.python.source import definitions
from stepcheck.server.sandbox.child.observation import PLACE

_MAX_TEMPLATES = 4
_MISSING_FILE = frozenset({"FileNotFoundError", "OSError", "IOError"})
_WRITERS = ("open(", ".write", "mkdir", "to_csv", "NamedTemporaryFile")


def arms_of_examples(
    task: Task, tree: ast.Module, subject: Subject | None, constants: Sequence[Any]
) -> Iterator[Arm]:
    """Yield the calls like those of the examples, by their forms, the commonest first."""
    read = read_templates(task.calls, definitions(tree), _module_names(tree))
    opened = files_opened(task.sources)
    for template, shown in read[:_MAX_TEMPLATES]:
        parameters = _parameters_of(template, subject)
        columns = list(zip(*shown, strict=True)) if template.count else []
        places = [
            Place(tuple(values), parameter)
            for values, parameter in zip(columns, parameters, strict=True)
        ]
        strategy = arguments_like(shown, constants) if template.count else st.just(())
        arm = Arm(template, tuple(shown), strategy, Domain(tuple(places), task.text))
        if any(writer in template.setup for writer in _WRITERS):
            yield arm
            continue
        named = [
            one
            for number, place in enumerate(places)
            if (one := _file_at(number, place, task.sources)) is not None
        ]
        if not named and not opened:
            yield arm
            continue
        yield _with_files(arm, named, opened)
        if subject is not None and subject.raises & _MISSING_FILE:
            yield arm


@dataclass(frozen=True, slots=True)
class _NamedFile:
    """A file that is named at a place of a call, by any of some names, and how it is made."""

    number: int
    names: tuple[str, ...]
    made: Made


def _file_at(number: int, place: Place, sources: Sequence[str]) -> _NamedFile | None:
    shown = [value for value in place.shown if isinstance(value, str)]
    names = tuple(dict.fromkeys(filter(None, map(_relative, shown))))
    if not names or len(shown) < len(place.shown):
        return None
    path = PLACE.format(number)
    longest = max(names, key=len)
    made = file_for(place.parameter, sources, path, longest) if place.parameter else None
    if made is None and all(map(is_file_name, names)):
        made = file_named(path, file_suffix(longest), sources, longest)
    if made is None:
        return None
    return _NamedFile(number, names, made)


def _relative(name: str) -> str:
    """Return a path that can be made in the folder of a call."""
    path = PurePosixPath(name)
    return path.name if path.is_absolute() or ".." in path.parts else str(path).strip(".")


def _with_files(arm: Arm, named: Sequence[_NamedFile], opened: Sequence[Made]) -> Arm:
    """Return an arm whose calls find the files that they name."""
    count = arm.template.count
    setup: dict[str, None] = {}
    contents: list[Any] = []
    places = list(arm.domain.places)
    for one in named:
        places[one.number] = Place(one.names, arm.domain.places[one.number].parameter)
    for made in (*(one.made for one in named), *opened):
        filled = numbered(made, count + len(contents))
        setup.update(dict.fromkeys(filled.setup))
        contents += filled.strategies
        places += made.places
    lines = [*filter(None, [arm.template.setup]), *setup]
    template = Template("\n".join(lines), arm.template.expression, count + len(contents))
    numbers = [one.number for one in named]

    def joined(drawn: tuple[Values, Values, Values]) -> Values:
        values = list(drawn[0])
        for number, name in zip(numbers, drawn[1], strict=True):
            values[number] = name
        return (*values, *drawn[2])

    names = st.tuples(*(st.sampled_from(one.names) for one in named))
    strategy = st.tuples(arm.strategy, names, st.tuples(*contents)).map(joined)
    return Arm(template, (), strategy, Domain(tuple(places), arm.domain.text))


def _module_names(tree: ast.Module) -> set[str]:
    """Return what the module's own statements bind."""
    found: set[str] = set()
    for statement in tree.body:
        for node in ast.walk(statement):
            match node:
                case ast.alias(name=name, asname=other):
                    found.add(other or name.partition(".")[0])
                case ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
    return found


def _parameters_of(template: Template, subject: Subject | None) -> list[Parameter | None]:
    """Return the parameter that each place is the argument of, where that is known."""
    if subject is None or not _calls(template.expression, subject.name.rpartition(".")[2]):
        return [None] * template.count
    by_name = {parameter.name: parameter for parameter in subject.parameters}
    found: list[Parameter | None] = []
    for place in template.places:
        if isinstance(place, int):
            known = place < len(subject.parameters)
            found.append(subject.parameters[place] if known else None)
        else:
            found.append(by_name.get(place or ""))
    return found


def _calls(expression: ast.expr, name: str) -> bool:
    match expression:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return called == name
    return False
