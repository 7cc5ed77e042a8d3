"""Calls of one form, with strategies for their values."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.domain.domain import Domain, Place
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.inputs import Values
from stepcheck.server.judge.evidence.planning.function_inputs import calling_of, make_function
from stepcheck.server.judge.evidence.planning.made import Made, type_name
from stepcheck.server.judge.evidence.planning.subject import Subject

_MAX_OPTIONS = 2
_TRUTH_VALUES = (False, True)


@dataclass(frozen=True, slots=True)
class Arm:
    """Calls of one form: known `inputs`, a strategy for more, and where inputs stand."""

    template: Template
    inputs: tuple[Values, ...]
    strategy: SearchStrategy[Values]
    domain: Domain


def arms_of_options(
    arm: Arm, subject: Subject, make: Callable[[Parameter], Made | None]
) -> Iterator[Arm]:
    """Yield the calls of an arm with a parameter that they leave to its default.

    Truth values are, as examples seldom show both, and what the task speaks of, if `make` can.
    """
    name = subject.name.rpartition(".")[2]
    call = arm.template.call_of(name)
    if call is None:
        return
    given = {one.arg for one in call.keywords}
    if None in given or any(isinstance(argument, ast.Starred) for argument in call.args):
        return
    left = [
        one
        for position, one in enumerate(subject.parameters)
        if (position >= len(call.args) or one.is_only_keyword) and one.name not in given
    ]
    options = [one for one in left if one.has_default]
    flags = [one for one in options if _is_truth_value(one)]
    for option in flags[:_MAX_OPTIONS]:
        values = [(*shown, chosen) for shown in arm.inputs for chosen in _TRUTH_VALUES]
        template = arm.template.with_keyword(name, option.name)
        place = Place(_TRUTH_VALUES, option)
        yield _longer(arm, template, st.booleans(), place, tuple(values))
    told = [one for one in options if one not in flags and _is_told(one, arm.domain.text)]
    for option in told[:_MAX_OPTIONS]:
        made = make(option)
        if made is not None and len(made.strategies) == 1 and not made.setup:
            template = arm.template.with_keyword(name, option.name, made.expression)
            [place] = made.places or [Place((), option)]
            yield _longer(arm, template, made.strategies[0], place)


def arms_of_functions(arm: Arm, subject: Subject) -> Iterator[Arm]:
    """Yield the calls of an arm with other functions than the lambda that they are given."""
    name = subject.name.rpartition(".")[2]
    call = arm.template.call_of(name)
    for position, argument in enumerate(call.args if call is not None else []):
        calling = calling_of(argument)
        if calling is not None:
            made = make_function(calling)
            template = arm.template.with_argument(name, position, made.expression)
            yield _longer(arm, template, made.strategies[0], made.places[0])


def _longer(
    arm: Arm,
    template: Template,
    strategy: SearchStrategy[Any],
    place: Place,
    inputs: tuple[Values, ...] = (),
) -> Arm:
    """Return an arm whose calls have one more place."""
    drawn = st.tuples(arm.strategy, strategy).map(lambda pair: (*pair[0], pair[1]))
    return Arm(template, inputs, drawn, Domain((*arm.domain.places, place), arm.domain.text))


def _is_truth_value(parameter: Parameter) -> bool:
    match parameter.annotation:
        case ast.Name(id="bool"):
            return True
    return False


def _is_told(parameter: Parameter, text: str) -> bool:
    """Tell whether the task speaks of a parameter, which is no tolerance."""
    name = re.escape(parameter.name)
    return type_name(parameter.annotation)[0] != "float" and bool(
        parameter.said.partition(":")[2].strip() or re.search(rf"\b{name}\b", text)
    )
