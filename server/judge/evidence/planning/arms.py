"""Calls of one form, with strategies for their values."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from stepcheck.server.judge.evidence.call_templates import Template
from stepcheck.server.judge.evidence.domain.domain import Domain, Place
from stepcheck.server.judge.evidence.domain.parameters import Parameter
from stepcheck.server.judge.evidence.inputs import Values
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


def arms_of_options(arm: Arm, subject: Subject) -> Iterator[Arm]:
    """Yield the calls of an arm with a parameter for a truth value that they leave to its default.

    Examples seldom show both values, and both are inside the domain.
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
    options = [one for one in left if one.has_default and _is_truth_value(one)]
    for option in options[:_MAX_OPTIONS]:
        values = [(*shown, chosen) for shown in arm.inputs for chosen in _TRUTH_VALUES]
        places = (*arm.domain.places, Place(_TRUTH_VALUES, option))
        strategy = st.tuples(arm.strategy, st.booleans()).map(lambda drawn: (*drawn[0], drawn[1]))
        yield Arm(
            arm.template.with_keyword(name, option.name),
            tuple(values),
            strategy,
            Domain(places, arm.domain.text),
        )


def _is_truth_value(parameter: Parameter) -> bool:
    match parameter.annotation:
        case ast.Name(id="bool"):
            return True
    return False
